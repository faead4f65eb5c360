"""Plots draw what the tables say, on the axes that they are given."""

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pysnn import IF, DataError, Input, MissingExtraError, Network, Output, run
from pysnn.plot import accuracy_against_steps, conversion_error, conversion_error_grid, raster, save_overview
from pysnn.schemas import SCHEMAS
from pysnn.tables import make_table

pytest.importorskip("matplotlib")

from matplotlib.collections import LineCollection
from matplotlib.figure import Figure


def spiking(neurons: int = 4) -> Any:
    net = Network.chain({"in": Input((neurons,)), "if": IF(), "out": Output("count")})
    x = np.zeros((2, neurons), dtype=np.float32)
    x[0, 0], x[0, 2], x[1, 1] = 1.0, 0.5, 1.0
    return run(net, x, steps=6, record=["if"], backend="reference")


def run_table(accuracy: Any = 0.5) -> Any:
    row = dict.fromkeys(SCHEMAS["run"], 0)
    rows = [
        {
            **row,
            "precision": p,
            "steps": t,
            "samples": 8,
            "accuracy": accuracy and accuracy + t / 100,
            "ann_accuracy": 0.9,
        }
        for p in ("float32", "int8")
        for t in (1, 4, 2)
    ]
    return make_table("run", rows)


def error_rows(layers: int = 3) -> Any:
    row: dict[str, Any] = {**dict.fromkeys(SCHEMAS["errors"], 0.0), "window": None}
    rows = [
        {
            **row,
            "method": "m",
            "layer": f"relu{d}",
            "depth": d,
            "steps": t,
            "samples": 8,
            "threshold": 2.0,
            "signal": 4.0,
            "e_q": d / t,
            "e_total": d / t,
        }
        for t in (2, 4)
        for d in range(1, layers + 1)
    ]
    return make_table("errors", rows)


def drawn(axes: Any) -> dict[str, tuple[list[float], list[float]]]:
    """Return x and y of each line by its label."""
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}


def test_the_raster_has_a_tick_a_spike_and_a_band_a_silent_neuron() -> None:
    axes = raster(spiking(), "if")
    (ticks,) = [c for c in axes.collections if isinstance(c, LineCollection)]
    found = sorted((int(s[0, 0]), round(float(s[:, 1].mean()))) for s in ticks.get_segments())
    assert found == sorted([*((t, 0) for t in range(6)), (1, 2), (3, 2), (5, 2)])
    bars: list[Any] = list(axes.patches)
    assert sorted(round(bar.get_y() + bar.get_height() / 2) for bar in bars) == [1, 3]
    assert axes.get_ylabel() == 'neuron of "if" (2 of 4 silent)'
    assert axes.get_xlabel() == "step"


@pytest.mark.slow
def test_the_raster_of_another_sample_and_of_many_neurons() -> None:
    axes = raster(spiking(1000), "if", sample=1)
    assert set(drawn(axes)["spike"][1]) == {1}
    assert "999 of 1000 silent" in axes.get_ylabel()


def test_a_raster_without_a_spike_can_be_drawn() -> None:
    net = Network.chain({"in": Input((2,)), "if": IF(), "out": Output("count")})
    result = run(net, np.zeros((1, 2), dtype=np.float32), steps=3, record=["if"], backend="reference")
    assert "(2 of 2 silent)" in raster(result, "if").get_ylabel()


def test_the_raster_names_what_was_not_recorded() -> None:
    with pytest.raises(DataError, match=r"no spikes of 'relu' \(if\); give run\(\.\.\., record=\['relu'\]\)"):
        raster(spiking(), "relu")
    with pytest.raises(DataError, match=r"expected a sample in 0\.\.1, got 2"):
        raster(spiking(), "if", sample=2)


def test_accuracy_has_a_line_a_precision_and_the_ann() -> None:
    axes = accuracy_against_steps(run_table())
    lines = drawn(axes)
    assert list(lines) == ["float32", "int8", "ANN: 90.00 %"]
    assert lines["int8"][0] == [1, 2, 4]
    assert lines["int8"][1] == pytest.approx([51, 52, 54])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "4"]
    assert axes.get_ylabel() == "accuracy (%)"


def test_a_table_without_accuracy_is_refused() -> None:
    with pytest.raises(DataError, match="no accuracy"):
        accuracy_against_steps(run_table(accuracy=None))


def test_conversion_errors_are_over_the_signal_at_one_number_of_steps() -> None:
    axes = conversion_error(error_rows())
    lines = drawn(axes)
    assert list(lines)[:5] == ["total", "inherited", "clipping", "quantisation", "deviation"]
    assert lines["quantisation"][1] == pytest.approx([1 / 16, 2 / 16, 3 / 16])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["relu1", "relu2", "relu3"]
    at_two = drawn(conversion_error(error_rows(), steps=2))
    assert at_two["quantisation"][1] == pytest.approx([1 / 8, 2 / 8, 3 / 8])
    low, high = axes.get_ylim()
    assert all(0 < value < low for value in lines["clipping"][1]), "zeros lie below the axis, and their line leaves it"
    assert low < 1 / 16 < 1 < high


@pytest.mark.slow
def test_a_deep_network_names_some_of_its_layers_and_draws_points() -> None:
    deep = conversion_error(error_rows(110))
    assert 10 <= len(deep.get_xticklabels()) <= 24
    assert {line.get_linestyle() for line in deep.lines[:5]} == {"None"}
    assert "None" not in {line.get_linestyle() for line in conversion_error(error_rows(19)).lines}


def test_several_steps_have_a_panel_each_on_one_scale() -> None:
    panels = conversion_error_grid(error_rows(50)).axes
    assert [panel.get_title() for panel in panels] == ["T = 2", "T = 4"]
    assert panels[0].get_ylim() == panels[1].get_ylim()
    assert panels[0].get_ylim()[1] > 25 / 4
    assert [panel.get_legend() is None for panel in panels] == [True, False]
    (only,) = conversion_error_grid(error_rows(), steps=[2]).axes
    assert only.get_title() == "T = 2"
    assert only.get_legend() is not None


def test_panels_with_none_below_them_name_their_layers() -> None:
    import polars as pl

    table = pl.concat([error_rows().with_columns(steps=pl.lit(t, pl.Int64)) for t in (1, 2, 4, 8)])
    panels = conversion_error_grid(table.unique(["steps", "layer"])).axes
    assert [panel.xaxis.get_tick_params()["labelbottom"] for panel in panels] == [False, True, True, True]


def test_other_steps_methods_and_empty_tables_are_refused() -> None:
    import polars as pl

    with pytest.raises(DataError, match=r"one of the steps \[2, 4\], got 3"):
        conversion_error(error_rows(), steps=3)
    with pytest.raises(DataError, match="the table is empty"):
        conversion_error(make_table("errors", []))
    with pytest.raises(DataError, match="the table of one conversion, got several methods"):
        conversion_error_grid(pl.concat([error_rows(), error_rows().with_columns(method=pl.lit("other"))]))


def test_given_axes_are_used_and_returned() -> None:
    first, second, third = Figure().subplots(1, 3)
    assert raster(spiking(), "if", ax=first) is first
    assert accuracy_against_steps(run_table(), second) is second
    assert conversion_error(error_rows(), ax=third) is third


@pytest.mark.slow
def test_the_overview_is_a_png(tmp_path: Path) -> None:
    path = save_overview(tmp_path / "overview.png", run_table(), error_rows(), steps=2)
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert [p.name for p in path.parent.iterdir()] == ["overview.png"]


def test_without_matplotlib_the_command_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'pysnn\[plot\]'"):
        accuracy_against_steps(run_table())
