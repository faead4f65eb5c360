"""What a report says of a sweep."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysnn.errors import DataError
from pysnn.report.page import Section, has_charts
from pysnn.schemas import SCHEMAS
from pysnn.sweep.best import best_first, order_in_words, telling
from pysnn.sweep.folder import SweepFolder
from pysnn.sweep.status import status_table
from pysnn.tables import pareto_rows

if TYPE_CHECKING:
    import polars as pl

__all__ = ["sweep_report"]

_MOST_ROWS = 2000
"""Rows of the table, and points of the chart; a page with more is slow to open and to sort."""
_GROUPS = ("network", "rule", "base", "method", "chip", "name")
"""Columns that may tell colours, the first that has several values."""
_MOST_COLOURS = 12


def sweep_report(folder: Path, by: Sequence[str] = ()) -> tuple[Section, ...]:
    """Return what there is to say of a sweep that is done, or not yet.

    All rows, best first; the Pareto front; what each varied value gives; failed points, warnings, and where the rows come from.

    Parameters
    ----------
    folder
        The sweep's folder.
    by
        Columns by which rows are ordered, as :func:`pysnn.sweep.best.best_first` takes them; a second one is the cost beside which the first is drawn.
        By default what the sweep itself says.

    Raises
    ------
    DataError
        There is no sweep, it says of no column that it is best and ``by`` is empty, or there is no such column.
    FileFormatError
        A file of it is damaged.

    Examples
    --------
    >>> import tempfile
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from pysnn.sweep import sweep
    >>> with tempfile.TemporaryDirectory() as out, ThreadPoolExecutor(1) as threads:
    ...     table = sweep(lambda params, seed: {"y": -abs(params["x"] - 2)}, {"x": [1, 2, 4]}, threads, out=out)
    ...     found = sweep_report(Path(out), ["y"])
    >>> found[0].title, found[0].table["x"].to_list()
    ('Rows, best first', [2, 1, 4])
    """
    here = SweepFolder(folder)
    plan = here.plan()
    order = list(by) or [str(name) for name in plan.get("best", ())]
    if not order:
        raise DataError(f"'{folder}': this sweep does not say what is best, so name a column")
    table = here.table(plan["points"])
    rows = best_first(table, order)
    said = (_best(rows, order), *_front(rows, order), *_varied(rows, order[0])) if rows.height else ()
    return (
        *said,
        *_failed(table),
        *_warnings(table),
        _provenance(here, plan, table),
    )


def _best(rows: "pl.DataFrame", order: Sequence[str]) -> Section:
    shown = telling(rows, order)
    text = f"Ordered by {order_in_words(order)}; columns with one value for all rows are left out."
    if shown.height > _MOST_ROWS:
        text += f" The best {_MOST_ROWS:,} of {shown.height:,} rows; pysnn sweep collect writes all."
    return Section("Rows, best first", text, shown.head(_MOST_ROWS), sortable=True)


def _front(rows: "pl.DataFrame", order: Sequence[str]) -> list[Section]:
    """Return the Pareto front of the two first columns of an order, if both are numbers."""
    import polars as pl

    if len(order) < 2:
        return []
    objective, cost = (name.removeprefix("-") for name in order[:2])
    if not all(rows[name].dtype.is_numeric() and rows[name].null_count() < rows.height for name in (objective, cost)):
        return []
    group = next(
        (name for name in _GROUPS if name in rows.columns and 1 < rows[name].n_unique() <= _MOST_COLOURS), None
    )
    kept = pareto_rows(rows, order[0], order[1], group)
    title = f"{objective.capitalize().replace('_', ' ')} against {cost.replace('_', ' ')}"
    each = f" of each {group}" if group else ""
    text = f"The Pareto front{each}: rows that no other row beats at both. The line joins them."
    shown = telling(kept, [order[1], order[0]])
    if not has_charts():
        return [Section(title, text, shown)]
    from pysnn.report.charts import front_chart

    others = rows.drop_nulls([objective, cost]).join(kept.select("point", "row"), on=["point", "row"], how="anti")
    step = -(-others.height // _MOST_ROWS)
    drawn = pl.concat([kept.with_columns(front=True), others.gather_every(max(1, step)).with_columns(front=False)])
    if step > 1:
        text += f" Of the other rows every {step}th is drawn."
    if group is None:
        group, drawn = "rows", drawn.with_columns(rows=pl.lit("all"))
    more = [name for name in telling(rows, order).columns if name not in {cost, objective, group}]
    return [Section(title, text, shown, front_chart(drawn.select(cost, objective, group, "front", *more)))]


def _varied(rows: "pl.DataFrame", objective: str) -> list[Section]:
    """Return of each value of each parameter that has several how its rows do."""
    import polars as pl

    name = objective.removeprefix("-")
    if not rows[name].dtype.is_numeric():
        return []
    given = json.loads(rows["params"][0])
    varied = [
        k
        for k in (*given, "steps")
        if k in rows.columns and k not in SCHEMAS["sweep_point"] and 1 < rows[k].n_unique() <= _MOST_ROWS // 20
    ]
    if not varied:
        return []
    best = pl.col(name).min() if objective.startswith("-") else pl.col(name).max()
    tables = [
        rows.group_by(k, maintain_order=True)
        .agg(pl.len().alias("rows"), best.alias("best"), pl.col(name).median().alias("median"))
        .sort(k, nulls_last=True)
        .select(
            pl.lit(k).alias("parameter"),
            pl.col(k).cast(pl.String).fill_null("none").alias("value"),
            "rows",
            "best",
            "median",
        )
        for k in dict.fromkeys(varied)
    ]
    text = f"The best and the median of {name} over all rows with a value, whatever the others are."
    return [Section("What was varied", text, pl.concat(tables), sortable=True)]


def _failed(table: "pl.DataFrame") -> list[Section]:
    failed = table.filter(table["error"].is_not_null())
    if failed.is_empty():
        return []
    text = f"{failed['point'].n_unique():,} points have failed; pysnn sweep retry-failed runs them once more."
    if failed.height > _MOST_ROWS:
        text += f" The first {_MOST_ROWS:,} are shown."
    return [Section("Failed points", text, failed.head(_MOST_ROWS).select("error", "params", "point"), sortable=True)]


def _warnings(table: "pl.DataFrame") -> list[Section]:
    import polars as pl

    if "warnings" not in table.columns:
        return []
    warned = table.filter(pl.col("warnings").is_not_null())
    if warned.is_empty():
        return []
    found = warned.group_by("warnings", maintain_order=True).agg(
        pl.col("point").n_unique().alias("points"), pl.col("params").first().alias("for example")
    )
    text = "What pysnn warned of, and for how many points."
    return [Section("Warnings", text, found.sort("points", descending=True, maintain_order=True).head(_MOST_ROWS))]


def _provenance(here: SweepFolder, plan: Mapping[str, Any], table: "pl.DataFrame") -> Section:
    import polars as pl

    counted = status_table(here).row(0, named=True)
    facts: dict[str, Any] = {k: v for k, v in plan.items() if k not in {"points", "columns", "best", "format"}}
    facts |= {
        f"points {name}" if name in {"done", "failed", "left"} else name: value for name, value in counted.items()
    }
    # Of a point's rows each has its seconds.
    facts["seconds of the workers"] = round(float(table.unique(["point"])["seconds"].sum()), 1)
    for name in ("version", "backend", "simd", "data"):
        if name in table.columns:
            facts[name] = ", ".join(map(str, table[name].drop_nulls().unique(maintain_order=True).to_list()[:8]))
    rows = [{"what": name, "value": str(value)} for name, value in facts.items() if value is not None]
    return Section("Where it comes from", "How the sweep was started, and how far it is.", pl.DataFrame(rows))
