"""``pysnn export``: a network as one file that programs without Python run."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from pysnn.cli.options import check_choice
from pysnn.cli.outputs import PLAN, check_outputs
from pysnn.cli.show import show_rows

__all__ = ["export"]


def export(
    network: Annotated[Path, typer.Argument(metavar="NET.psnn", help="The network.")],
    out: Annotated[Path, typer.Option(metavar="NET.plan", help="Where to write it.")],
    precision: Annotated[str | None, typer.Option(metavar="float32|int8", help="The network's own by default.")] = None,
    most_at_once: Annotated[
        int, typer.Option(min=1, max=255, metavar="N", help="Events that one input takes in a step, at most.")
    ] = 1,
    c: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write it as a C array and a header too, for flash memory.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Export a network for programs without Python: its plan, what its input means, and a run that proves the bits."""
