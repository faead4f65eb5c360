"""``pysnn import``: a network of another library in, a ``.psnn`` file out."""

import json
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pysnn.cli.imports.module import import_script
from pysnn.cli.imports.nir import Meant, import_nir
from pysnn.cli.options import check_choice
from pysnn.cli.outputs import NETWORK, check_outputs
from pysnn.cli.show import show_rows
from pysnn.cli.streams import say_note

if TYPE_CHECKING:
    from pysnn.files.saved import SavedNetwork

__all__ = ["import_network"]


def import_network(
    source: Annotated[str, typer.Argument(metavar="NET.nir|FILE.py:FUNCTION", help="What to import.")],
    out: Annotated[Path, typer.Option(metavar="NET.psnn", help="Where to save the network.")],
    profile: Annotated[
        str | None,
        typer.Option("--from", metavar="LIBRARY", help="Of NIR: snntorch, spikingjelly, sinabs, norse, strict."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="FILE.npz", help="Of a module: data to compare with its library on.")
    ] = None,
    coding: Annotated[
        str | None, typer.Option(metavar="constant|frames|spikes", help="What enters it; of NIR spikes by default.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, metavar="T", help="Time-steps that it is meant for.")] = None,
    readout: Annotated[
        str | None, typer.Option(metavar="NAME", help="count, potential, first_spike, mean_current, population:N.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take only the first samples of the data.")] = None,
    allow_differences: Annotated[
        bool, typer.Option("--allow-differences", help="Import a module also where spikes differ from its library's.")
    ] = False,
    dt: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Seconds a step; of the library's writer by default.")
    ] = None,
    reset: Annotated[
        str | None, typer.Option(metavar="subtract|value|none", help="What a spike does to the potential.")
    ] = None,
    reset_delay: Annotated[
        bool | None, typer.Option("--reset-delay/--no-reset-delay", help="snnTorch's reset_delay.")
    ] = None,
    max_spikes: Annotated[
        int | None, typer.Option(min=1, max=255, help="sinabs: spikes of a neuron in a step.")
    ] = None,
    norm_input: Annotated[bool | None, typer.Option("--norm-input/--no-norm-input", help="sinabs' norm_input.")] = None,
    floor: Annotated[float | None, typer.Option(metavar="V", help="sinabs' min_v_mem.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import a spiking network that another library trained: from NIR, or from the module itself (runs that file's code)."""
    from pysnn.files.psnn import save
    from pysnn.importers.spiking.script import parse_place

    if coding is not None:
        check_choice("--coding", coding, ("constant", "frames", "spikes"))
    place = parse_place(source)
    path = Path(source) if place is None else place[0]
    check_outputs({"--out": (out, NETWORK)}, [path])
    said = {
        "dt": dt,
        "reset": reset,
        "reset_delay": reset_delay,
        "max_spikes": max_spikes,
        "norm_input": norm_input,
        "floor": floor,
    }
    request = {"steps": steps, "coding": coding, "readout": readout, "allow_differences": allow_differences}
    if place is None:
        _check_given(
            "a module, and this is a NIR file", data=data, limit=limit, allow_differences=allow_differences or None
        )
        found = import_nir(path, profile, said, Meant(steps, coding or "spikes", readout))
    else:
        _check_given("a NIR file, and this is a module", **{"from": profile}, **said)
        found = import_script(place, data, request, limit)
    for note in found.notes:
        say_note(note)
    saved = found.saved
    save(out, saved.network, settings=saved.settings, provenance=saved.provenance, golden=saved.golden)
    _show(saved, out, as_json=as_json)


def _check_given(what: str, **options: Any) -> None:
    """Refuse options that are given, and belong to another kind of import."""
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value is not None]
    if given:
        raise typer.BadParameter(f"{given[0]} is for {what}")


def _show(saved: "SavedNetwork", out: Path, *, as_json: bool) -> None:
    network = saved.network
    row: dict[str, Any] = {
        "file": str(out),
        "source": saved.provenance["import.kind"],
        "neurons": sum(prod(network.shapes[name]) for name in network.neurons),
        "parameters": network.parameters,
        "dt": saved.settings.dt,
    }
    if as_json:
        typer.echo(json.dumps(row))
    else:
        show_rows([row])
