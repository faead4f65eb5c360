"""The library for microcontrollers on emulated boards: the suite in C passes, with the bits of ``pysnn run``."""

import os
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pysnn
from benchmarks.micro_boards import BOARDS, Board
from pysnn import (
    IF,
    LIF,
    AvgPool2d,
    Concat,
    Conv2d,
    FirstSpike,
    Flatten,
    Input,
    Linear,
    MaxPool2d,
    Network,
    Output,
    SumPool2d,
)
from pysnn.export import export_network
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings

pytestmark = pytest.mark.skipif(not os.environ.get("PYSNN_MICRO"), reason="make test-micro runs these")

STEPS = 6
RNG = np.random.default_rng(1)


def _chain(*nodes: tuple[str, Any]) -> Network:
    return Network.chain(list(nodes))


NETWORKS = {
    "mlp": _chain(
        ("in", Input((12,))),
        ("fc", Linear(RNG.normal(size=(10, 12)))),
        ("a", LIF(tau=3.0, v_threshold=0.5)),
        ("fc2", Linear(RNG.normal(size=(4, 10)), RNG.normal(size=4))),
        ("b", IF()),
        ("fc3", Linear(RNG.normal(size=(3, 4)))),
        ("out", Output()),
    ),
    "conv": _chain(
        ("in", Input((2, 7, 6))),
        ("conv", Conv2d(RNG.normal(size=(4, 2, 3, 3)), RNG.normal(size=4), padding=1)),
        ("a", IF()),
        ("max", MaxPool2d(2)),
        ("grouped", Conv2d(RNG.normal(size=(6, 2, 2, 2)), groups=2)),
        ("b", IF(v_reset=0.0)),
        ("mean", AvgPool2d((2, 1))),
        ("flat", Flatten()),
        ("fc", Linear(RNG.normal(size=(3, 12)))),
        ("out", Output("potential")),
    ),
    "first-spike": _chain(
        ("in", Input((9,))),
        ("fc", Linear(RNG.normal(size=(6, 9)))),
        ("a", IF()),
        ("fc2", Linear(RNG.normal(size=(5, 6)))),
        ("b", IF()),
        ("out", Output("first_spike")),
    ),
}


PICTURES = _chain(
    ("in", Input((2, 8, 7), mean=(0.4, 0.6), std=(0.25, 0.2))),
    ("conv", Conv2d(RNG.normal(size=(4, 2, 3, 3)), RNG.normal(size=4), padding=1)),
    ("a", IF()),
    ("max", MaxPool2d(2)),
    ("conv2", Conv2d(RNG.normal(size=(4, 4, 3, 3)), padding=1)),
    ("b", LIF(tau=3.0, refractory=1)),
    ("mean", AvgPool2d(2)),
    ("flat", Flatten()),
    ("fc", Linear(RNG.normal(size=(3, 8)))),
    ("out", Output()),
)


def _exported(network: Network) -> bytes:
    return export_network(SavedNetwork(network, Settings(precision="int8", coding="spikes", dt=1.0)))


def _drawn(count: int) -> NDArray[np.uint8]:
    drawn, state = [], 1
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        drawn.append(state >> 24)
    return np.array(drawn, dtype=np.uint8)


def _expected(network: Network) -> NDArray[np.float32]:
    shape = network.input.shape
    spikes = (_drawn(STEPS * int(np.prod(shape))) < 64).astype(np.uint8).reshape(STEPS, 1, *shape)
    steps = range(1, STEPS + 1)
    return pysnn.run(network, spikes, steps=steps, coding="spikes", precision="int8", dt=1.0).scores[:, 0]


def _assert_bits(found: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    """Compare scores; the sign of a zero is not defined."""
    assert ((found + np.float32(0)).view(np.uint32) == (expected + np.float32(0)).view(np.uint32)).all()
    assert (found != 0).any()


def _scores(lines: list[str]) -> NDArray[np.float32]:
    words = [line.split()[1:] for line in lines if line.startswith("scores")]
    return np.array([[int(word, 16) for word in row] for row in words], dtype=np.uint32).view(np.float32)


def _windows(window: int) -> Network:
    """Return single spikes with a shortcut over two windows, pools whose sums take more than a byte, and a concatenation."""
    nodes = {
        "in": Input((2, 8, 6), mean=(0.4, 0.6), std=(0.25, 0.2)),
        "conv": Conv2d(RNG.normal(size=(4, 2, 3, 3)), RNG.normal(size=4), padding=1, stride=(2, 1)),
        "a": FirstSpike(0.4, window=window),
        "conv2": Conv2d(RNG.normal(size=(4, 4, 3, 3)) / 4, padding=1),
        "b": FirstSpike(0.3, window=window),
        "conv3": Conv2d(RNG.normal(size=(4, 2, 1, 1)), groups=2),
        "c": FirstSpike([0.3, 0.5, 0.7, 0.2], window=window),
        "max": MaxPool2d(2),
        "mean": AvgPool2d(2),
        "both": Concat(),
        "conv4": Conv2d(RNG.normal(size=(5, 8, 1, 1)) / 2, RNG.normal(size=5)),
        "d": FirstSpike(0.5, window=window),
        "whole": SumPool2d((2, 3)),
        "flat": Flatten(),
        "fc": Linear(RNG.normal(size=(3, 5)), RNG.normal(size=3)),
        "out": Output("potential"),
    }
    chain = ["in", "conv", "a", "conv2", "b", "conv3", "c", "max", "both", "conv4", "d", "whole", "flat", "fc", "out"]
    return Network(nodes, [*pairwise(chain), ("a", "c"), ("c", "mean"), ("mean", "both")])


@pytest.mark.parametrize("window", [1, 16, 255])
@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_windows_give_the_bits_of_python(board: Board, window: int, tmp_path: Path) -> None:
    if board.missing():
        pytest.skip(f"{board.name} needs {board.missing()}")
    network = _windows(window)
    options: dict[str, Any] = {"precision": "int8", "first_layer": "int8"}
    lines = board.run(board.link(export_network(SavedNetwork(network, Settings(**options))), tmp_path))
    assert lines[-1:] == ["good"], lines
    # The suite draws two pictures, each run in one pass.
    _assert_bits(_scores(lines), pysnn.run(network, _drawn(2 * 96).reshape(2, 2, 8, 6), **options).scores[0])


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_pictures_give_the_bits_of_python(board: Board, tmp_path: Path) -> None:
    if board.missing():
        pytest.skip(f"{board.name} needs {board.missing()}")
    options: dict[str, Any] = {"precision": "int8", "first_layer": "int8", "dt": 1.0}
    plan = export_network(SavedNetwork(PICTURES, Settings(**options)))
    lines = board.run(board.link(plan, tmp_path))
    assert lines[-1:] == ["good"], lines
    pictures = _drawn(3 * 112).reshape(3, 2, 8, 7)
    expected = pysnn.run(PICTURES, pictures, steps=range(1, STEPS + 1), **options).scores
    # Runs of two pictures, and a stream of the third.
    _assert_bits(_scores(lines), np.concatenate((expected[-1, :2], expected[:, 2])))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_boards_give_the_bits_of_python(board: Board, name: str, tmp_path: Path) -> None:
    if board.missing():
        pytest.skip(f"{board.name} needs {board.missing()}")
    lines = board.run(board.link(_exported(NETWORKS[name]), tmp_path))
    assert lines[-1:] == ["good"], lines
    _assert_bits(_scores(lines), _expected(NETWORKS[name]))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_library_for_dense_layers_runs_those_alone(board: Board, name: str, tmp_path: Path) -> None:
    if board.missing():
        pytest.skip(f"{board.name} needs {board.missing()}")
    lines = board.run(board.dense().link(_exported(NETWORKS[name]), tmp_path))
    if name == "conv":
        assert "node 'in': built without maps: dense layers, sums and neurons alone" in "\n".join(lines)
        return
    assert lines[-1:] == ["good"], lines
    _assert_bits(_scores(lines), _expected(NETWORKS[name]))


def test_there_is_no_floating_point_in_the_program(tmp_path: Path) -> None:
    board = BOARDS[0]
    if board.missing():
        pytest.skip(f"{board.name} needs {board.missing()}")
    program = board.link(_exported(NETWORKS["conv"]), tmp_path)
    names = subprocess.run(["arm-none-eabi-nm", str(program)], capture_output=True, check=True, text=True).stdout
    soft = re.compile(r"\b(__aeabi_c?[fd]\w*|__aeabi_u?[il]2[fd]|__\w+[sd]f[23]?|__fix\w*[sd]f[sd]i)$", re.MULTILINE)
    assert all(soft.search(f"00000000 T {name}") for name in ("__aeabi_dmul", "__aeabi_i2f", "__addsf3", "__floatdidf"))
    assert "pysnn_scores" in names
    assert not soft.findall(names)
