"""Decisions are counted strictly, and operations exactly."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pysnn.backends import available_backends
from pysnn.backends.first_spike import first_output_spike
from pysnn.errors import CapacityError, DataError, NetworkError, PlanError, PysnnError
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork, Layer, decide, encode_times, evaluate

LAYERS: list[Layer] = [Conv(channels=3, kernel=3, padding=1), EarliestPool(2), Dense(units=12), Dense(units=4)]


def weight(*values: float) -> NDArray[np.float32]:
    return np.array([values], dtype=np.float32)


def drawn(neuron: str = "ramp") -> tuple[FirstSpikeNetwork, NDArray[Any]]:
    steps = 10 if neuron == "step" else 0
    network = FirstSpikeNetwork.draw((2, 6, 6), LAYERS, seed=2, neuron=neuron, steps=steps)
    x = np.random.default_rng(0).random((40, 2, 6, 6))
    x[x < 0.4] = 0
    x[:2] = 0
    return network, x.astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("neuron", ["ramp", "step"])
def test_additions_are_those_of_a_replay(neuron: str) -> None:
    network, x = drawn(neuron)
    y = np.zeros(40, dtype=np.int64)
    found = evaluate(network, x, y)
    passed = _forward(network, x)
    when = decide(network, x).time
    end = until = spikes = 0
    maps = [encode_times(network, x), *passed]
    for layer, below in zip(network.plan.layers, maps, strict=False):
        if layer.kind == "pool":
            continue
        for window in layer.windows():
            for sample in range(40):
                for row in window[window >= 0]:
                    at = below[sample, row]
                    end += layer.columns * np.isfinite(at)
                    early = at < when[sample] if neuron == "ramp" else at <= when[sample]
                    until += layer.columns * (np.isfinite(at) and early)
    spikes = sum(np.isfinite(maps[n]).sum() for n in (1, 3, 4))
    assert found.additions_end == end / 40
    assert found.additions_decision == until / 40
    assert found.spikes_per_neuron == pytest.approx(spikes / 40 / network.neurons)
    assert found.dense_macs == sum(
        (layer.windows() >= 0).sum() * layer.columns for layer in network.plan.layers if layer.kind == "weight"
    )
    assert found.silent >= 2 / 40
    assert 0 < found.additions_decision < found.additions_end < found.dense_macs


def _forward(network: FirstSpikeNetwork, x: NDArray[Any]) -> list[NDArray[Any]]:
    from pysnn.backends import get_backend

    passed = get_backend("reference").first_spike(network.plan).forward(network.weights, encode_times(network, x))
    return [passed.times(n) for n in range(len(network.plan.layers))]


@pytest.mark.slow
@pytest.mark.parametrize("backend", available_backends())
@pytest.mark.parametrize("neuron", ["ramp", "step"])
def test_backends_count_alike(backend: str, neuron: str) -> None:
    network, x = drawn(neuron)
    y = np.arange(40) % 4
    assert repr(evaluate(network, x, y, backend=backend, threads=2)) == repr(
        evaluate(network, x, y, backend="reference")
    )


def test_silence_is_wrong_whatever_the_label() -> None:
    network, _ = drawn()
    found = evaluate(network, np.zeros((8, 2, 6, 6)), np.arange(8) % 4)
    assert (found.accuracy, found.silent, found.spikes_per_neuron, found.dead) == (0, 1, 0, 1)
    assert np.isnan(found.decision_time_mean)
    assert found.table()["accuracy"].to_list() == [0]


def test_ties_have_one_winner() -> None:
    network = FirstSpikeNetwork((1,), (Dense(units=3),), (weight(1, 2, 2),))
    found = evaluate(network, np.ones((3, 1)), np.array([0, 1, 2]))
    assert found.ties == 1
    assert found.accuracy == 1 / 3
    assert decide(network, np.ones((1, 1))).winner == [1]


def test_a_tie_of_steps_goes_to_the_larger_potential() -> None:
    network = FirstSpikeNetwork((1,), (Dense(units=3),), (weight(1, 2, 3),), neuron="step", steps=4)
    for backend in available_backends():
        assert decide(network, np.ones((1, 1)), backend=backend).winner == [2]
    times, marks = weight(2, 2, 1, 1), weight(9, 9, 3, 3)
    assert first_output_spike(network.plan, times, marks).winner == [2]


def test_codes_of_both_kernels() -> None:
    ramp = FirstSpikeNetwork.draw((4,), [Dense(units=2)])
    step = FirstSpikeNetwork.draw((4,), [Dense(units=2)], neuron="step", steps=16)
    x = [[1, 0.5, 1e-3, 0]]
    assert encode_times(ramp, x)[0].tolist() == pytest.approx([0, 0.5, 0.999, np.inf])
    assert encode_times(step, x)[0].tolist() == [0, 8, 15, np.inf]


def test_images_are_channels_last_inside() -> None:
    network = FirstSpikeNetwork.draw((2, 1, 3), [Dense(units=2)])
    x = np.arange(1, 7).reshape(1, 2, 1, 3) / 8
    assert (1 - encode_times(network, x)[0]).tolist() == [1 / 8, 4 / 8, 2 / 8, 5 / 8, 3 / 8, 6 / 8]


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: FirstSpikeNetwork.draw((4,), [Dense(units=0)]), "dense1.*units"),
        (lambda: FirstSpikeNetwork.draw((1, 4, 4), [Conv(channels=2, kernel=9)]), "conv1"),
        (lambda: FirstSpikeNetwork.draw((4, 4), [Dense(units=2)]), "input_shape"),
        (lambda: FirstSpikeNetwork.draw((4,), []), "one layer"),
        (lambda: FirstSpikeNetwork.draw((4,), [Dense(units=2, threshold=0)]), "threshold"),
        (lambda: FirstSpikeNetwork.draw((4,), [Dense(units=2)], neuron="step"), "steps"),
        (lambda: FirstSpikeNetwork((4,), (Dense(units=2),), ()), "1 weight arrays"),
        (lambda: FirstSpikeNetwork((4,), (Dense(units=2),), (np.zeros((2, 4), dtype=np.float32),)), r"\(4, 2\)"),
        (lambda: FirstSpikeNetwork((1,), (Dense(units=1),), ([[np.nan]],)), "finite"),  # type: ignore[arg-type]
        (lambda: FirstSpikeNetwork.draw((1 << 20,), [Dense(units=1 << 20)]), "weights are more"),
    ],
)
def test_wrong_networks_are_named(make: object, what: str) -> None:
    with pytest.raises((NetworkError, PlanError, CapacityError), match=what) as raised:
        make()  # type: ignore[operator]
    assert isinstance(raised.value, PysnnError)


def test_nothing_to_evaluate_is_said() -> None:
    network, _ = drawn()
    with pytest.raises(DataError, match="got none"):
        evaluate(network, np.zeros((0, 2, 6, 6)), np.zeros(0, dtype=int))
    assert len(decide(network, np.zeros((0, 2, 6, 6))).winner) == 0
