"""``pysnn report``: one page about a network, or a sweep."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pysnn.cli.errors import named
from pysnn.cli.options import parse_steps
from pysnn.cli.outputs import PAGE, check_outputs
from pysnn.cli.streams import say_note
from pysnn.errors import DataError
from pysnn.sweep.folder import SweepFolder

if TYPE_CHECKING:
    from pysnn.report import Section

__all__ = ["report"]


def report(
    network: Annotated[Path, typer.Argument(metavar="NET.psnn|DIR", help="The network, or a sweep's folder.")],
    out: Annotated[Path, typer.Option(metavar="FILE.html", help="Where to write the page.")],
    data: Annotated[str | None, typer.Option(metavar="FILE.npz", help="Data for a network, as in 'pysnn run'.")] = None,
    steps: Annotated[
        str | None, typer.Option(metavar="T[,T...]", help="Numbers of time-steps; the network's own by default.")
    ] = None,
    chips: Annotated[str, typer.Option(metavar="NAME[,NAME...]", help="Chips; 'pysnn chips' lists them.")] = "",
    sample: Annotated[int, typer.Option(min=0, help="Whose spikes to show.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Take only the first samples.")] = None,
    backend: Annotated[str, typer.Option(metavar="NAME", help="auto, rust, numba or reference.")] = "auto",
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN[,-COLUMN]", help="Of a sweep: what is best, as in 'pysnn sweep best'.")
    ] = None,
) -> None:
    """Write one page about a network (accuracy, layers, errors, confusion, spikes, cost) or a sweep; HTML that loads nothing."""
    if network.is_dir():
        SweepFolder(network).plan()
        foreign = {"--data": data, "--steps": steps, "--chips": chips, "--sample": sample, "--limit": limit}
        _refuse(foreign, "a sweep has its rows already")
        _report_sweep(network, out, by)
        return
    _refuse({"--by": by}, "only the rows of a sweep are ordered")
    if data is None:
        raise typer.BadParameter("--data: a network's report needs data")
    from pysnn.datasets.source import parse_source
    from pysnn.files.first_spike import load_any
    from pysnn.hardware import load_chip
    from pysnn.report import ReportOptions, network_report

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
    _write(out, network.name, sections)


def _report_sweep(folder: Path, out: Path, by: str | None) -> None:
    from pysnn.report import sweep_report

    check_outputs({"--out": (out, PAGE)}, [])
    order = [name.strip() for name in by.split(",")] if by else []
    _write(out, folder.resolve().name, sweep_report(folder, order))


def _write(out: Path, title: str, sections: "Sequence[Section]") -> None:
    from pysnn.report import write_report
    from pysnn.report.page import has_charts

    write_report(out, title, sections)
    if not has_charts():
        say_note("the page has tables alone; charts need: pip install 'pysnn[report]'")
    typer.echo(str(out))


def _refuse(options: Mapping[str, object], reason: str) -> None:
    """Refuse options that have no meaning here."""
    for name, value in options.items():
        if value:
            raise typer.BadParameter(f"{name}: {reason}, so this has no meaning here")
