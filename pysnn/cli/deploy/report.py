"""``pysnn report``: one page about a network."""

from pathlib import Path
from typing import Annotated

import typer

from pysnn.cli.errors import named
from pysnn.cli.options import parse_steps
from pysnn.cli.outputs import PAGE, check_outputs
from pysnn.cli.streams import say_note
from pysnn.errors import DataError

__all__ = ["report"]


def report(
    network: Annotated[Path, typer.Argument(metavar="NET.psnn", help="The network.")],
    data: Annotated[str, typer.Option(metavar="FILE.npz", help="Data, as in 'pysnn run'.")],
    out: Annotated[Path, typer.Option(metavar="FILE.html", help="Where to write the page.")],
    steps: Annotated[
        str | None, typer.Option(metavar="T[,T...]", help="Numbers of time-steps; the network's own by default.")
    ] = None,
    chips: Annotated[str, typer.Option(metavar="NAME[,NAME...]", help="Chips; 'pysnn chips' lists them.")] = "",
    sample: Annotated[int, typer.Option(min=0, help="Whose spikes to show.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Take only the first samples.")] = None,
    backend: Annotated[str, typer.Option(metavar="NAME", help="auto, rust, numba or reference.")] = "auto",
) -> None:
    """Write one page about a network: accuracy, layers, errors, confusion, spikes, cost; HTML that loads nothing."""
    from pysnn.datasets.source import parse_source
    from pysnn.files.first_spike import load_any
    from pysnn.hardware import load_chip
    from pysnn.report import ReportOptions, network_report, write_report
    from pysnn.report.page import has_charts

    source = parse_source(data)
    check_outputs({"--out": (out, PAGE)}, [network, source.path])
    wanted = [] if steps is None else parse_steps(steps)
    try:
        names = [load_chip(name.strip()).name for name in chips.split(",") if name.strip()]
    except DataError as error:
        raise typer.BadParameter(f"--chips: {error}") from error
    saved = load_any(network)
    by_step = getattr(getattr(saved, "settings", None), "coding", "") in ("spikes", "frames")
    given = source.load(limit, axis=1 if by_step else 0)
    with named(f"data '{data}'"):
        sections = network_report(saved, given, ReportOptions(wanted, names, sample, backend))
    write_report(out, network.name, sections)
    if not has_charts():
        say_note("the page has tables alone; charts need: pip install 'pysnn[report]'")
    typer.echo(str(out))
