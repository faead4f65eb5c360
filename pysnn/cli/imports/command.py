"""``pysnn import``: a network of another library in, a ``.psnn`` file out."""

import json
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pysnn.cli.imports.nir import import_nir
from pysnn.cli.options import check_choice
from pysnn.cli.outputs import NETWORK, check_outputs
from pysnn.cli.show import show_rows
from pysnn.cli.streams import say

if TYPE_CHECKING:
    from pysnn.files.saved import SavedNetwork

__all__ = ["import_network"]


def import_network(
    source: Annotated[str, typer.Argument(metavar="NET.nir", help="What to import.")],
    profile: Annotated[
        str,
        typer.Option(
            "--from", metavar="LIBRARY", help="snntorch, spikingjelly, sinabs, norse; strict: NIR's own equations."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="NET.psnn", help="Where to save the network.")],
    coding: Annotated[str, typer.Option(metavar="spikes|frames|constant", help="What enters it.")] = "spikes",
    steps: Annotated[int | None, typer.Option(min=1, metavar="T", help="Time-steps that it is meant for.")] = None,
    readout: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="count, potential, first_spike or mean_current; by the last node."),
    ] = None,
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
    """Import a spiking network that another library wrote: it gives that library's spikes."""
    from pysnn.files.psnn import save
    from pysnn.files.settings import Settings
    from pysnn.nodes.output import READOUTS

    check_choice("--coding", coding, ("spikes", "frames", "constant"))
    if readout is not None:
        check_choice("--readout", readout, READOUTS)
    path = Path(source)
    check_outputs({"--out": (out, NETWORK)}, [path])
    options = {
        "dt": dt,
        "reset": reset,
        "reset_delay": reset_delay,
        "max_spikes": max_spikes,
        "norm_input": norm_input,
        "floor": floor,
    }
    found = import_nir(path, profile, options, Settings(steps=steps, coding=coding), readout)  # type: ignore[arg-type]
    for note in found.notes:
        say(note)
    save(out, found.saved.network, settings=found.saved.settings, provenance=found.saved.provenance)
    _show(found.saved, out, as_json=as_json)


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
