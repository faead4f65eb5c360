"""Plots of plastic networks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from pysnn.errors import DataError
from pysnn.plastic import (
    AllToAll,
    LIFCells,
    PairSTDP,
    PlasticNetwork,
    PlasticSimulator,
    PoissonSource,
    Projection,
    Rates,
    Spikes,
    Weights,
)
from pysnn.plastic.result import PlasticResult
from pysnn.plot import plastic_raster, plastic_rates, save_plastic_run, weight_histogram, weight_trajectory

WATCH = (Spikes("inputs"), Rates(every=0.1), Weights("wires", every=0.1))


def made(**options: Any) -> PlasticResult:
    rule = PairSTDP(w_max=1e-3)
    wires = Projection(pre="inputs", post="cells", connector=AllToAll(), weight=5e-4, delay=0, rule=rule)
    cells = LIFCells(size=4, v_threshold=5e-3)
    net = PlasticNetwork.of(inputs=PoissonSource(50, rate=40.0), cells=cells, wires=wires)
    return PlasticSimulator(net, dt=1e-3).run(0.5, **options)


RUN = made(watch=WATCH)


def test_the_raster_has_a_point_a_spike() -> None:
    (line,) = plastic_raster(RUN, "inputs").lines
    table = RUN.tables["plastic_spikes"]
    assert len(np.asarray(line.get_xdata())) == table.height == RUN.counts.spikes[0] > 0
    np.testing.assert_array_equal(line.get_ydata(), table["neuron"].to_numpy())


def test_rates_have_a_line_a_population() -> None:
    axes = plastic_rates(RUN)
    assert [line.get_label() for line in axes.lines] == ["inputs", "cells"]
    assert np.asarray(axes.lines[0].get_ydata()).mean() == pytest.approx(RUN.counts.spikes[0] / 50 / 0.5)


def test_the_histogram_has_every_weight() -> None:
    axes = weight_histogram(RUN, "wires", 1e-3)
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert sum(bar.get_height() for bar in bars) == 200
    assert bars[0].get_x() == 0.0


def test_trajectories_end_where_the_run_does() -> None:
    axes = weight_trajectory(RUN, "wires")
    weight = RUN.weights("wires").weight
    assert "200 synapses watched, 50 of them shown" in axes.get_title()
    assert np.asarray(axes.lines[-1].get_ydata())[-1] == pytest.approx(weight.mean(dtype=np.float64))
    ends = np.array([np.asarray(line.get_ydata())[-1] for line in axes.lines[:-1]])
    np.testing.assert_array_equal(ends, weight[::4].astype(np.float64))


def test_all_of_it_is_one_picture(tmp_path: Path) -> None:
    assert save_plastic_run(tmp_path / "run.png", RUN).stat().st_size > 10_000


def test_what_was_not_watched_is_said(tmp_path: Path) -> None:
    bare = made(keep_state=False)
    with pytest.raises(DataError, match=r"no table 'plastic_spikes'; give run\(\.\.\., watch=\[Spikes"):
        plastic_raster(bare, "cells")
    with pytest.raises(DataError, match=r"no rows of 'cells' \(inputs\)"):
        plastic_raster(RUN, "cells")
    with pytest.raises(DataError, match="watched nothing"):
        save_plastic_run(tmp_path / "run.png", bare)
