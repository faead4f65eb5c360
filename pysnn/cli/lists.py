"""``pysnn methods``, ``corrections`` and ``neurons``: what there is."""

from collections.abc import Iterable
from typing import Annotated

import typer

from pysnn.cli.show import show_table
from pysnn.convert import CORRECTIONS, METHODS
from pysnn.neurons import NEURONS
from pysnn.tables import make_table, metadata

__all__ = ["corrections", "methods", "neurons"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def methods(as_json: Json = False) -> None:
    """List the conversion methods."""
    _show(((name, e.title, e.source, e.needs) for name, e in METHODS.items()), as_json=as_json)


def corrections(as_json: Json = False) -> None:
    """List what can be calibrated on top of any method."""
    _show(((name, e.title, e.source, e.needs) for name, e in CORRECTIONS.items()), as_json=as_json)


def neurons(as_json: Json = False) -> None:
    """List the neurons."""
    _show(((name, e.title, e.source, e.needs) for name, e in NEURONS.items()), as_json=as_json)


def _show(entries: Iterable[tuple[str, str, str, str]], *, as_json: bool) -> None:
    rows = [dict(zip(("name", "title", "source", "needs"), entry, strict=True)) for entry in entries]
    show_table(make_table("list", rows), metadata(), as_json=as_json)
