"""Print a table to stdout: for people, or as one JSON object."""

import json
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pysnn.cli.streams import one_line
from pysnn.tables import table_json, write_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["show_rows", "show_table"]

_PLAIN_WIDTH = 160
_WIDE = 10
_WIDEST = 10_000


def show_table(
    frame: "pl.DataFrame", meta: Mapping[str, Any], *, as_json: bool, title: str = "", file: Path | None = None
) -> None:
    """Write the table to ``file`` if one is given, and print it."""
    if file is not None:
        write_table(frame, file, meta)
    if as_json:
        typer.echo(json.dumps(table_json(frame, meta)))
    else:
        show_rows(frame.to_dicts(), title)


def show_rows(rows: list[dict[str, Any]], title: str = "") -> None:
    """Print rows for people; columns without any value are left out. A single wide row is printed as a column."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=one_line(title) or None, title_justify="left", box=None, header_style="bold", pad_edge=False)
    names = [name for name in rows[0] if any(row[name] is not None for row in rows)] if rows else []
    if len(rows) == 1 and len(names) > _WIDE:
        table.add_column()
        table.add_column(justify="right")
        for name in names:
            table.add_row(name, _text(name, rows[0][name]))
        names = []
    for name in names:
        number = all(not isinstance(row[name], str) for row in rows)
        table.add_column(name, justify="right" if number else "left", no_wrap=number)
    for row in rows if names else ():
        table.add_row(*(_text(name, row[name]) for name in names))
    # Names come from files: "[b]" and ":x:" in them are no markup.
    console = partial(Console, highlight=False, markup=False, emoji=False)
    terminal = console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    # Numbers are never cut: where the terminal is too narrow for them it wraps the lines itself.
    least = terminal.measure(table, options=terminal.options.update(width=_WIDEST)).minimum
    console(width=max(terminal.width, least)).print(table, soft_wrap=least > terminal.width)


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        if "accuracy" in name or "agreement" in name:
            return f"{100 * value:.2f} %"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else one_line(str(value))
