"""``pysnn run``: a saved network on data, one row a number of steps."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pysnn.cli.errors import named
from pysnn.cli.options import MOST_THREADS, parse_steps
from pysnn.cli.outputs import ARRAYS, TABLE, check_outputs
from pysnn.cli.run_first_spike import run_first_spike
from pysnn.cli.show import show_table
from pysnn.cli.streams import say, say_note
from pysnn.errors import DataError
from pysnn.tables import metadata

if TYPE_CHECKING:
    from pysnn.files.saved import SavedNetwork
    from pysnn.progress import Progress
    from pysnn.simulation.result import Result
    from pysnn.simulation.simulator import Simulator

__all__ = ["run"]

_MEASURED = (
    "each number of steps was measured once, a few times where a run takes under 0.2 s; --no-timing runs once for all"
)
_NOT_MEASURED = "of the one run to the largest number of steps"


def run(
    network: Annotated[Path, typer.Argument(metavar="NET.psnn", help="The network.")],
    data: Annotated[
        str,
        typer.Option(
            metavar="FILE.npz",
            help="Data: an .npz with 'x', and labels 'y' if there are any; idx:DIR:test, cifar10:DIR:test, digits:test, events:PATH:FORM, such as 10ms,34x34,crop28x28+3+3,pool2.",
        ),
    ],
    steps: Annotated[
        str | None, typer.Option(metavar="T[,T...]", help="Numbers of time-steps; the network's own by default.")
    ] = None,
    precision: Annotated[str | None, typer.Option(metavar="float32|int8", help="The network's own by default.")] = None,
    first_layer: Annotated[
        str | None,
        typer.Option(
            metavar="float32|int8", help="Arithmetic of the first layer of int8 networks; the network's own by default."
        ),
    ] = None,
    backend: Annotated[str, typer.Option(metavar="NAME", help="auto, rust, numba or reference.")] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, max=MOST_THREADS, help="Threads; as many as there are by default.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Samples given to the backend at a time.")] = 256,
    limit: Annotated[int | None, typer.Option(min=1, help="Take only the first samples.")] = None,
    timing: Annotated[
        bool,
        typer.Option(
            "--timing/--no-timing",
            help="Run each number of steps by itself for its time, once, or a few times where that is short.",
        ),
    ] = True,
    profile: Annotated[
        bool, typer.Option("--profile", help="Show where the time goes, by layer and stage; one thread by default.")
    ] = False,
    two_pass: Annotated[
        str | None,
        typer.Option(
            metavar="METHOD",
            help="Run --lead steps first, and T from what they leave: residual, offset or offset-by-layer.",
        ),
    ] = None,
    lead: Annotated[int | None, typer.Option(min=1, help="Number of steps of the first pass of --two-pass.")] = None,
    predictions: Annotated[Path | None, typer.Option(metavar="OUT.npz", help="Write labels, scores, steps.")] = None,
    table: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the table: parquet, csv, json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run a saved network on data: accuracy, operations and time, for each number of steps."""
    from pysnn.backends import get_backend
    from pysnn.datasets.npz import save_arrays
    from pysnn.datasets.source import parse_source
    from pysnn.files.first_spike import SavedFirstSpike, load_any
    from pysnn.progress import Progress
    from pysnn.simulation.simulator import Simulator

    passes = _two_passes(two_pass, lead, profile=profile)
    wanted = None if steps is None else parse_steps(steps)
    source = parse_source(data)
    check_outputs({"--predictions": (predictions, ARRAYS), "--table": (table, TABLE)}, [network, source.path])
    saved = load_any(network)
    by_step = not isinstance(saved, SavedFirstSpike) and saved.settings.coding in ("spikes", "frames")
    given = source.load(limit, axis=1 if by_step else 0)
    if isinstance(saved, SavedFirstSpike):
        if profile or passes is not None:
            raise typer.BadParameter("--profile, --two-pass: a first-spike network has no stages and no firing rates")
        if wanted is not None or precision not in (None, "float32"):
            raise typer.BadParameter("a first-spike network has its own number of steps and runs in float32")
        with named(f"data '{data}'"):
            found = run_first_spike(saved.network, given, backend, threads, predictions)
        engine = get_backend(backend).first_spike(saved.network.plan)
        meta = metadata(backend=engine.name, network=str(network), data=data, data_sha256=given.digest)
        show_table(found, meta, as_json=as_json, title=f"{network.name}, first spikes", file=table)
        return
    wanted = _checked_steps(saved, wanted, network)
    x, coding = _coded(given.x, saved.settings.coding, max(wanted))
    simulator = Simulator(
        saved.network,
        precision=precision or saved.settings.precision,  # type: ignore[arg-type]
        first_layer=_first_layer(saved, precision, first_layer),  # type: ignore[arg-type]
        backend=backend,
        coding=coding,  # type: ignore[arg-type]
        dt=saved.settings.dt,
        seed=saved.settings.seed,
        threads=threads or (1 if profile else None),
        batch_size=batch_size,
        keep_state=False,
        profile=profile,
    )
    ann = _ann_accuracy(saved.provenance, given.digest) if limit is None else None
    with named(f"data '{data}'"), Progress("run") as progress:
        times, result = _run(simulator, x, wanted, given.y, progress, timing=timing and not profile, passes=passes)
    if not profile:
        say_note(f"ms_per_sample: {_MEASURED if timing and passes is None else _NOT_MEASURED}")
    meta = {**result.meta, "network": str(network), "data": data, "data_sha256": given.digest}
    if predictions is not None:
        save_arrays(predictions, labels=result.predictions, scores=result.scores, steps=list(result.steps))
    if profile:
        show_table(result.profile, meta, as_json=as_json, title=f"{network.name} on {result.backend}", file=table)
        return
    show_table(result.table(ann, times), meta, as_json=as_json, title=f"{network.name} on {result.backend}", file=table)


def _two_passes(method: str | None, lead: int | None, *, profile: bool) -> dict[str, Any] | None:
    """Return method and lead of two passes, or ``None``; options that do not go together are refused."""
    if (method is None) != (lead is None):
        raise typer.BadParameter("--two-pass METHOD and --lead STEPS go together: give both, or neither")
    if method is not None and profile:
        raise typer.BadParameter("--profile: two passes are not measured by stage; leave one of them out")
    return None if method is None else {"method": method, "lead": lead}


def _run(
    simulator: "Simulator",
    x: Any,
    steps: list[int],
    labels: Any,
    progress: "Progress",
    *,
    timing: bool,
    passes: dict[str, Any] | None,
) -> "tuple[list[float | None] | None, Result]":
    """Run once, in two passes, or several times for the times of each number of steps."""
    from pysnn.simulation.measure import measure
    from pysnn.simulation.two_pass import run_two_pass

    if passes is None:
        if timing:
            return measure(simulator, x, steps, labels=labels, progress=progress)
        return None, simulator.run(x, steps=steps, labels=labels, progress=progress)
    own = vars(simulator.options)
    if own["coding"] != "constant":
        raise DataError(f"two passes: expected a network whose coding is 'constant', got '{own['coding']}'")
    kept = {name: own[name] for name in ("precision", "first_layer", "backend", "dt", "threads", "batch_size")}
    result = run_two_pass(simulator.network, x, steps=steps, labels=labels, progress=progress, **passes, **kept)
    say_note(f"steps are those of both passes, {passes['lead']} + T, and so are all counts")
    return None, result


def _first_layer(saved: "SavedNetwork", precision: str | None, wanted: str | None) -> str:
    """Return the arithmetic of the first layer: the file's where nothing else is said and the precision is the file's too."""
    return wanted or (saved.settings.first_layer if precision in (None, "int8") else "float32")


def _coded(x: Any, coding: str, steps: int) -> tuple[Any, str]:
    """Return data and their coding; events behind the last step of a run are left out, and said."""
    from pysnn.encode import Events

    if not isinstance(x, Events):
        return x, coding
    if coding not in ("spikes", "events"):
        raise DataError(f"the network takes coding '{coding}', and the data are events")
    kept = x.until(steps)
    if len(kept.step) < len(x.step):
        say(f"{len(x.step) - len(kept.step)} of {len(x.step)} events lie behind step {steps} and are left out")
    return kept, "events"


def _checked_steps(saved: "SavedNetwork", wanted: list[int] | None, file: Path) -> list[int]:
    """Return the numbers of steps of a run: those asked for, or the network's own; one for neurons with windows."""
    from pysnn.plan.windows import window_of

    window = window_of(saved.network)
    if window is None:
        return wanted or _own_steps(saved, file)
    if wanted not in (None, [1]):
        raise typer.BadParameter(
            f"--steps: the network's neurons have windows of {window} steps, and it runs in one pass; leave it out"
        )
    return [1]


def _own_steps(saved: "SavedNetwork", file: Path) -> list[int]:
    """Return the number of steps that a network is meant for."""
    if saved.settings.steps is None:
        raise typer.BadParameter(f"--steps: '{file}' does not say for how many time-steps it is meant; give --steps T")
    say_note(f"T = {saved.settings.steps}, which '{file}' is meant for; --steps takes others")
    return [saved.settings.steps]


def _ann_accuracy(provenance: Mapping[str, Any], digest: str) -> float | None:
    """Return the accuracy of the original network, if the file knows it for these very data."""
    known = provenance.get("ann_accuracy")
    return known if isinstance(known, float) and provenance.get("ann_accuracy_data") == digest else None
