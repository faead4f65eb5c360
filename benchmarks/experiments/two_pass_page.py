"""Write the tables of docs/two_pass.md from the table of benchmarks.experiments.two_pass: no figure there is typed by hand."""

from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import TABLES
from benchmarks.intervals import accuracy_cell
from benchmarks.markdown import fill, table

__all__ = ["PAGE", "TABLE", "best_conversion", "page"]

PAGE = Path(__file__).parents[2] / "docs" / "two_pass.md"
TABLE = TABLES / "two_pass.parquet"

_ONCE = "one pass"
_STEPS = (1, 2, 4, 8, 16)


def page(text: str, path: Path = TABLE) -> str:
    """Return the page with its tables made again; a mark is ``<!-- table: KIND -->``."""
    frame = pl.read_parquet(path)
    kinds = {"conversions": _conversions, "agreement": _agreement, "test": _test}
    return fill(text, lambda kind: kinds[kind](frame))


def best_conversion(once: pl.DataFrame, steps: int) -> str:
    """Return the conversion whose one pass of so many steps agrees most with the ANN on training images.

    Examples
    --------
    >>> once = pl.DataFrame({"recipe": ["a", "b"], "steps": [1, 1], "agreement": [0.5, 0.6]})
    >>> best_conversion(once, 1)
    'b'
    """
    found = once.filter(pl.col("steps") == steps).sort("agreement", descending=True, maintain_order=True)
    return str(found["recipe"][0])


def _once(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the rows of one pass of a network on training images."""
    wanted = (pl.col("split") == "training") & (pl.col("method") == _ONCE) & (pl.col("network") == name)
    return frame.filter(wanted)


def _conversions(frame: pl.DataFrame) -> str:
    """Agreement of one pass with each conversion, on training images."""
    rows = []
    for name in frame["network"].unique(maintain_order=True):
        own = _once(frame, name)
        for (recipe,), group in own.group_by("recipe", maintain_order=True):
            rows.append([name, str(recipe), *_by_steps(group, _STEPS)])
    return table(["network", "conversion", *(f"T = {at}" for at in _STEPS)], rows)


def _by_steps(group: pl.DataFrame, steps: tuple[int, ...]) -> list[str]:
    found = dict(zip(group["steps"].to_list(), group["agreement"].to_list(), strict=True))
    return [f"{100 * found[at]:.1f}" if at in found else "" for at in steps]


def _agreement(frame: pl.DataFrame) -> str:
    """Agreement on training images by lead: one pass of T and of T + lead steps, then the methods."""
    rows = []
    for (name,), two in frame.filter((pl.col("split") == "training") & (pl.col("lead") > 0)).group_by(
        "network", maintain_order=True
    ):
        recipe, once = two["recipe"][0], _once(frame, str(name))
        same = once.filter(pl.col("recipe") == recipe)
        best = once.group_by("steps", maintain_order=True).agg(pl.col("agreement").max())
        for title, own in (("one pass, the same conversion", same), ("one pass, the best conversion", best)):
            rows.append([str(name), title, "T", *_by_steps(own, _STEPS)])
        for (lead,), each in two.group_by("lead", maintain_order=True):
            longer, steps = tuple(int(str(lead)) + at for at in _STEPS), f"{lead} + T"
            rows.append([str(name), "one pass, the same conversion", steps, *_by_steps(same, longer)])
            rows.append([str(name), "one pass, the best conversion", steps, *_by_steps(best, longer)])
            for (method,), own in each.group_by("method", maintain_order=True):
                rows.append([str(name), str(method), steps, *_by_steps(own, _STEPS)])
    return table(["network", "run", "steps", *(f"T = {at}" for at in _STEPS)], rows)


def _test(frame: pl.DataFrame) -> str:
    """The test split: each method with its lead beside one pass of T and of T + lead steps."""
    rows = []
    for (name,), group in frame.filter(pl.col("split") == "test").group_by("network", maintain_order=True):
        trained = _once(frame, str(name))
        once = {(row["recipe"], row["steps"]): row for row in group.filter(pl.col("method") == _ONCE).to_dicts()}
        two = group.filter(pl.col("method") != _ONCE).to_dicts()
        for at in _STEPS:
            reads = (at, *sorted({row["lead"] + at for row in two}))
            rows += [_row(once[best_conversion(trained, steps), steps]) for steps in reads]
            rows += [_row(row) for row in two if row["steps"] == at]
    head = ["network", "method", "conversion", "steps", "accuracy", "difference to the ANN", "agreement"]
    head += ["synaptic operations", "additions in all", "spikes a neuron"]
    return table(head, rows)


def _row(row: dict[str, Any]) -> list[str]:
    change = row["accuracy"] - row["ann_accuracy"]
    return [
        row["network"],
        row["method"],
        row["recipe"],
        f"{row['lead']} + {row['steps']}" if row["lead"] else f"{row['steps']}",
        accuracy_cell(row["accuracy"], row["samples"]),
        f"{100 * change:+.2f} ± {100 * row['half_width']:.2f}",
        f"{100 * row['agreement']:.1f}",
        f"{row['synops'] / 1e6:.2f} M",
        f"{row['additions'] / 1e6:.2f} M",
        f"{row['spikes_per_neuron']:.2f}",
    ]
