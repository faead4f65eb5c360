"""Write docs/stdp_applications.md and its plots from the tables: no figure there is typed by hand."""

from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.claims.page import claim_table
from benchmarks.experiments.stdp.applications import APPLICATIONS
from benchmarks.markdown import fill, table
from pysnn.files.aside import write_aside

__all__ = ["PAGE", "TABLES", "page", "write_page"]

TABLES = Path(__file__).parents[2] / "tables"
PAGE = Path(__file__).parents[3] / "docs" / "stdp_applications.md"

_SHARES = ("accuracy", "below 10 %", "above 90 %", "without spikes", "of the bound")


def page(text: str, tables: Path = TABLES) -> str:
    """Return the page with its tables made again; an application without a table says so."""
    return fill(text, lambda key: _made(key, tables))


def write_page() -> None:
    """Write the page and a plot for each application that has a table."""
    text = page(PAGE.read_text(encoding="utf-8"))
    write_aside(PAGE, lambda aside: aside.write_text(text, encoding="utf-8"))
    for name, application in APPLICATIONS.items():
        file = name.replace("-", "_")
        curves = TABLES / f"stdp_{file}_curves.parquet"
        if curves.exists():
            _plot(PAGE.with_name(f"stdp_{file}.png"), application.draw, pl.read_parquet(curves))


def _made(key: str, tables: Path) -> str:
    name, _, part = key.partition(" ")
    if part == "settings":
        return table(["setting", ""], APPLICATIONS[name].settings.items())
    if part == "peers":
        return claim_table(f"stdp_{name.replace('-', '_')}", tables)
    return _figures(tables / f"stdp_{name.replace('-', '_')}.parquet")


def _figures(file: Path) -> str:
    """Return a row a figure, a column a case: the mean of the seeds, and the least and the largest where there are several."""
    if not file.exists():
        return "not run"
    found = pl.read_parquet(file)
    cases = found["case"].unique(maintain_order=True).to_list()
    rows = []
    for figure in found["figure"].unique(maintain_order=True).to_list():
        own = found.filter(pl.col("figure") == figure)
        cells = [own.filter(pl.col("case") == case)["value"].to_list() for case in cases]
        rows.append([figure, *(_cell(figure, values) for values in cells)])
    seeds = ", ".join(str(seed) for seed in found["seed"].unique().sort())
    return table(["", *cases], rows) + f"\n\nSeeds: {seeds}" + (", mean (least..largest)." if "," in seeds else ".")


def _cell(figure: str, values: list[float]) -> str:
    if not values:
        return ""
    if any(figure.endswith(share) for share in _SHARES):
        said = [f"{100 * value:.2f}" for value in (sum(values) / len(values), min(values), max(values))]
        return f"{said[0]} %" if len(values) == 1 else f"{said[0]} % ({said[1]}..{said[2]})"
    said = [_number(value) for value in (sum(values) / len(values), min(values), max(values))]
    return said[0] if len(values) == 1 else f"{said[0]} ({said[1]}..{said[2]})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _plot(file: Path, draw: Any, curves: pl.DataFrame) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    draw(curves, axes)
    write_aside(file, lambda aside: figure.savefig(aside, format="png", dpi=90))
    plt.close(figure)
