"""``pysnn train stdbp`` and ``sstdp``: a first-spike network learns, and is saved; one row an epoch."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pysnn.cli.errors import interruptible
from pysnn.cli.options import LARGEST_SEED, MOST_SAMPLES, MOST_THREADS, kept_by_training
from pysnn.cli.outputs import CHECKPOINT, NETWORK, TABLE, check_outputs
from pysnn.cli.show import show_table
from pysnn.cli.streams import say
from pysnn.errors import DataError
from pysnn.tables import metadata

if TYPE_CHECKING:
    from pysnn.datasets.npz import Data
    from pysnn.first_spike import FirstSpikeNetwork
    from pysnn.first_spike.learn import LearningRule, Trained

__all__ = ["sstdp", "stdbp"]

_GOLDEN_SAMPLES = 4
_IMAGE_DIMENSIONS = 3

DataOption = Annotated[
    str,
    typer.Option(
        metavar="SOURCE", help="digits, idx:DIR, cifar10:DIR, cifar100:DIR, npz:FILE or folder:DIR:SIZE, with labels."
    ),
]
Out = Annotated[Path, typer.Option(metavar="NET.psnn", help="Where to save the network.")]
Hidden = Annotated[str, typer.Option(metavar="LAYERS", help="800, or 16C5-P2-32C5-P2-800: channels C kernel, P pool.")]
Epochs = Annotated[int, typer.Option(min=1, max=MOST_SAMPLES, help="Passes over the data.")]
BatchSize = Annotated[
    int | None,
    typer.Option(min=1, max=MOST_SAMPLES, help="Samples a step; by default a hundredth of the data, 16 to 128."),
]
Rate = Annotated[float, typer.Option(help="First learning rate, of Adam.")]
Decay = Annotated[float, typer.Option(help="Weight decay.")]
Augment = Annotated[
    str, typer.Option(metavar="shift=2,rotate=10", help="Distort images: shift, rotate, scale, elastic, smooth.")
]
Validation = Annotated[
    int, typer.Option(min=0, help="Samples that train nothing and choose the epoch; 0: the last one.")
]
Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Of weights and orders.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where an interrupted training of this file stopped.")]
History = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the table: parquet, csv, json.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Take only the first samples.")]
Backend = Annotated[str, typer.Option(metavar="NAME", help="auto, rust, numba or reference.")]
Threads = Annotated[int | None, typer.Option(min=1, max=MOST_THREADS, help="Threads; as many as there are by default.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def stdbp(
    data: DataOption,
    out: Out,
    hidden: Hidden = "800",
    epochs: Epochs = 20,
    batch_size: BatchSize = None,
    rate: Rate = 2e-3,
    weight_decay: Decay = 0.1,
    tau: Annotated[float, typer.Option(help="Temperature of the loss.")] = 0.05,
    min_slope: Annotated[float, typer.Option(help="Least slope that a gradient is divided by.")] = 0.1,
    neuron: Annotated[
        str, typer.Option(metavar="NAME", help="ramp, or falling: a window of time for each layer.")
    ] = "ramp",
    augment: Augment = "",
    validation: Validation = 0,
    seed: Seed = 0,
    resume: Resume = False,
    history: History = None,
    limit: Limit = None,
    backend: Backend = "auto",
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Train exact spike times (ReL-PSP neurons) by gradient descent."""
    from pysnn.first_spike.learn import STDBP

    if neuron not in ("ramp", "falling"):
        raise typer.BadParameter(f"--neuron: expected ramp or falling, got '{neuron}'")
    asked = {k: v for k, v in locals().items() if k != "STDBP"}
    _train("stdbp", STDBP(tau, min_slope), asked)


def sstdp(
    data: DataOption,
    out: Out,
    hidden: Hidden = "800",
    epochs: Epochs = 20,
    batch_size: BatchSize = None,
    rate: Rate = 5e-3,
    weight_decay: Decay = 0.0,
    steps: Annotated[int, typer.Option(min=2, help="Time-steps.")] = 16,
    targets: Annotated[str, typer.Option(metavar="NAME", help="one_sided, exact or published.")] = "one_sided",
    gap: Annotated[float, typer.Option(help="Steps between the label's target and the others'.")] = 6.0,
    augment: Augment = "",
    validation: Validation = 0,
    seed: Seed = 0,
    resume: Resume = False,
    history: History = None,
    limit: Limit = None,
    backend: Backend = "auto",
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Train spike times in whole steps by STDP with an error."""
    from pysnn.first_spike.learn import SSTDP

    asked = {k: v for k, v in locals().items() if k != "SSTDP"}
    _train("sstdp", SSTDP(targets, gap), asked)  # type: ignore[arg-type]


def _train(name: str, rule: "LearningRule", asked: Mapping[str, Any]) -> None:
    """Read, train, save and show."""
    from pysnn.backends import get_backend
    from pysnn.datasets.source import training_source
    from pysnn.files.first_spike import save
    from pysnn.files.first_spike_golden import make_spike_golden
    from pysnn.first_spike.learn import train as run_training
    from pysnn.progress import Progress

    out, history = asked["out"], asked["history"]
    checkpoint = Path(f"{out}.checkpoint")
    outputs = {"--out": (out, NETWORK), "--history": (history, TABLE), "the checkpoint": (checkpoint, CHECKPOINT)}
    check_outputs(outputs, [training_source(asked["data"]).path])
    given = _training_data(asked["data"], asked["limit"])
    asked = {**asked, "batch_size": asked["batch_size"] or min(max(len(given.x) // 100, 16), 128)}
    fields = {"neuron": "step", "steps": asked["steps"]} if "steps" in asked else {"neuron": asked["neuron"]}
    network, samples = _start(given, asked, fields)
    _prepare(checkpoint, resume=asked["resume"])
    with interruptible(lambda: kept_by_training(checkpoint)), Progress(name) as progress:
        trained = run_training(network, rule, samples, _options(asked, checkpoint, progress))
    row = trained.history.row(trained.epoch - 1, named=True)
    facts = {
        "rule": repr(rule),
        "data_sha256": given.digest,
        **{key: asked[key] for key in ("seed", "epochs", "batch_size", "rate", "weight_decay", "validation")},
        "augment": asked["augment"],
        "epoch": trained.epoch,
        "training_accuracy": row["accuracy"],
    }
    if asked["validation"]:
        facts["validation_accuracy"] = row["validation_accuracy"]
    golden = make_spike_golden(trained.network, samples[0][:_GOLDEN_SAMPLES], backend=asked["backend"])
    save(out, trained.network, provenance=facts, golden=golden)
    checkpoint.unlink(missing_ok=True)
    say(f"saved {out}: {_chosen(trained, asked)}")
    engine = get_backend(asked["backend"]).first_spike(trained.network.plan)
    meta = metadata(data=asked["data"], network=str(out), backend=engine.name, **facts)
    show_table(trained.history, meta, as_json=asked["as_json"], title=f"{name} on {asked['data']}", file=history)


def _training_data(text: str, limit: int | None) -> "Data":
    """Read the training split of a source, with labels."""
    from pysnn.datasets.source import training_source

    given = training_source(text).load(limit)
    if given.y is None:
        raise DataError(f"data '{text}': training needs labels 'y'")
    return given


def _start(
    given: "Data", asked: Mapping[str, Any], fields: Mapping[str, Any]
) -> tuple["FirstSpikeNetwork", tuple[Any, Any]]:
    """Draw the network that the data ask for, and shuffle the data, so that a validation part has all classes."""
    import numpy as np

    from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork
    from pysnn.first_spike.evaluate import check_labels
    from pysnn.first_spike.layers import WINDOWED_GAIN
    from pysnn.first_spike.notation import parse_layers

    x, y = given.x, np.asarray(given.y)
    labels = check_labels(y, len(x), int(y.max()) + 1 if y.size and y.dtype.kind in "iu" else 1)
    first = {"gain": WINDOWED_GAIN} if fields["neuron"] == "falling" else {}
    hidden = parse_layers(asked["hidden"], **first)
    flat = not any(isinstance(layer, Conv | EarliestPool) for layer in hidden)
    if not flat and x.ndim < _IMAGE_DIMENSIONS:
        raise DataError(
            f"--hidden {asked['hidden']}: expected images (samples, C, H, W) for convolutions and pools, got samples of "
            f"{int(np.prod(x.shape[1:]))} values in a row; numbers of neurons like 800 fit those"
        )
    shape = (int(np.prod(x.shape[1:])),) if flat else x.shape[1:]
    layers = [*hidden, Dense(units=int(labels.max(initial=0)) + 1, **first)]
    network = FirstSpikeNetwork.draw(shape, layers, seed=asked["seed"], **fields)
    order = np.random.default_rng([asked["seed"], 3]).permutation(len(x))
    return network, (x[order], labels[order])


def _prepare(checkpoint: Path, *, resume: bool) -> None:
    if resume:
        say(f"going on from {checkpoint}" if checkpoint.exists() else "nothing to go on from: a new start")
    else:
        checkpoint.unlink(missing_ok=True)


def _options(asked: Mapping[str, Any], checkpoint: Path, progress: Any) -> Any:
    from pysnn.first_spike.learn import TrainingOptions
    from pysnn.simulation.simulator import usable_threads

    return TrainingOptions(
        augment=_augmentation(asked["augment"]),
        **{
            name: asked[name]
            for name in ("epochs", "batch_size", "rate", "weight_decay", "validation", "seed", "backend")
        },
        threads=asked["threads"] or usable_threads(),
        checkpoint=checkpoint,
        progress=progress,
        report=_tell,
    )


def _augmentation(text: str) -> Any:
    from pysnn.first_spike.learn import Augmentation

    if not text:
        return None
    known = list(Augmentation.__dataclass_fields__)
    try:
        given = {name: float(value) for name, value in (part.split("=") for part in text.split(","))}
    except ValueError:
        raise typer.BadParameter(f"--augment: expected parts like shift=2, got '{text}'") from None
    if not set(given) <= set(known):
        raise typer.BadParameter(f"--augment: expected {', '.join(known)}, got '{text}'")
    return Augmentation(**given)


def _tell(row: Mapping[str, Any]) -> None:
    names = ("loss", "accuracy", "validation_accuracy", "dead", "spikes_per_neuron", "decision_time")
    found = ", ".join(f"{name} {row[name]:.4f}" for name in names if row[name] == row[name])
    say(f"epoch {row['epoch']}: {found}")


def _chosen(trained: "Trained", asked: Mapping[str, Any]) -> str:
    """Say which epoch's weights these are, and what chose it."""
    if not asked["validation"]:
        return f"the weights of the last epoch, {trained.epoch}; nothing was held out to choose by"
    return (
        f"the weights of epoch {trained.epoch} of {asked['epochs']}, the best on {asked['validation']} held-out samples"
    )
