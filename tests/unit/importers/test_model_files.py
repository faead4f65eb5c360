"""Model files by their contents; what is saved of a conversion."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pysnn import Input, Linear, Network, NetworkError, Output, ReLU
from pysnn.convert import convert
from pysnn.files.conversion import powers_of_two, save_conversion
from pysnn.files.psnn import load, save
from pysnn.files.settings import Settings
from pysnn.importers.model_files import load_ann

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


def test_mean_and_std_do_not_replace_scaling(tmp_path: Path) -> None:
    scaled = ann().replace({"in": Input((4,), scaling=[("subtract", [1.7e12] * 4)])})
    path = save(tmp_path / "a.psnn", scaled)
    assert load_ann(path).network == scaled
    with pytest.raises(NetworkError, match="Input 'in': expected no mean and std beside its scaling, got both"):
        load_ann(path, mean=[1.0] * 4, std=[2.0] * 4)


def test_golden_vectors_stay_small(tmp_path: Path) -> None:
    conversion = convert(ann(), X, "max-norm", steps=10_000)

    def saved_samples(**limit: Any) -> tuple[int, tuple[int, ...]]:
        path = save_conversion(tmp_path / "a.psnn", conversion, X, settings=Settings(steps=10_000), **limit)
        golden = load(path).golden
        assert golden is not None
        assert list(golden.spikes) == ["relu"]
        return len(golden.input), golden.steps

    assert saved_samples() == (4, tuple(1 << k for k in range(13)))
    for limit, expected in ((4 * 4 * 4, 4), (2 * 4 * 4, 2), (4 * 4, 1)):
        assert saved_samples(golden_bytes=limit)[0] == expected


def deep() -> Network:
    """Three layers of 8, 4 and 2 neurons: 32, 16 and 8 bytes of counts."""
    rng = np.random.default_rng(1)
    nodes: dict[str, Any] = {"in": Input((4,))}
    for number, (inputs, outputs) in enumerate(((4, 8), (8, 4), (4, 2)), start=1):
        nodes[f"fc{number}"] = Linear(rng.random((outputs, inputs)))
        nodes[f"relu{number}"] = ReLU()
    return Network.chain({**nodes, "out": Output()})


@pytest.mark.parametrize(
    ("limit", "samples", "names"),
    [
        (4 * 56, 4, {"relu1", "relu2", "relu3"}),
        (4 * 56 - 1, 3, {"relu1", "relu2", "relu3"}),
        (56, 1, {"relu1", "relu2", "relu3"}),
        (55, 1, {"relu2", "relu3"}),
        (24, 1, {"relu2", "relu3"}),
        (23, 1, {"relu3"}),
        (8, 1, {"relu3"}),
        (7, 1, set()),
        (0, 1, set()),
    ],
)
def test_the_last_layers_are_kept_where_not_all_fit(tmp_path: Path, limit: int, samples: int, names: set[str]) -> None:
    conversion = convert(deep(), X, "max-norm", steps=4, compare=False)
    settings = Settings(steps=4, precision="int8")
    saved = load(save_conversion(tmp_path / "a.psnn", conversion, X, settings=settings, golden_bytes=limit))
    assert saved.golden is not None
    assert (len(saved.golden.input), set(saved.golden.spikes)) == (samples, names)
    assert saved.golden.scores.shape == (3, samples, 2)
    assert sum(counts.nbytes for counts in saved.golden.spikes.values()) <= limit
    saved.verify(backend="reference")
