"""What every conversion method keeps to; a new one is tested by its line in the registry."""

import contextlib
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from pysnn import Conv2d, Flatten, Input, Linear, Network, Output, ReLU, run
from pysnn.convert import METHODS, Method, ann_pass, convert

DATA = np.random.default_rng(3).random((64, 2, 6, 6)).astype(np.float32)

# Settings with which a method asks for many time-steps.
CLIPS_LITTLE: dict[str, dict[str, Any]] = {"ltb": {"rounds": 1024}}

every_method = pytest.mark.parametrize("name", METHODS)
by_layer_and_channel = pytest.mark.parametrize("per_channel", [False, True])


def network(name: str, gain: float = 1.0) -> Network:
    """With activations that have a bound, for the methods that need one."""
    bound = 2 * gain if METHODS[name].method.bounded else None
    rng = np.random.default_rng(0)
    nodes: dict[str, Any] = {
        "in": Input((2, 6, 6)),
        "conv": Conv2d(gain * rng.normal(0, 0.4, (4, 2, 3, 3)), gain * rng.normal(0, 0.1, 4)),
        "relu1": ReLU(bound),
        "flat": Flatten(),
        "fc1": Linear(rng.normal(0, 0.2, (8, 64))),
        "relu2": ReLU(bound),
        "fc2": Linear(rng.normal(0, 0.5, (3, 8))),
        "out": Output(),
    }
    return Network.chain(nodes)


def length(name: str, steps: int) -> dict[str, Any]:
    """Return what a method calls its number of steps."""
    return {"window" if name == "first-spike" else "steps": steps}


def thresholds(name: str, net: Network, data: Any, per_channel: bool) -> list[Any]:
    conversion = convert(net, data, name, **length(name, 255), per_channel=per_channel)
    return [layer.threshold for layer in conversion.calibration.layers]


@every_method
def test_the_entry_says_what_the_method_is(name: str) -> None:
    entry = METHODS[name]
    assert name == name.lower()
    assert entry.title
    assert entry.source
    assert issubclass(entry.method, Method)
    assert "per_channel" in [field.name for field in fields(entry.method)]
    assert entry.method().per_channel in (False, True)


@every_method
@by_layer_and_channel
def test_thresholds_are_positive_and_one_a_group(name: str, per_channel: bool) -> None:
    first, second = thresholds(name, network(name), DATA, per_channel)
    assert first.shape == ((4,) if per_channel else (1,))
    assert second.shape == ((8,) if per_channel else (1,))
    for threshold in (first, second):
        assert threshold.dtype == np.float32
        assert (threshold > 0).all()


@every_method
@by_layer_and_channel
def test_the_order_of_calibration_data_does_not_matter(name: str, per_channel: bool) -> None:
    expected = thresholds(name, network(name), DATA, per_channel)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(DATA))
        for a, b in zip(expected, thresholds(name, network(name), DATA[order], per_channel), strict=True):
            assert np.array_equal(a, b)


@every_method
@by_layer_and_channel
def test_thresholds_scale_with_the_activations(name: str, per_channel: bool) -> None:
    plain = thresholds(name, network(name), DATA, per_channel)
    larger = thresholds(name, network(name, gain=4.0), DATA, per_channel)
    for a, b in zip(plain, larger, strict=True):
        np.testing.assert_allclose(b, 4 * a, rtol=1e-5)


@every_method
@by_layer_and_channel
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_the_converted_network_approaches_the_ann(name: str, per_channel: bool, precision: Any) -> None:
    settings = CLIPS_LITTLE.get(name, {})
    short, long = (
        convert(network(name), DATA, name, **length(name, steps), per_channel=per_channel, compare=False, **settings)
        for steps in (2 if name == "first-spike" else 255, 255)
    )
    expected, _ = ann_pass(long.ann, DATA)
    options: dict[str, Any] = {"precision": precision, "backend": "reference"}
    scores = np.stack(
        [
            run(conversion.network, DATA, steps=None if name == "first-spike" else steps, **options).scores[0]
            for conversion, steps in ((short, 2), (long, 255))
        ]
    )
    rms = np.sqrt(np.mean((scores - expected) ** 2, axis=(1, 2)))
    assert rms[1] < 0.2 * rms[0]
    assert rms[1] < 0.05 * expected.std()


@every_method
@by_layer_and_channel
def test_a_silent_layer_is_named_and_still_runs(name: str, per_channel: bool) -> None:
    bounded = METHODS[name].method.bounded
    dead = ReLU(1.0 if bounded else None)
    net = Network.chain({"in": Input((2,)), "fc": Linear(-np.eye(2)), "dead": dead, "out": Output()})
    with contextlib.nullcontext() if bounded else pytest.warns(UserWarning, match="ReLU 'dead'"):
        conversion = convert(net, [[1.0, 2.0]], name, **length(name, 4), per_channel=per_channel)
    steps = None if name == "first-spike" else 4
    found = run(conversion.network, np.array([[1.0, 2.0]], dtype=np.float32), steps=steps, backend="reference")
    assert found.scores.tolist() == [[[0, 0]]]
