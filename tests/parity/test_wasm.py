"""The digits in WebAssembly: ``pysnn-run`` in Node gives the bits of ``pysnn run``."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import pysnn
from pysnn.convert import convert
from pysnn.datasets.digits import load_digits, load_digits_mlp
from pysnn.export import export_network
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "dist" / "edge" / "pysnn-run.wasm"


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("node") is None or not PROGRAM.exists(), reason="make test-wasm builds it, and needs Node"
)
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_digits_in_node(precision: str, tmp_path: Path) -> None:
    digits = load_digits()
    network = convert(load_digits_mlp(), digits.x_train, "percentile").network
    settings = Settings(steps=16, precision=precision)  # type: ignore[arg-type]
    (tmp_path / "net.plan").write_bytes(export_network(SavedNetwork(network, settings)))
    np.save(tmp_path / "x.npy", digits.x_test)
    node = ["node", "--no-warnings", str(ROOT / "rust" / "run" / "wasi.mjs"), str(PROGRAM), "infer", "net.plan"]
    words = ["--input", "x.npy", "--scores", "s.npy", "--verify"]
    done = subprocess.run([*node, *words], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    expected = pysnn.run(network, digits.x_test, steps=16, precision=precision).scores[0]  # type: ignore[arg-type]
    found = np.load(tmp_path / "s.npy")
    assert ((found + np.float32(0)).view(np.uint32) == (expected + np.float32(0)).view(np.uint32)).all()
