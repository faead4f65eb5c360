"""``pysnn chips`` and ``pysnn estimate``: what a saved network would cost on chips."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pysnn.cli.deploy.plastic import PlasticSource, is_plastic, run_plastic
from pysnn.cli.errors import named
from pysnn.cli.outputs import PICTURE, TABLE, check_outputs
from pysnn.cli.show import show_rows, show_table
from pysnn.errors import DataError
from pysnn.tables import metadata, table_json, write_table

if TYPE_CHECKING:
    from pysnn.activity import Activity
    from pysnn.datasets.npz import Data
    from pysnn.files.first_spike import SavedFirstSpike
    from pysnn.files.saved import SavedNetwork
    from pysnn.hardware import Estimate
    from pysnn.plastic.activity import PlasticActivity

__all__ = ["chips", "estimate"]

_SHOWN = ("energy_total", "latency", "power")
_DOCUMENTS = (".md", ".tex")


def chips(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List the chips that an estimate knows."""
    from pysnn.hardware import chip_table

    show_table(chip_table(), metadata(), as_json=as_json)


def estimate(
    network: Annotated[
        Path, typer.Argument(metavar="NET.psnn|SPEC.toml", help="The network, or the run of a plastic one.")
    ],
    chips: Annotated[str, typer.Option(metavar="NAME[,NAME...]", help="Chips; 'pysnn chips' lists them.")],
    data: Annotated[
        str | None,
        typer.Option(metavar="FILE.npz", help="Data to count on, as in 'pysnn run'; none for a plastic one."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, metavar="T", help="Time-steps; the network's own by default.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take only the first samples.")] = None,
    weight_bits: Annotated[
        int | None, typer.Option(min=1, max=64, help="Bits of weights; the network's by default.")
    ] = None,
    delay_bits: Annotated[int | None, typer.Option(min=0, max=64, help="Bits of delays; none by default.")] = None,
    policy: Annotated[str, typer.Option(metavar="unrolled|shared", help="How Loihi keeps convolutions.")] = "unrolled",
    point: Annotated[
        list[str] | None, typer.Option(metavar="CHIP.NAME=VALUE", help="An operating point, such as odin.clock=1.3.")
    ] = None,
    backend: Annotated[str, typer.Option(metavar="NAME", help="auto, rust, numba or reference.")] = "auto",
    table: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the table: parquet, csv, json.")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write tables and methods: .md or .tex.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw energy by term and layer, and cores.")
    ] = None,
    dt: Annotated[float | None, typer.Option(metavar="S", help="Seconds a step of a plastic NET.psnn.")] = None,
    seconds: Annotated[float | None, typer.Option(metavar="S", help="How long to run a plastic NET.psnn.")] = None,
    frozen: Annotated[
        bool, typer.Option("--frozen", help="A plastic network does not learn: inference alone.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 where a chip cannot hold the network.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Estimate cores, energy, latency and power of a saved network on chips, beside ANNs of the same shape."""
    from pysnn.hardware import estimate as make_estimate

    names = _chip_names(chips)
    points = _points(point or [], names)
    if policy not in ("unrolled", "shared"):
        raise typer.BadParameter(f"--policy: expected unrolled or shared, got '{policy}'")
    outputs = {"--table": (table, TABLE), "--report": (report, _DOCUMENTS), "--plot": (plot, PICTURE)}
    subject: Any
    activity: Activity | PlasticActivity
    if data is None and is_plastic(network):
        check_outputs(outputs, [network])
        if steps is not None or limit is not None:
            raise typer.BadParameter("--steps, --limit: a plastic run has its own steps and no samples; leave them out")
        subject, result, about = run_plastic(PlasticSource(network, dt, seconds, frozen, backend))
        activity, done = result.activity, None
    else:
        if dt is not None or seconds is not None or frozen:
            raise typer.BadParameter("--dt, --seconds, --frozen: they are for plastic networks, which take no --data")
        subject, activity, done, about = _on_data(network, data, (steps, limit), outputs, backend)
    found = make_estimate(
        subject,
        activity,
        chips=names,
        steps=done,
        weight_bits=weight_bits,
        delay_bits=delay_bits,
        policy=policy,
        points=points,
    )
    meta = {**found.meta, "network": str(network), **about, "backend": backend}
    drawn = f"{network.name} on {about['data']}" if "data" in about else network.name
    _write(found, meta, (table, report, plot), drawn)
    if as_json:
        typer.echo(json.dumps(_as_json(found, meta)))
    else:
        _show(found, network.name)
    if strict and not found.violations.is_empty():
        raise typer.Exit(1)


def _on_data(
    path: Path, data: str | None, taken: tuple[int | None, int | None], outputs: dict[str, Any], backend: str
) -> tuple[Any, "Activity", int | None, dict[str, Any]]:
    """Run a saved network on data; return it, its counts, the time-steps of a sample, and what is said of the data."""
    from pysnn.datasets.source import parse_source
    from pysnn.files.first_spike import load_any

    if data is None:
        raise typer.BadParameter("--data: expected data to count on, got none")
    source = parse_source(data)
    check_outputs(outputs, [path, source.path])
    saved = load_any(path)
    spikes = getattr(getattr(saved, "settings", None), "coding", "") == "spikes"
    given = source.load(taken[1], axis=1 if spikes else 0)
    with named(f"data '{data}'"):
        activity, done = _activity(saved, given, taken[0], backend)
    return saved.network, activity, done, {"data": data, "data_sha256": given.digest}


def _chip_names(chips: str) -> list[str]:
    """Return the names of an option, each of them known."""
    from pysnn.hardware import load_chip

    names = [name.strip() for name in chips.split(",") if name.strip()]
    if not names:
        raise typer.BadParameter("--chips: expected names of chips with commas between, got none")
    try:
        return [load_chip(name).name for name in names]
    except DataError as error:
        raise typer.BadParameter(f"--chips: {error}") from error


def _points(given: list[str], names: list[str]) -> dict[str, dict[str, float]]:
    """Return operating points by chip from ``odin.clock=1.3``."""
    from pysnn.hardware import load_chip
    from pysnn.hardware.case import check_points

    found: dict[str, dict[str, float]] = {}
    for text in given:
        name, _, value = text.partition("=")
        chip, _, point = name.partition(".")
        if chip not in names:
            raise typer.BadParameter(
                f"--point: expected CHIP.NAME=VALUE with a chip of {', '.join(names)}, got '{text}'"
            )
        try:
            found.setdefault(chip, {})[point] = float(value)
            check_points(load_chip(chip), found[chip])
        except ValueError as error:
            reason = error if isinstance(error, DataError) else f"expected a number behind '=', got '{text}'"
            raise typer.BadParameter(f"--point: {reason}") from error
    return found


def _activity(
    saved: "SavedNetwork | SavedFirstSpike", given: "Data", steps: int | None, backend: str
) -> tuple["Activity", int | None]:
    """Run a saved network on data and return its counts, and the time-steps of a sample."""
    from pysnn.files.first_spike import SavedFirstSpike
    from pysnn.first_spike import evaluate
    from pysnn.plan.windows import window_of
    from pysnn.simulation.simulator import Simulator

    if isinstance(saved, SavedFirstSpike):
        activity = evaluate(saved.network, given.x, given.y, backend=backend).activity
        assert activity is not None
        return activity, steps
    settings = saved.settings
    window = window_of(saved.network)
    if window is not None and steps is not None:
        raise typer.BadParameter(f"--steps: the network's neurons have windows of {window} steps; leave it out")
    done = steps or settings.steps
    if done is None and window is None:
        raise typer.BadParameter(
            "--steps: the network does not say for how many time-steps it is meant; give --steps T"
        )
    simulator = Simulator(
        saved.network,
        precision=settings.precision,
        backend=backend,
        coding=settings.coding,
        dt=settings.dt,
        seed=settings.seed,
        keep_state=False,
    )
    return simulator.run(given.x, steps=done).activity, done


def _as_json(found: "Estimate", meta: dict[str, Any]) -> dict[str, Any]:
    parts = {"mapping": found.mapping, "violations": found.violations}
    more = {name: table_json(frame)["rows"] for name, frame in parts.items()}
    return {**table_json(found.table, meta), **more}


def _write(
    found: "Estimate", meta: dict[str, Any], files: tuple[Path | None, Path | None, Path | None], name: str
) -> None:
    table, report, plot = files
    if table is not None:
        write_table(found.table, table, meta)
    if report is not None:
        from pysnn.hardware.report import write_report

        write_report(found, report)
    if plot is not None:
        from pysnn.plot import save_estimate

        save_estimate(plot, found, name=name)


def _show(found: "Estimate", title: str) -> None:
    table = found.table
    wide = table.filter((table["layer"] == "") & table["term"].is_in(_SHOWN))
    shown = ["network", "chip", "term", "low", "value", "high", "unit", "scope", "grade"]
    run = f"{found.meta['samples']} samples, T = {found.meta['steps']}"
    if "seconds" in found.meta:
        run = f"a run of {found.meta['seconds']:g} s, {found.meta['steps']} steps"
    show_rows(wide.select(shown).to_dicts(), f"{title}, {run}")
    for name, frame in (("Cores", found.mapping), ("What does not fit", found.violations)):
        if not frame.is_empty():
            typer.echo()
            show_rows(frame.to_dicts(), name)
    typer.echo()
    for sentence in found.verdicts:
        typer.echo(sentence)
