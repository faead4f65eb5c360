"""The coding "frames": a real-valued map a step."""

from typing import Any

import numpy as np
import pytest

import pysnn
from pysnn import IF, Conv2d, Events, Flatten, Input, Linear, Network, Output
from pysnn.backends import available_backends

BACKENDS = pytest.mark.parametrize("backend", available_backends())
RNG = np.random.default_rng(1)
FRAMES = RNG.normal(0.2, 0.5, (40, 3, 2, 5, 4)).astype(np.float32)


def network(**options: Any) -> Network:
    conv = Conv2d(RNG.normal(0, 0.5, (4, 2, 3, 3)), padding=1)
    nodes = {
        "in": Input((2, 5, 4), **options),
        "conv": conv,
        "n": IF(),
        "flat": Flatten(),
        "fc": Linear(RNG.normal(size=(3, 80))),
    }
    return Network.chain({**nodes, "out": Output()})


@BACKENDS
def test_frames_that_stand_still_are_a_constant_input(backend: str) -> None:
    net = network(mean=[0.1, 0.2], std=[0.5, 0.25])
    still = np.repeat(FRAMES[:1], 40, axis=0)
    moving = pysnn.run(net, still, steps=[3, 40], coding="frames", backend=backend, record=["n"])
    constant = pysnn.run(net, FRAMES[0], steps=[3, 40], backend=backend, record=["n"], check_range=False)
    np.testing.assert_array_equal(moving.scores, constant.scores)
    np.testing.assert_array_equal(moving.spikes["n"], constant.spikes["n"])
    assert moving.total("macs")[-1] == 40 * constant.total("macs")[-1] > 0
    assert moving.undecided is not None


@BACKENDS
def test_batches_and_parts_change_nothing(backend: str) -> None:
    net = network()
    whole = pysnn.run(net, FRAMES, steps=40, coding="frames", backend=backend)
    split = pysnn.run(net, FRAMES, steps=40, coding="frames", backend=backend, batch_size=2, block=3)
    np.testing.assert_array_equal(whole.scores, split.scores)
    first = pysnn.run(net, FRAMES[:7], steps=7, coding="frames", backend=backend)
    second = pysnn.run(net, FRAMES[7:], steps=33, coding="frames", backend=backend, state=first.state)
    np.testing.assert_array_equal(whole.scores, second.scores)


def test_bytes_are_pixels() -> None:
    net = network()
    pixels = RNG.integers(0, 256, FRAMES.shape).astype(np.uint8)
    np.testing.assert_array_equal(
        pysnn.run(net, pixels, steps=40, coding="frames", check_range=False).scores,
        pysnn.run(
            net, (pixels / np.float32(255)).astype(np.float32), steps=40, coding="frames", check_range=False
        ).scores,
    )


BAD: list[tuple[Any, int, str]] = [
    (FRAMES[0], 1, r"Input 'in': expected \(steps, samples, 2, 5, 4\), got \(3, 2, 5, 4\)"),
    (FRAMES[:, :, :, :, :3], 1, r"Input 'in': expected \(steps, samples, 2, 5, 4\)"),
    (FRAMES[:, :0], 1, "Input 'in': expected at least one step and one sample"),
    (FRAMES, 39, "Input 'in': expected a frame for each of 39 steps, got 40"),
    (FRAMES[:5], 6, "Input 'in': expected a frame for each of 6 steps, got 5"),
    (
        np.where(np.arange(4) == 2, np.nan, FRAMES),
        1,
        r"Input 'in': expected finite values, got nan at \(0, 0, 0, 0, 2\)",
    ),
    (FRAMES.astype(np.float64) * 1e300, 1, "Input 'in': expected values that float32 holds"),
    (Events([0], [0], [0], 1), 1, "Input 'in': got pysnn.Events and coding 'frames'"),
    ("text", 1, "Input 'in': expected a NumPy array, got builtins.str"),
]


@pytest.mark.parametrize(("data", "steps", "message"), BAD)
def test_what_is_refused(data: Any, steps: int, message: str) -> None:
    with pytest.raises(pysnn.DataError, match=message):
        pysnn.run(network(), data, steps=steps, coding="frames")


def test_int8_takes_no_frames() -> None:
    with pytest.raises(pysnn.PlanError, match="int8 networks have no real currents that change from step to step"):
        pysnn.run(network(), FRAMES, steps=1, coding="frames", precision="int8")


def test_a_file_keeps_frames(tmp_path: Any) -> None:
    from pysnn.files import psnn
    from pysnn.files.golden import make_golden
    from pysnn.files.settings import Settings

    net, settings = network(), Settings(steps=6, coding="frames")
    golden = make_golden(net, FRAMES[:6], settings)
    path = tmp_path / "net.psnn"
    psnn.save(path, net, settings=settings, golden=golden)
    psnn.load(path).verify()
