"""``pysnn.h`` against ``pysnn run``: a C program checks the library, and its scores have the same bits."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pysnn
from pysnn import IF, LIF, AvgPool2d, Conv2d, FirstSpike, Flatten, Input, Linear, MaxPool2d, Network, Output
from pysnn.export import ExportOptions, export_network
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings

ROOT = Path(__file__).parents[2]
STEPS, SAMPLES = 6, 2
RNG = np.random.default_rng(0)


@dataclass(frozen=True)
class Suite:
    """The suite of tests in C, by an emulator or a checker where one is wanted, and a folder for its files."""

    command: tuple[str, ...]
    folder: Path

    def lines(self, network: Network, **options: Any) -> list[str]:
        """Return what it prints of a network."""
        plan = export_network(SavedNetwork(network, Settings(**options)), ExportOptions())
        (self.folder / "net.plan").write_bytes(plan)
        found = subprocess.run([*self.command, "net.plan"], capture_output=True, check=False, cwd=self.folder)
        lines = found.stdout.decode().splitlines()
        assert found.returncode == 0, "\n".join([*lines, found.stderr.decode()])
        assert lines[-1] == "good"
        return lines

    def scores(self, network: Network, **options: Any) -> NDArray[np.float32]:
        """Return the scores that it prints, ``(lines, classes)``."""
        rows = [line.split()[1:] for line in self.lines(network, **options) if line.startswith("scores")]
        return np.array([[int(word, 16) for word in row] for row in rows], dtype=np.uint32).view(np.float32)


@pytest.fixture(scope="module")
def suite() -> Iterator[Suite]:
    command = shlex.split(os.environ.get("PYSNN_SUITE") or str(ROOT / "dist/edge/c/bin/suite"))
    if not Path(command[-1]).exists():
        assert not os.environ.get("PYSNN_REQUIRE_RUST"), "make edge-c builds dist/edge/c"
        pytest.skip("make edge-c builds dist/edge/c")
    command[-1] = str(Path(command[-1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        yield Suite(tuple(command), Path(folder))


def drawn(count: int) -> NDArray[np.uint8]:
    """Return the numbers that the suite draws."""
    found, state = np.empty(count, dtype=np.uint8), 1
    for number in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        found[number] = state >> 24
    return found


def same(ours: NDArray[Any], theirs: NDArray[Any]) -> None:
    assert ours.shape == theirs.shape
    # The sign of a zero is not defined.
    assert ((ours + np.float32(0)).view(np.uint32) == (theirs + np.float32(0)).view(np.uint32)).all()


MLP = Network.chain(
    {
        "in": Input((20,)),
        "fc": Linear(RNG.normal(size=(30, 20))),
        "a": LIF(tau=3.0, v_threshold=0.5),
        "fc2": Linear(RNG.normal(size=(5, 30)), RNG.normal(size=5)),
        "b": IF(),
        "fc3": Linear(RNG.normal(size=(4, 5))),
        "out": Output(),
    }
)
CONV = Network.chain(
    {
        "in": Input((2, 7, 6), mean=(0.4, 0.5), std=(0.2, 0.3)),
        "conv": Conv2d(RNG.normal(size=(4, 2, 3, 3)), RNG.normal(size=4), padding=1),
        "a": IF(),
        "max": MaxPool2d(2),
        "grouped": Conv2d(RNG.normal(size=(6, 2, 2, 2)), groups=2),
        "b": IF(),
        "mean": AvgPool2d((2, 1)),
        "flat": Flatten(),
        "fc": Linear(RNG.normal(size=(3, 12))),
        "out": Output("potential"),
    }
)
NETWORKS = {"mlp": MLP, "conv": CONV}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_runs_and_streams_of_values(suite: Suite, name: str, precision: Any) -> None:
    network = NETWORKS[name]
    found = suite.scores(network, precision=precision, steps=STEPS, dt=1.0)
    shape = network.input.shape
    values = drawn((SAMPLES + 1) * int(np.prod(shape))).reshape(-1, *shape)
    expected = pysnn.run(
        network, values, steps=range(1, STEPS + 1), precision=precision, check_range=False, dt=1.0
    ).scores
    same(found[:SAMPLES], expected[-1, :SAMPLES])
    same(found[SAMPLES:], expected[:, SAMPLES])


@pytest.mark.parametrize("window", [None, 16])
def test_runs_of_pictures_with_an_int8_first_layer(suite: Suite, window: int | None) -> None:
    network = (
        CONV if window is None else CONV.replace({"a": FirstSpike(0.5, window=16), "b": FirstSpike(0.5, window=16)})
    )
    steps = range(1, STEPS + 1) if window is None else [1]
    settings: dict[str, Any] = {"precision": "int8", "first_layer": "int8"}
    found = suite.scores(network, steps=steps[-1], **settings)
    values = drawn((SAMPLES + 1) * int(np.prod(network.input.shape))).reshape(-1, *network.input.shape)
    expected = pysnn.run(network, values, steps=steps, **settings).scores
    same(found[:SAMPLES], expected[-1, :SAMPLES])
    same(found[SAMPLES:], expected[:, SAMPLES] if window is None else expected[:0, 0])


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_streams_of_events(suite: Suite, name: str, precision: Any) -> None:
    network = NETWORKS[name]
    bare = network.replace({"in": Input(network.input.shape)})
    found = suite.scores(bare, precision=precision, coding="spikes", dt=1.0)
    spikes = (drawn(STEPS * int(np.prod(bare.input.shape))) < 64).astype(np.uint8).reshape(STEPS, 1, *bare.input.shape)
    expected = pysnn.run(bare, spikes, steps=range(1, STEPS + 1), coding="spikes", precision=precision, dt=1.0).scores
    same(found, expected[:, 0])
