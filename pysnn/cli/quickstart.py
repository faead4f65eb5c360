"""``pysnn quickstart``: a converted network and a trained one on real digits, in seconds."""

import json
from pathlib import Path
from typing import Annotated

import typer

from pysnn.cli.errors import interruptible
from pysnn.cli.show import show_rows
from pysnn.cli.streams import say_note
from pysnn.tables import table_json

__all__ = ["quickstart"]

_SHOWN_STEPS = 8


def quickstart(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to write the results.")] = Path("pysnn-quickstart"),
    backend: Annotated[str, typer.Option(metavar="NAME", help="auto, rust, numba or reference.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Convert a small network that ships with pysnn, train another on spike times, run both on real digits, write tables and plots."""
    from pysnn.quickstart import quickstart as run_quickstart

    with interruptible(lambda: f"'{out}' has what was written until now; the same command starts again"):
        result = run_quickstart(out, backend)
    if as_json:
        typer.echo(json.dumps(table_json(result.table, result.meta)))
    else:
        show_rows(result.table.to_dicts(), f"{result.table['samples'][0]} held-out digits, {result.meta['backend']}")
        typer.echo()
        few = result.errors.filter(result.errors["steps"] == _SHOWN_STEPS)
        columns = ["layer", "threshold", "e_p", "e_c", "e_q", "e_d", "sigma_per_threshold", "saturated", "silent"]
        show_rows(few.select(columns).to_dicts(), f"What each layer lost at T = {_SHOWN_STEPS} (root mean square)")
        typer.echo()
        shown = ["accuracy", "silent", "ties", "decision_time_mean", "spikes_per_neuron_decision"]
        shown += ["additions_decision", "additions_end", "dense_macs"]
        show_rows(
            result.first_spike.select(shown).to_dicts(), "A network trained on single spike times, the same digits"
        )
        typer.echo()
        costs = result.estimate.table
        totals = costs.filter((costs["layer"] == "") & (costs["term"] == "energy_total"))
        columns = ["network", "chip", "low", "value", "high", "unit", "scope", "grade"]
        title = f"Energy a sample on two chips at T = {_SHOWN_STEPS}, and of ANNs of the same shape"
        show_rows(totals.select(columns).to_dicts(), title)
        typer.echo()
        for kind, path in result.files.items():
            typer.echo(f"{kind}: {path}")
        typer.echo("Networks whose weights change while they run: pysnn stdp run SPEC.toml (docs/stdp.md)")
    for note in result.notes:
        say_note(note)
