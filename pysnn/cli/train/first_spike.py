"""``pysnn train stdbp`` and ``sstdp``: a first-spike network learns, and is saved; one row an epoch."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pysnn.cli.errors import interruptible, named
from pysnn.cli.options import kept_by_training
from pysnn.cli.outputs import CHECKPOINT, NETWORK, TABLE, check_outputs
from pysnn.cli.show import show_table
from pysnn.cli.streams import say_note
from pysnn.cli.train import first_spike_options as given_by
from pysnn.errors import DataError
from pysnn.first_spike.defaults import (
    GAP,
    GROWTH,
    MIN_SLOPE,
    SSTDP_DEFAULTS,
    STDBP_DEFAULTS,
    STEPS,
    TARGETS,
    TAU,
    Defaults,
    default_batch_size,
)
from pysnn.tables import metadata

if TYPE_CHECKING:
    from pysnn.datasets.npz import Data
    from pysnn.first_spike import FirstSpikeNetwork
    from pysnn.first_spike.learn import LearningRule, Trained

__all__ = ["sstdp", "stdbp"]

_GOLDEN_SAMPLES = 4
_IMAGE_DIMENSIONS = 3


def stdbp(
    data: given_by.DataOption,
    out: given_by.Out,
    hidden: given_by.Hidden = "800",
    epochs: given_by.Epochs = STDBP_DEFAULTS.epochs,
    batch_size: given_by.BatchSize = None,
    rate: given_by.Rate = None,
    weight_decay: given_by.Decay = STDBP_DEFAULTS.weight_decay,
    complement: given_by.Complement = None,
    invert: given_by.Invert = None,
    tau: Annotated[float, typer.Option(help="Temperature of the loss.")] = TAU,
    min_slope: Annotated[float, typer.Option(help="Least slope that a gradient is divided by.")] = MIN_SLOPE,
    neuron: Annotated[
        str, typer.Option(metavar="NAME", help="ramp, or falling: a window of time for each layer.")
    ] = "ramp",
    augment: given_by.Augment = "",
    validation: given_by.Validation = STDBP_DEFAULTS.validation,
    seed: given_by.Seed = 0,
    resume: given_by.Resume = False,
    history: given_by.History = None,
    limit: given_by.Limit = None,
    backend: given_by.Backend = "auto",
    threads: given_by.Threads = None,
    as_json: given_by.Json = False,
) -> None:
    """Train exact spike times (ReL-PSP neurons) by gradient descent."""
    from pysnn.first_spike.learn import STDBP

    if neuron not in ("ramp", "falling"):
        raise typer.BadParameter(f"--neuron: expected ramp or falling, got '{neuron}'")
    asked = {k: v for k, v in locals().items() if k != "STDBP"}
    _train("stdbp", STDBP(tau, min_slope), {**asked, "defaults": STDBP_DEFAULTS})


def sstdp(
    data: given_by.DataOption,
    out: given_by.Out,
    hidden: given_by.Hidden = "800",
    epochs: given_by.Epochs = SSTDP_DEFAULTS.epochs,
    batch_size: given_by.BatchSize = None,
    rate: given_by.Rate = None,
    weight_decay: given_by.Decay = SSTDP_DEFAULTS.weight_decay,
    complement: given_by.Complement = None,
    invert: given_by.Invert = None,
    steps: Annotated[int, typer.Option(min=2, help="Time-steps.")] = STEPS,
    targets: Annotated[str, typer.Option(metavar="NAME", help="one_sided, exact or published.")] = TARGETS,
    gap: Annotated[float, typer.Option(help="Steps between the label's target and the others'.")] = GAP,
    growth: Annotated[
        float, typer.Option(help="How much more the earliest inputs learn: a factor of e^growth.")
    ] = GROWTH,
    augment: given_by.Augment = "",
    validation: given_by.Validation = SSTDP_DEFAULTS.validation,
    seed: given_by.Seed = 0,
    resume: given_by.Resume = False,
    history: given_by.History = None,
    limit: given_by.Limit = None,
    backend: given_by.Backend = "auto",
    threads: given_by.Threads = None,
    as_json: given_by.Json = False,
) -> None:
    """Train spike times in whole steps by STDP with an error."""
    from pysnn.first_spike.learn import SSTDP

    asked = {k: v for k, v in locals().items() if k != "SSTDP"}
    _train("sstdp", SSTDP(targets, gap, growth=growth), {**asked, "defaults": SSTDP_DEFAULTS})  # type: ignore[arg-type]


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
    network, samples, asked = _start(given, asked)
    _prepare(checkpoint, resume=asked["resume"])
    with interruptible(lambda: kept_by_training(checkpoint)), Progress(name) as progress:
        trained = run_training(network, rule, samples, _options(asked, checkpoint, progress))
    for note in (*_coding_note(asked), *trained.notes):
        say_note(f"note: {note}")
    row = trained.history.row(trained.epoch - 1, named=True)
    facts = {
        "rule": repr(rule),
        "data_sha256": given.digest,
        **{key: asked[key] for key in ("seed", "epochs", "batch_size", "rate", "weight_decay", "validation", "coding")},
        "augment": asked["augment"],
        "epoch": trained.epoch,
        "training_accuracy": row["accuracy"],
    }
    if asked["validation"]:
        facts["validation_accuracy"] = row["validation_accuracy"]
    golden = make_spike_golden(trained.network, samples[0][:_GOLDEN_SAMPLES], backend=asked["backend"])
    save(out, trained.network, provenance=facts, golden=golden)
    checkpoint.unlink(missing_ok=True)
    say_note(f"saved {out}: {_chosen(trained, asked)}")
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


def _start(given: "Data", asked: Mapping[str, Any]) -> tuple["FirstSpikeNetwork", tuple[Any, Any], dict[str, Any]]:
    """Draw the network that the data ask for, put the data in order, and settle what was left open."""
    import numpy as np

    from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork
    from pysnn.first_spike.coding import as_values
    from pysnn.first_spike.evaluate import check_labels
    from pysnn.first_spike.learn.chosen import choose_coding, choose_rate
    from pysnn.first_spike.notation import parse_layers
    from pysnn.training.order import held_out, stratified_order

    x, y = given.x, np.asarray(given.y)
    with named(f"data '{asked['data']}'"):
        labels = check_labels(y, len(x), int(y.max()) + 1 if y.size and y.dtype.kind in "iu" else 1)
    fields = {"neuron": "step", "steps": asked["steps"]} if "steps" in asked else {"neuron": asked["neuron"]}
    defaults: Defaults = asked["defaults"]
    first = defaults.first_weights(fields["neuron"])
    hidden = parse_layers(asked["hidden"], **first)
    flat = not any(isinstance(layer, Conv | EarliestPool) for layer in hidden)
    if not flat and x.ndim < _IMAGE_DIMENSIONS:
        raise DataError(
            f"--hidden {asked['hidden']}: expected images (samples, C, H, W) for convolutions and pools, got samples of "
            f"{int(np.prod(x.shape[1:]))} values in a row; numbers of neurons like 800 fit those"
        )
    shape = (int(np.prod(x.shape[1:])),) if flat else x.shape[1:]
    layers = [*hidden, Dense(units=int(labels.max(initial=0)) + 1, **first)]
    coding = choose_coding(as_values(x), asked["complement"], asked["invert"])
    network = FirstSpikeNetwork.draw(shape, layers, seed=asked["seed"], coding=coding, **fields)
    settled = {
        "coding": coding,
        "batch_size": asked["batch_size"] or default_batch_size(len(x)),
        "rate": choose_rate(network, x, defaults) if asked["rate"] is None else asked["rate"],
        "validation": held_out(len(x), asked["validation"]),
    }
    order = stratified_order(labels, asked["seed"])
    return network, (x[order], labels[order]), {**asked, **settled}


def _coding_note(asked: Mapping[str, Any]) -> list[str]:
    """Say what was chosen by the data, and how to choose oneself."""
    if asked["complement"] is not None or asked["invert"] is not None:
        return []
    notes = {
        "dark": "the background is bright, so dark values spike first, here and when the network is run; --no-invert leaves the data as they are",
        "both": "the data have no dark or bright background, so each value has two inputs, x and 1 - x; --no-complement gives it one",
    }
    return [notes[asked["coding"]]] if asked["coding"] in notes else []


def _prepare(checkpoint: Path, *, resume: bool) -> None:
    if resume:
        say_note(f"going on from {checkpoint}" if checkpoint.exists() else "nothing to go on from: a new start")
    else:
        checkpoint.unlink(missing_ok=True)


def _options(asked: Mapping[str, Any], checkpoint: Path, progress: Any) -> Any:
    from pysnn.first_spike.learn import TrainingOptions
    from pysnn.processors import usable_threads

    return TrainingOptions(
        augment=_augmentation(asked["augment"]),
        **{
            name: asked[name]
            for name in ("epochs", "batch_size", "rate", "weight_decay", "validation", "seed", "backend")
        },
        keep="last_best",
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
    say_note(f"epoch {row['epoch']}: {found}")


def _chosen(trained: "Trained", asked: Mapping[str, Any]) -> str:
    """Say which epoch's weights these are, and what chose it."""
    if not asked["validation"]:
        return f"the weights of the last epoch, {trained.epoch}; nothing was held out to choose by"
    return (
        f"the weights of epoch {trained.epoch} of {asked['epochs']}, the best on {asked['validation']} held-out samples"
    )
