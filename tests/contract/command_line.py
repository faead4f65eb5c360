"""What the tests of all commands share: the commands, the files that they read, and what a refusal is."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner

from pysnn import Input, Linear, Network, Output, ReLU
from pysnn.cli.app import app
from pysnn.convert import convert
from pysnn.files.psnn import save

__all__ = ["COMMANDS", "refusal", "write_inputs"]

X = np.random.default_rng(0).random((12, 3)).astype(np.float32)
Y = np.arange(12) % 2
ANN = Network.chain(
    {
        "in": Input((3,)),
        "fc1": Linear(np.random.default_rng(1).normal(size=(5, 3))),
        "relu": ReLU(),
        "fc2": Linear(np.random.default_rng(2).normal(size=(2, 5))),
        "out": Output(),
    }
)
SPEC = """job = "convert-run"
[networks.d]
file = "digits-mlp"
data = "d"
[data.d]
train = "digits:train"
test = "digits:test"
[[grid]]
network = "d"
method = "max-norm"
steps = [1]
limit = 5
"""
PLASTIC = """dt = 1e-3
seconds = 0.05
[populations.a]
type = "PoissonSource"
size = 5
rate = 100.0
[populations.b]
type = "LIFCells"
size = 2
[projections.w]
pre = "a"
post = "b"
delay = 0
connector = { type = "AllToAll" }
weight = 1e-3
rule = { type = "PairSTDP" }
"""

COMMANDS: dict[str, list[str]] = {
    "run": ["run", "net.psnn", "--data", "data.npz", "--steps", "2"],
    "convert": ["convert", "ann.psnn", "--calibration", "data.npz", "--steps", "2", "--out", "new.psnn"],
    "diagnose": ["diagnose", "net.psnn", "--data", "data.npz", "--steps", "2", "--ann", "ann.psnn"],
    "estimate": ["estimate", "net.psnn", "--data", "data.npz", "--steps", "2", "--chips", "loihi1"],
    "report": ["report", "net.psnn", "--data", "data.npz", "--steps", "2", "--out", "new.html"],
    "stdp run": ["stdp", "run", "plastic.toml"],
    "info": ["info", "net.psnn"],
    "export": ["export", "net.psnn", "--out", "new.plan"],
    "sweep run": ["sweep", "run", "spec.toml", "--workers", "1"],
    "sweep retry-failed": ["sweep", "retry-failed", "spec.toml"],
    "sweep status": ["sweep", "status", "spec.toml"],
    "sweep best": ["sweep", "best", "spec.toml"],
    "sweep collect": ["sweep", "collect", "spec.toml", "--out", "new.csv"],
    "train stdbp": ["train", "stdbp", "--data", "data.npz", "--out", "new.psnn", "--hidden", "4", "--epochs", "1"],
    "train sstdp": ["train", "sstdp", "--data", "data.npz", "--out", "new.psnn", "--hidden", "4", "--epochs", "1"],
}


def write_inputs(folder: Path) -> None:
    """Write what the commands read."""
    save(folder / "ann.psnn", ANN)
    save(folder / "net.psnn", convert(ANN, X, "max-norm").network)
    np.savez(folder / "data.npz", x=X, y=Y)
    (folder / "spec.toml").write_text(SPEC, encoding="utf-8")
    (folder / "plastic.toml").write_text(PLASTIC, encoding="utf-8")


def contents(folder: Path) -> dict[str, str]:
    """Every file and what is in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
        for path in folder.rglob("*")
    }


def refusal(folder: Path, command: str, arguments: list[Any]) -> str:
    """Run a command that has to fail, and give the line that it says."""
    before = contents(folder)
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    lines = [line for line in done.stderr.splitlines() if ": warning: " not in line]
    assert done.exit_code in (1, 2), (done.exit_code, done.stderr)
    assert done.stdout == ""
    assert len(lines) == 1, lines
    assert lines[0].startswith((f"pysnn {command}: ", "pysnn: "))
    assert ".pysnn-" not in lines[0]
    assert contents(folder) == before
    return lines[0]
