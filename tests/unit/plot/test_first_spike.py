"""Plots of spike times: the numbers that are drawn are those of the engine."""

from typing import Any

import numpy as np
import pytest

from pysnn.errors import DataError
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork, decide

pytest.importorskip("matplotlib")

from pysnn.plot import first_spike_histogram, first_spike_raster

LAYERS: list[Any] = [Conv(channels=4), EarliestPool(2), Dense(units=3)]
NETWORK = FirstSpikeNetwork.draw((1, 6, 6), LAYERS, seed=0)
X = np.random.default_rng(0).random((20, 1, 6, 6))


def test_the_raster_has_every_spike_and_the_decision() -> None:
    axes = first_spike_raster(NETWORK, X[0])
    decided = decide(NETWORK, X[:1])
    *dots, line = [np.asarray(line.get_xdata(), dtype=float) for line in axes.lines]
    assert line[0] == decided.time[0]
    assert f"decision {decided.winner[0]} at " in axes.get_title()
    late, early = np.concatenate(dots[::2]), np.concatenate(dots[1::2])
    assert len(late) + len(early) >= 36 + 3
    assert early.max() <= decided.time[0] < late.min()
    assert len(axes.get_yticks()) == 4


def test_a_sample_without_a_decision_says_so() -> None:
    assert first_spike_raster(NETWORK, np.zeros((1, 6, 6))).get_title().splitlines() == [
        "first-spike network 1x6x6-64-16-3",
        "no output spike: 0 of 83 neurons have fired",
    ]


@pytest.mark.parametrize("neuron", ["ramp", "step"])
def test_the_histogram_has_a_line_a_layer(neuron: str) -> None:
    fields = {"neuron": neuron, "steps": 16 if neuron == "step" else 0}
    axes = first_spike_histogram(FirstSpikeNetwork.draw((1, 6, 6), LAYERS, seed=0, **fields), X)
    names = ["input", "conv1", "earliestpool2", "dense3", "decision"]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text().split()[0] for text in legend.get_texts()] == names


def test_nothing_to_draw_is_named() -> None:
    with pytest.raises(DataError, match="nothing fires"):
        first_spike_histogram(NETWORK, np.zeros((2, 1, 6, 6)))
