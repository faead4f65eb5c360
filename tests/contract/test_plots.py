"""Every plot takes axes and gives them back, has a title that stands alone, draws no missing value, and leaves figures alone."""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import pytest

import pysnn.plot
from pysnn import IF, Input, Linear, Network, Output, run
from pysnn.convert import convert
from pysnn.first_spike import Dense, FirstSpikeNetwork
from pysnn.hardware import estimate
from pysnn.plastic import (
    AllToAll,
    IFCells,
    PlasticNetwork,
    PlasticSimulator,
    PoissonSource,
    Projection,
    Rates,
    Spikes,
    Weights,
)
from pysnn.schemas import SCHEMAS
from pysnn.tables import make_table

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

RANDOM = np.random.default_rng(0)
X = RANDOM.random((6, 4)).astype(np.float32)
# A name that matplotlib would take for a formula, and a wrong one.
NODE = "if$^$"
SNN = Network.chain(
    {"in": Input((4,)), "fc": Linear(RANDOM.normal(size=(5, 4))), NODE: IF(), "fc2": Linear(RANDOM.normal(size=(3, 5))), "out": Output()}
)  # fmt: skip
FIRST = FirstSpikeNetwork.draw((4,), [Dense(units=3)], seed=0)


@cache
def result() -> Any:
    return run(
        SNN, X, steps=[2, 8], labels=[0, 1, 2, 0, 1, 2], record=[NODE], record_potentials=[NODE], backend="reference"
    )


@cache
def plastic() -> Any:
    wires = Projection(pre="a", post="b", connector=AllToAll(), weight=1e-4, delay=0)
    net = PlasticNetwork.of(a=PoissonSource(20, rate=80.0), b=IFCells(size=2), wires=wires)
    watch = [Spikes("a"), Rates(every=0.05), Weights("wires", every=0.05)]
    return PlasticSimulator(net, dt=1e-3, backend="reference").run(0.2, watch=watch)


@cache
def costs() -> Any:
    return estimate(SNN, result().activity, chips=("loihi1",), steps=8)


def history() -> Any:
    row: dict[str, Any] = dict.fromkeys(SCHEMAS["training"], 0.5) | {"redrawn": 0}
    known = [{**row, "epoch": 1}, {**row, "epoch": 2, "validation_accuracy": None}, {**row, "epoch": 3, "loss": np.nan}]
    return make_table("training", known)


def sweep() -> Any:
    row: dict[str, Any] = dict.fromkeys(SCHEMAS["sweep"])
    known = [
        {**row, "method": m, "steps": t, "accuracy": t / 10, "synops": 10.0 * t} for m in ("a", "b") for t in (2, 4, 8)
    ]
    return make_table("sweep", [*known, {**known[0], "accuracy": None}, {**known[0], "synops": np.nan}])


def runs() -> Any:
    import polars as pl

    table = result().table(ann_accuracy=0.9)
    return pl.concat([table, table.with_columns(precision=pl.lit("int8")), table.with_columns(accuracy=None)])


@cache
def errors() -> Any:
    from pysnn import ReLU

    layers = {"in": Input((4,)), "fc": SNN.nodes["fc"], NODE: ReLU(), "fc2": SNN.nodes["fc2"], "out": Output()}
    return convert(Network.chain(layers), X, steps=4).errors(X, [4], backend="reference")


# What each plot is called with, without its axes.
PLOTS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "accuracy_against_operations": lambda: (runs(),),
    "accuracy_against_steps": lambda: (runs(),),
    "confusion_matrix": lambda: (result(),),
    "conversion_error": lambda: (errors(),),
    "cores_by_layer": lambda: (costs().mapping, "loihi1"),
    "energy_by_layer": lambda: (costs().table, "loihi1"),
    "energy_by_term": lambda: (costs().table,),
    "first_spike_histogram": lambda: (FIRST, X),
    "first_spike_raster": lambda: (FIRST, X[0]),
    "layer_rates": lambda: (result(),),
    "layer_weights": lambda: (SNN, "fc"),
    "pareto_front": lambda: (sweep(),),
    "plastic_raster": lambda: (plastic(), "a"),
    "plastic_rates": lambda: (plastic(),),
    "potentials": lambda: (result(), NODE),
    "raster": lambda: (result(), NODE),
    "sweep_results": lambda: (sweep(),),
    "training_history": lambda: (history(),),
    "weight_histogram": lambda: (plastic(), "wires"),
    "weight_ranges": lambda: (SNN,),
    "weight_trajectory": lambda: (plastic(), "wires"),
}
WHOLE_FIGURES = {name for name in pysnn.plot.__all__ if name.startswith("save_") or name.endswith("_grid")}
SAID = {
    "accuracy_against_operations": ("6 samples", "T = 2 to 8"),
    "accuracy_against_steps": ("6 samples", "T = 2 to 8"),
    "confusion_matrix": ("6 samples", "T = 8"),
    "conversion_error": ("6 samples", "T = 4"),
    "energy_by_layer": ("loihi1",),
    "layer_rates": ("6 samples", "T = 8"),
    "potentials": ("sample 0", "T = 8"),
    "raster": ("sample 0", "T = 8"),
    "training_history": ("3 epochs",),
    "sweep_results": ("7 points", "1 without a value left out"),
    "pareto_front": ("6 points", "2 without a value left out"),
}


def test_every_plot_is_here() -> None:
    assert {*PLOTS, *WHOLE_FIGURES} == set(pysnn.plot.__all__)


@pytest.mark.parametrize("plot", PLOTS)
def test_a_plot_draws_on_the_axes_that_it_is_given(plot: str) -> None:
    first, second = Figure().subplots(1, 2)
    before = len(second.get_children())
    assert getattr(pysnn.plot, plot)(*PLOTS[plot](), ax=first) is first
    assert first.figure is not None
    assert len(second.get_children()) == before


@pytest.mark.parametrize("plot", PLOTS)
def test_a_title_stands_alone(plot: str) -> None:
    axes = getattr(pysnn.plot, plot)(*PLOTS[plot](), name="my $^$ network")
    first, what = axes.get_title().split("\n")
    assert first == r"my \$^\$ network"
    assert len(what) > 10
    for said in SAID.get(plot, ()):
        assert said in what


@pytest.mark.parametrize("plot", PLOTS)
def test_no_missing_value_is_drawn(plot: str) -> None:
    axes = getattr(pysnn.plot, plot)(*PLOTS[plot]())
    for line in [line for each in axes.figure.axes for line in each.lines]:
        assert np.isfinite(np.asarray(line.get_xydata(), dtype=float)).all()
    for drawn in axes.collections:
        assert np.isfinite(np.asarray(drawn.get_offsets(), dtype=float)).all()


@pytest.mark.parametrize("plot", PLOTS)
def test_equal_lines_do_not_hide_one_another(plot: str) -> None:
    lines = [line for line in getattr(pysnn.plot, plot)(*PLOTS[plot]()).lines if line.get_label()[0] != "_"]
    seen: dict[bytes, float] = {}
    for line in sorted(lines, key=lambda each: each.get_zorder()):
        path = np.asarray(line.get_xydata(), dtype=float).tobytes()
        assert line.get_linewidth() < seen.get(path, np.inf)
        seen[path] = line.get_linewidth()


@pytest.mark.slow
@pytest.mark.parametrize("plot", PLOTS)
def test_no_figure_is_shown_or_closed(plot: str) -> None:
    import matplotlib as mpl

    with mpl.rc_context({"backend": "agg"}):
        import matplotlib.pyplot as plt

        mine = plt.figure()
        try:
            getattr(pysnn.plot, plot)(*PLOTS[plot]()).figure.savefig(BytesIO(), format="png")
            assert plt.get_fignums() == [mine.number]
        finally:
            plt.close(mine)
