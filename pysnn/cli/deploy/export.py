"""``pysnn export``: a network as one file that a program without Python runs."""

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pysnn.cli.options import check_choice
from pysnn.cli.outputs import NIR, PLAN, check_outputs
from pysnn.cli.show import show_rows
from pysnn.cli.streams import say_note

if TYPE_CHECKING:
    from pysnn.export.c_source import CSource

__all__ = ["export"]


def export(
    network: Annotated[Path, typer.Argument(metavar="NET.psnn", help="The network.")],
    out: Annotated[Path, typer.Option(metavar="NET.plan|NET.nir", help="Where to write it.")],
    precision: Annotated[str | None, typer.Option(metavar="float32|int8", help="The network's own by default.")] = None,
    most_at_once: Annotated[
        int, typer.Option(metavar="N", min=1, max=255, help="Spikes that one input takes in one step, at most.")
    ] = 1,
    units: Annotated[str, typer.Option(metavar="exact|power_of_two", help="Of int8 weights.")] = "exact",
    c: Annotated[Path | None, typer.Option("--c", metavar="DIR", help="Write a C array and its header too.")] = None,
    to: Annotated[
        str | None, typer.Option(metavar="LIBRARY", help="Of NIR: snntorch, spikingjelly, sinabs, norse, strict.")
    ] = None,
    dt: Annotated[float | None, typer.Option(metavar="SECONDS", help="Of NIR: seconds a step.")] = None,
    allow_loss: Annotated[
        bool, typer.Option("--allow-loss", help="Write NIR also where it has no word for a part of the network.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Export a network for pysnn-run: its plan, what its input means, and a run that proves the bits; or to NIR."""
    from pysnn.export import ExportOptions, export_network
    from pysnn.export.c_source import c_source
    from pysnn.files.aside import check_folder, write_aside
    from pysnn.files.first_spike import load_any
    from pysnn.files.settings import PRECISIONS
    from pysnn.plan.options import UNITS

    if precision is not None:
        check_choice("--precision", precision, PRECISIONS)
    check_choice("--units", units, UNITS)
    if out.suffix.lower() == ".nir":
        if precision is not None or c is not None:
            raise typer.BadParameter("--precision and --c are for a .plan, and this is NIR")
        _show(_export_nir(network, out, to, dt, allow_loss=allow_loss), as_json=as_json)
        return
    if to is not None or dt is not None or allow_loss:
        raise typer.BadParameter("--to, --dt and --allow-loss are for NIR, whose file ends with .nir")
    check_outputs({"--out": (out, PLAN)}, [network])
    if c is not None:
        check_folder(c)
    source = hashlib.sha256(network.read_bytes()).digest()
    options = ExportOptions(precision, most_at_once, units, source)  # type: ignore[arg-type]
    data = export_network(load_any(network), options)
    write_aside(out, lambda part: part.write_bytes(data))
    if c is not None:
        _write_c(c_source(data, out.stem), c)
    row: dict[str, Any] = {"file": str(out), "bytes": len(data), "sha256": data[32:64].hex()}
    _show(row, as_json=as_json)
    if as_json:
        return
    say_note(f"pysnn-run check '{out}' compares every bit where it is to run")


def _show(row: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(row))
    else:
        show_rows([row])


def _export_nir(network: Path, out: Path, to: str | None, dt: float | None, *, allow_loss: bool) -> dict[str, Any]:
    from pysnn.files.psnn import load
    from pysnn.importers.nir import PROFILES, save

    check_outputs({"--out": (out, NIR)}, [network])
    if to is None:
        raise typer.BadParameter(f"--to: expected in whose words NIR is written: {', '.join(PROFILES)}")
    saved = load(network)
    own = saved.settings.dt if to == "strict" else None
    save(out, saved.network, to, dt=own if dt is None else dt, allow_loss=allow_loss)
    return {"file": str(out), "bytes": out.stat().st_size}


def _write_c(source: "CSource", folder: Path) -> None:
    from pysnn.files.aside import make_folder, write_aside

    make_folder(folder)
    for ending, text in ((".h", source.header), (".c", source.source)):
        write_aside(folder / f"{source.name}{ending}", partial(Path.write_text, data=text, encoding="ascii"))
