"""Charts of a report as Vega-Lite specifications, written with Altair."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

__all__ = ["accuracy_chart", "confusion_chart", "energy_chart", "front_chart", "layer_chart", "raster_chart"]

_WIDTH = 420
_HEIGHT = 260
_COLOUR = "#4c78a8"
"""Stands out on white and on black."""


def accuracy_chart(table: "pl.DataFrame") -> dict[str, Any]:
    """Return accuracy against steps, and against synaptic operations, side by side."""
    import altair as alt

    tip = ["steps", alt.Tooltip("accuracy", format=".2%"), alt.Tooltip("synops", format=",.0f")]
    line = alt.Chart(table).mark_line(point=True).encode(y=_share("accuracy", "accuracy"), tooltip=tip)
    line = line.properties(width=_WIDTH - 60, height=_HEIGHT)
    steps = line.encode(x=alt.X("steps:Q", scale=alt.Scale(type="log", base=2), title="time-steps"))
    synops = line.encode(x=alt.X("synops:Q", title="synaptic operations a sample"), order="steps:Q")
    return _spec(steps | synops)


def layer_chart(table: "pl.DataFrame") -> dict[str, Any]:
    """Return spikes per neuron, a bar a layer."""
    import altair as alt

    bars = alt.Chart(table).mark_bar().encode(
        x=alt.X("spikes per neuron:Q"), y=alt.Y("layer:N", sort=None), tooltip=list(table.columns)
    )  # fmt: skip
    return _spec(bars.properties(width=_WIDTH))


def confusion_chart(table: "pl.DataFrame") -> dict[str, Any]:
    """Return how many samples of each label were given each class."""
    import altair as alt

    cells = alt.Chart(table).mark_rect().encode(
        x=alt.X("predicted:O"), y=alt.Y("label:O"), tooltip=list(table.columns),
        color=alt.Color("samples:Q", scale=alt.Scale(type="symlog", scheme="blues")),
    )  # fmt: skip
    return _spec(cells.properties(width=_HEIGHT, height=_HEIGHT))


def raster_chart(table: "pl.DataFrame") -> dict[str, Any]:
    """Return spikes over time, a tick a spike, a row of axes a layer."""
    import altair as alt

    ticks = alt.Chart(table).mark_tick(orient="vertical", thickness=2).encode(
        x=alt.X("step:Q"), y=alt.Y("neuron:Q"), row=alt.Row("layer:N", sort=None), tooltip=list(table.columns)
    )  # fmt: skip
    return _spec(ticks.properties(width=_WIDTH, height=120).interactive())


def energy_chart(table: "pl.DataFrame") -> dict[str, Any]:
    """Return energy a sample as intervals."""
    import altair as alt

    base = alt.Chart(table).encode(
        y=alt.Y("what:N", sort=None, title=None, axis=alt.Axis(labelLimit=320)), tooltip=list(table.columns)
    )
    scale = alt.Scale(type="log")
    span = base.mark_rule(strokeWidth=3, color=_COLOUR).encode(
        x=alt.X("low:Q", scale=scale, title="pJ a sample"), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=60, color=_COLOUR).encode(x=alt.X("value:Q", scale=scale))
    return _spec((span + points).properties(width=_WIDTH))


def front_chart(table: "pl.DataFrame") -> dict[str, Any]:
    """Return rows of a sweep as points, and a line through those of the Pareto front.

    ``table`` has the cost, the objective, the group, ``front`` (whether no other row is better at a smaller cost), and what a point is.
    """
    import altair as alt

    cost, objective, group = table.columns[:3]
    share = "accuracy" in objective
    positive = table.height > 0 and bool((table[cost] > 0).all())
    chosen = alt.selection_point(fields=[group], bind="legend")
    base = alt.Chart(table).encode(
        x=alt.X(f"{cost}:Q", title=cost, scale=alt.Scale(type="log") if positive else alt.Scale(zero=False)),
        y=_share(objective, objective) if share else alt.Y(f"{objective}:Q", scale=alt.Scale(zero=False)),
        color=alt.Color(f"{group}:N"),
        opacity=alt.condition(chosen, alt.value(0.8), alt.value(0.08)),
        tooltip=list(table.columns),
    )
    front = base.transform_filter(alt.datum.front)
    line = front.mark_line(interpolate="step-after", strokeWidth=2).encode(order=f"{cost}:Q")
    points = base.mark_circle(size=40).interactive() + front.mark_point(size=90, strokeWidth=2)
    return _spec((line + points).add_params(chosen).properties(width=_WIDTH + 120, height=_HEIGHT + 60))


def _share(name: str, title: str) -> Any:
    import altair as alt

    return alt.Y(f"{name}:Q", title=title, axis=alt.Axis(format="%"), scale=alt.Scale(zero=False))


def _spec(chart: Any) -> dict[str, Any]:
    found: dict[str, Any] = chart.to_dict()
    return found
