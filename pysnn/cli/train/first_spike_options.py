"""The options of ``pysnn train stdbp`` and ``sstdp``."""

from pathlib import Path
from typing import Annotated

import typer

from pysnn.cli.options import LARGEST_SEED, MOST_SAMPLES, MOST_THREADS

__all__ = [
    "Augment",
    "Backend",
    "BatchSize",
    "Complement",
    "DataOption",
    "Decay",
    "Epochs",
    "Hidden",
    "History",
    "Invert",
    "Json",
    "Limit",
    "Out",
    "Rate",
    "Resume",
    "Seed",
    "Threads",
    "Validation",
]

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
Rate = Annotated[
    float | None, typer.Option(help="First learning rate, of Adam; by default by the number of inputs that spike.")
]
Decay = Annotated[float, typer.Option(help="Weight decay.")]
Complement = Annotated[
    bool | None,
    typer.Option(
        "--complement/--no-complement", help="Two inputs a value, x and 1 - x; by default by the median value."
    ),
]
Invert = Annotated[
    bool | None,
    typer.Option("--invert/--no-invert", help="Dark values spike first; by default if the background is bright."),
]
Augment = Annotated[
    str, typer.Option(metavar="shift=2,rotate=10", help="Distort images: shift, rotate, scale, elastic, smooth.")
]
Validation = Annotated[
    float,
    typer.Option(
        min=0, help="Samples, or below 1 their share, that train nothing and choose the epoch; 0: the last one."
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Of weights and orders.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where an interrupted training of this file stopped.")]
History = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the table: parquet, csv, json.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Take only the first samples.")]
Backend = Annotated[str, typer.Option(metavar="NAME", help="auto, rust, numba or reference.")]
Threads = Annotated[int | None, typer.Option(min=1, max=MOST_THREADS, help="Threads; as many as there are by default.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
