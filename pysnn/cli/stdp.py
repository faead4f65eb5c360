"""``pysnn stdp``: runs of plastic networks, and the rules that there are."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pysnn.cli.errors import reported
from pysnn.cli.options import MOST_THREADS
from pysnn.cli.outputs import NETWORK, TABLE, check_outputs
from pysnn.cli.show import show_rows
from pysnn.errors import DataError
from pysnn.plastic.rules import PLASTICITY
from pysnn.tables import metadata, table_json, write_table

if TYPE_CHECKING:
    from pysnn.plastic.network import PlasticNetwork
    from pysnn.plastic.result import PlasticResult
    from pysnn.plastic.spec import PlasticSpec
    from pysnn.plastic.state import PlasticState

__all__ = ["stdp"]

stdp = typer.Typer(name="stdp", help="Run plastic networks: spike-timing-dependent plasticity.", no_args_is_help=True)

Table = Annotated[Path | None, typer.Option(help="Write this table (.parquet, .csv, .json); the spec has to watch it.")]


def run(
    spec: Annotated[Path, typer.Argument(metavar="SPEC.toml", help="The network and the run: docs/stdp.md.")],
    backend: Annotated[str, typer.Option(help="auto, rust, numba or reference.")] = "auto",
    store: Annotated[str, typer.Option(help="auto, eager (14 bytes a synapse) or lazy (6).")] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, max=MOST_THREADS, help="Threads; results do not depend on them.")
    ] = None,
    frozen: Annotated[bool, typer.Option("--frozen", help="Weights and thresholds do not change.")] = False,
    spikes: Table = None,
    rates: Table = None,
    weights: Table = None,
    save: Annotated[Path | None, typer.Option(help="Write the network with its state (.psnn).")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw what the spec watches, and the weights (.png).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run a plastic network and show its counts."""
    from pysnn.plastic.simulator import PlasticSimulator
    from pysnn.plastic.spec import load_plastic_spec
    from pysnn.progress import Progress

    outputs = {"--spikes": spikes, "--rates": rates, "--weights": weights}
    check_outputs(
        {
            **{name: (path, TABLE) for name, path in outputs.items()},
            "--save": (save, NETWORK),
            "--plot": (plot, (".png",)),
        },
        [spec],
    )
    found = load_plastic_spec(spec)
    network, state = _network(found)
    simulator = PlasticSimulator(network, dt=found.dt, seed=found.seed, backend=backend, store=store, threads=threads)
    with Progress("steps") as progress:
        result = simulator.run(
            found.seconds,
            state=state,
            learn=not frozen,
            watch=found.watch,
            rewards=found.rewards,
            progress=progress,
            keep_state=save is not None or plot is not None,
        )
    meta = metadata(
        backend=result.backend, dt=found.dt, seconds=found.seconds, seed=found.seed, wall_seconds=result.seconds
    )
    for option, path in outputs.items():
        if path is not None:
            _write(result, option, path, meta)
    if plot is not None:
        from pysnn.plot import save_plastic_run

        save_plastic_run(plot, result, name=spec.name)
    if save is not None:
        from pysnn.files.plastic import save as save_plastic

        save_plastic(save, network, state=result.state)
    counts = table_json(result.tables["plastic_counts"], meta)
    if as_json:
        typer.echo(json.dumps(counts))
        return
    show_rows(counts["rows"])
    typer.echo(f"{found.seconds} s in {result.seconds:.3g} s on {result.backend}")


def rules(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List the rules of plasticity."""
    rows = [
        {"name": name, "title": rule.title, "source": rule.source, "needs": ""} for name, rule in PLASTICITY.items()
    ]
    if as_json:
        typer.echo(json.dumps({"rows": rows, "meta": metadata()}))
        return
    show_rows(rows)


def _network(spec: "PlasticSpec") -> tuple["PlasticNetwork", "PlasticState | None"]:
    if not isinstance(spec.network, Path):
        return spec.network, None
    from pysnn.files.plastic import load

    saved = load(spec.network)
    return saved.network, saved.state


def _write(result: "PlasticResult", option: str, path: Path, meta: dict[str, object]) -> None:
    table = result.tables.get(f"plastic_{option[2:]}")
    if table is None:
        raise DataError(f"{option}: the spec watches no {option[2:]}: expected them in its table [watch]")
    write_table(table, path, meta)


for command in (run, rules):
    stdp.command(command.__name__)(reported(command, f"stdp {command.__name__}"))
