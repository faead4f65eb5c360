"""The pass layer by layer is the ANN pass, and the engine's run, in another order."""

from typing import Any

import numpy as np
import pytest

from pysnn import Conv2d, DataError, GlobalAvgPool, Input, Linear, MaxPool2d, Network, Output, ReLU, run
from pysnn.convert import ann_pass, convert
from pysnn.convert.corrections import Neurons
from pysnn.convert.layerwise import layer_by_layer

RNG = np.random.default_rng(2)


def eighths(*shape: int) -> Any:
    """Weights whose sums float32 holds exactly, so that the order of additions does not matter."""
    return RNG.integers(-8, 9, shape) / 8


NODES = {
    "in": Input((2, 6, 6)),
    "conv1": Conv2d(eighths(4, 2, 3, 3), eighths(4), padding=1),
    "relu1": ReLU(),
    "pool": MaxPool2d(2),
    "conv2": Conv2d(eighths(4, 4, 3, 3), eighths(4), padding=1),
    "skip": Conv2d(eighths(4, 2, 2, 2), stride=2),
    "relu2": ReLU(),
    "mean": GlobalAvgPool(),
    "fc": Linear(eighths(3, 4)),
    "out": Output(),
}
EDGES = [
    *zip(("in", "conv1", "relu1", "pool", "conv2"), ("conv1", "relu1", "pool", "conv2", "relu2"), strict=True),
    *zip(("in", "skip", "relu2", "mean", "fc"), ("skip", "relu2", "mean", "fc", "out"), strict=True),
]
NETWORK = Network(NODES, EDGES)
X = (RNG.integers(0, 9, (5, 2, 6, 6)) / 8).astype(np.float32)


def test_with_plain_activations_it_is_the_ordinary_pass() -> None:
    seen: dict[str, Any] = {}

    def activation(name: str, current: Any) -> Any:
        seen[name] = NETWORK.nodes[name].apply(current)
        return seen[name]

    told: list[tuple[int, int]] = []
    layer_by_layer(NETWORK, X, activation, progress=lambda *done: told.append(done))
    assert told == [(number, len(NETWORK.nodes)) for number in range(len(NETWORK.nodes))]
    scores, values = ann_pass(NETWORK, X, keep=["relu1", "relu2"])
    assert list(seen) == ["relu1", "relu2", "out"]
    for name in ("relu1", "relu2"):
        assert np.array_equal(seen[name], values[name])
    np.testing.assert_allclose(seen["out"], scores, rtol=1e-6)


@pytest.mark.parametrize("at_a_time", [1, 1 << 22])
def test_with_neurons_it_is_the_engine_with_a_time_axis(monkeypatch: pytest.MonkeyPatch, at_a_time: int) -> None:
    monkeypatch.setattr("pysnn.convert.layerwise._VALUES_AT_A_TIME", at_a_time)
    conversion = convert(NETWORK, X, "max-norm")
    steps = 8
    spikes: dict[str, Any] = {}

    def activation(name: str, current: Any) -> Any:
        if name == "out":
            spikes[name] = current.reshape(len(X), steps, -1).mean(axis=1)
            return current
        threshold = conversion.network.nodes[name].v_threshold  # type: ignore[attr-defined]
        values = Neurons.of(threshold, current, len(X), steps).values(current)
        spikes[name] = (values > 0).reshape(len(X), steps, *values.shape[1:]).sum(axis=1)
        return values

    layer_by_layer(NETWORK, X, activation, steps)
    result = run(conversion.network, X, steps=steps, backend="reference", probe=True)
    for name in ("relu1", "relu2"):
        assert np.array_equal(spikes[name], result.probes[name].spikes[0])
    np.testing.assert_allclose(spikes["out"], result.scores[0], rtol=1e-5, atol=1e-6)


def test_a_current_that_is_not_finite_is_named() -> None:
    net = Network.chain(
        {"in": Input((1,)), "a": Linear([[3e38]]), "b": Linear([[3e38]]), "relu": ReLU(), "out": Output()}
    )
    with pytest.raises(DataError, match="ReLU 'relu': a current is not finite"):
        layer_by_layer(net, np.ones((1, 1), dtype=np.float32), lambda _, current: current)
