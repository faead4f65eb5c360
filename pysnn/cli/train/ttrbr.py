"""``pysnn train ttrbr``: fine-tune a trained network for few time-steps, and save the spiking one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from pysnn.cli.errors import interruptible
from pysnn.cli.options import LARGEST_SEED, kept_by_training
from pysnn.cli.outputs import CHECKPOINT, NETWORK, TABLE, check_outputs
from pysnn.cli.show import show_table
from pysnn.cli.streams import say_note
from pysnn.errors import DataError
from pysnn.files.settings import Settings
from pysnn.tables import metadata, write_table

__all__ = ["ttrbr"]

_STEPS = 8


def ttrbr(
    data: Annotated[
        str, typer.Option(metavar="KIND:DIR", help="cifar10:DIR, cifar100:DIR, imagenet:DIR, idx:DIR, npz:FILE.")
    ],
    model: Annotated[
        str,
        typer.Option(
            metavar="MODEL", help="resnet20 or torchvision:NAME, with :FILE behind it for weights of your own."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="NET.psnn", help="Where to save the spiking network.")],
    block: Annotated[str, typer.Option(metavar="none|A|B|C", help="Form of the residual blocks.")] = "none",
    levels: Annotated[int | None, typer.Option(min=1, help="Train with quantised clips.")] = None,
    window: Annotated[
        int | None,
        typer.Option(
            metavar="S", min=1, help="Train with S levels, for neurons that spike once in a window of S steps."
        ),
    ] = None,
    noise: Annotated[float, typer.Option(help="With --levels: round with noise of this width, in levels.")] = 0.0,
    per_channel: Annotated[bool, typer.Option("--per-channel/--per-layer", help="Thresholds for each.")] = False,
    start: Annotated[
        Path | None, typer.Option(metavar="CHECKPOINT", help="Start from what that training kept.")
    ] = None,
    potentials: Annotated[
        int | None, typer.Option(metavar="T", min=1, help="First calibrate the initial potentials for T steps.")
    ] = None,
    steps: Annotated[int | None, typer.Option(metavar="T", min=1, help="Train through T simulated steps.")] = None,
    gradient: Annotated[str, typer.Option(metavar="rate|surrogate", help="With --steps.")] = "rate",
    epochs: Annotated[int, typer.Option(min=0)] = 20,
    batch_size: Annotated[int, typer.Option(min=2)] = 128,
    rate: Annotated[float, typer.Option(help="First learning rate; it falls along a cosine.")] = 0.02,
    gradient_norm: Annotated[float, typer.Option(help="Longer gradients are shortened to this; 0: no limit.")] = 1.0,
    weight_decay: Annotated[float, typer.Option(help="L2 on weights.")] = 5e-4,
    threshold_decay: Annotated[
        float | None, typer.Option(help="L2 on thresholds; 5e-4 by default, 0 with --steps.")
    ] = None,
    frozen_norm: Annotated[
        bool | None,
        typer.Option(
            "--frozen-norm/--moving-norm",
            help="Whether batch normalisation keeps its statistics; with --steps it does.",
        ),
    ] = None,
    smoothing: Annotated[float, typer.Option(help="Label smoothing.")] = 0.0,
    distillation: Annotated[float, typer.Option(help="Share of a teacher's answers in the loss.")] = 0.0,
    temperature: Annotated[float, typer.Option(help="Of those answers.")] = 2.0,
    teacher: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL",
            help="With --distillation: who teaches, in place of the untouched network; several: the mean of their scores.",
        ),
    ] = None,
    ema: Annotated[float, typer.Option(help="Decay of a moving mean of the weights, which is kept.")] = 0.0,
    crop: Annotated[int, typer.Option(min=0, help="Padding of random crops.")] = 4,
    flip: Annotated[bool, typer.Option("--flip/--no-flip", help="Mirror at random.")] = True,
    cutout: Annotated[int, typer.Option(min=0, help="Side of the blanked square.")] = 0,
    validation: Annotated[
        int, typer.Option(min=0, help="Last samples, which train nothing and choose the epoch.")
    ] = 5000,
    limit: Annotated[int | None, typer.Option(min=1, help="Take only the first samples.")] = None,
    mean: Annotated[str | None, typer.Option(metavar="A,B,C", help="Subtracted from colours in 0..1.")] = None,
    std: Annotated[str | None, typer.Option(metavar="A,B,C", help="Then divided by.")] = None,
    target: Annotated[
        int | None, typer.Option(metavar="T", min=1, help="Steps that the file suggests; --steps, --potentials, or 8.")
    ] = None,
    precision: Annotated[str, typer.Option(metavar="float32|int8", help="How the network is to be run.")] = "int8",
    compute: Annotated[str, typer.Option(metavar="auto|bfloat16|float32", help="What training computes in.")] = "auto",
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="Of PyTorch; 0: its own choice.")] = 0,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED)] = 0,
    checkpoint: Annotated[Path | None, typer.Option(metavar="FILE.npz", help="OUT.checkpoint.npz by default.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint, if it is there.")] = False,
    history: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the history: parquet, csv, json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fine-tune a trained network for few time-steps: one row an epoch; the spiking network is saved at the end.

    Data are the training split; `pysnn run` measures on the test split. Killed at any moment, the same command with --resume goes
    on to the same network.
    """
    file = checkpoint or Path(f"{out}.checkpoint.npz")
    _check_files(out, history, file, data, start)
    from pysnn.finetune.trained_models import Recipe, save_trained
    from pysnn.finetune.ttrbr import TTRBROptions
    from pysnn.finetune.ttrbr import train as train_model
    from pysnn.progress import Progress

    if file.exists() and not resume:
        raise DataError(f"'{file}' is the checkpoint of a training: go on with --resume, or remove it")
    if window is not None and (steps or target):
        raise typer.BadParameter("--window has S steps of its own, and takes no --steps and no --target")
    length = None if window is not None else target or steps or potentials or _STEPS
    settings = Settings(steps=length, precision=precision)  # type: ignore[arg-type]
    normal = {name: _numbers(name, text) for name, text in (("mean", mean), ("std", std)) if text is not None}
    recipe = Recipe(
        data,
        model,
        block,
        levels,
        per_channel,
        start,
        window,
        potentials,
        limit,
        **normal,
        teachers=tuple(teacher or ()),
    )
    with interruptible(lambda: kept_by_training(file)), Progress("train", seconds=30) as progress:
        options = TTRBROptions(
            epochs=epochs,
            batch_size=batch_size,
            steps=steps,
            noise=noise,
            gradient=gradient,  # type: ignore[arg-type]
            rate=rate,
            gradient_norm=gradient_norm,
            weight_decay=weight_decay,
            threshold_decay=threshold_decay,
            frozen_norm=frozen_norm,
            smoothing=smoothing,
            distillation=distillation,
            temperature=temperature,
            ema=ema,
            crop=crop,
            flip=flip,
            cutout=cutout,
            validation=validation,
            seed=seed,
            precision=compute,  # type: ignore[arg-type]
            device=device,  # type: ignore[arg-type]
            checkpoint=file,
            threads=threads,
            progress=progress,
            report=_report,
        )
        training = recipe.prepare(options)
        trained = train_model(training.task, options)
    facts: dict[str, str | int | float] = {
        "seed": seed,
        "training.steps": steps or 0,
        "training.options": options.identity(),
    }
    save_trained(out, training, trained, settings, facts)
    meta = metadata(network=str(out), model=model, block=block, data=data, data_sha256=training.task.data, **facts)
    if history is not None:
        write_table(trained.history, history, meta)
    say_note(f"saved {out}: weights of epoch {trained.epoch}, {_length(settings.steps, window)}, {precision}")
    show_table(trained.history, meta, as_json=as_json, title=f"{model} on {data}")


def _length(steps: int | None, window: int | None) -> str:
    return f"T = {steps}" if window is None else f"windows of {window} steps"


def _check_files(out: Path, history: Path | None, checkpoint: Path, data: str, start: Path | None) -> None:
    from pysnn.datasets.source import training_source

    outputs = {"--out": (out, NETWORK), "--history": (history, TABLE), "--checkpoint": (checkpoint, CHECKPOINT)}
    check_outputs(outputs, [training_source(data).path, *([] if start is None else [start])])


def _report(row: Mapping[str, Any]) -> None:
    """Say in one line how an epoch went: long trainings are watched in logs."""
    shown = ", ".join(f"{name} {row[name]:.4f}" for name in ("loss", "accuracy", "validation_accuracy"))
    say_note(f"train: epoch {row['epoch']}: {shown}, {row['seconds']:.0f} s")


def _numbers(name: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"--{name}: expected numbers with commas between, got '{text}'") from None
