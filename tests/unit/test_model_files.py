"""Model files by their contents; what is saved of a conversion."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pysnn import Input, Linear, Network, Output, ReLU
from pysnn.convert import convert
from pysnn.io.psnn import load, save
from pysnn.io.settings import Settings
from pysnn.model_files import load_ann, powers_of_two, save_conversion

X = np.random.default_rng(0).random((10, 4)).astype(np.float32)


def ann() -> Network:
    nodes: dict[str, Any] = {"in": Input((4,)), "fc": Linear(np.eye(4)), "relu": ReLU(), "out": Output()}
    return Network.chain(nodes)


@pytest.mark.parametrize("steps", range(1, 70))
def test_powers_of_two(steps: int) -> None:
    assert powers_of_two(steps) == sorted({1 << k for k in range(10) if 1 << k <= steps} | {steps})


def test_normalisation_replaces_that_of_a_saved_network(tmp_path: Path) -> None:
    path = save(tmp_path / "a.psnn", ann())
    assert load_ann(path).network == ann()
    assert load_ann(path).compare(X) is None
    node = load_ann(path, mean=[1.0] * 4, std=[2.0] * 4).network.input
    assert (node.mean.tolist(), node.std.tolist()) == ([1.0] * 4, [2.0] * 4)


def test_golden_vectors_stay_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conversion = convert(ann(), X, "max-norm", steps=10_000)

    def saved_samples() -> tuple[int, tuple[int, ...]]:
        path = save_conversion(tmp_path / "a.psnn", conversion, X, settings=Settings(steps=10_000))
        golden = load(path).golden
        assert golden is not None
        return len(golden.input), golden.steps

    assert saved_samples() == (4, tuple(1 << k for k in range(13)))
    for limit, expected in ((2 * 4 * 4, 2), (1, 1)):
        monkeypatch.setattr("pysnn.model_files._GOLDEN_BYTES", limit)
        assert saved_samples()[0] == expected
