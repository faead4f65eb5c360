"""What the tests of ``pysnn convert`` share: a small network, its data, and how the command is called."""

from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner, Result

from pysnn import Affine, Conv2d, Flatten, Input, Linear, Network, Output, ReLU
from pysnn.cli.app import app
from pysnn.files.psnn import save
from pysnn.nodes import Node

__all__ = ["BIAS", "COLOURS", "MEAN", "PIXELS", "STD", "Files", "Y", "ann", "invoke", "options", "write_files"]

Files = tuple[Path, Path, Path]

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (30, 2, 5, 5), dtype=np.uint8)
COLOURS = (PIXELS / 255).astype(np.float32)
Y = RNG.integers(0, 3, 30)
MEAN, STD = [0.5, 0.25], [0.5, 0.25]
BIAS = RNG.normal(0, 0.2, 4)
WEIGHTS = RNG.normal(0, 0.4, (4, 2, 3, 3)), RNG.normal(0, 0.3, (3, 36))


def ann(normalised: bool = True, weights: Any = WEIGHTS) -> Network:
    """A small network with an Affine that folds."""
    nodes: dict[str, Node] = {
        "in": Input((2, 5, 5), MEAN, STD) if normalised else Input((2, 5, 5)),
        "conv": Conv2d(weights[0], BIAS),
        "bn": Affine([0.5, 2.0, 1.0, 1.5], 0.125),
        "relu1": ReLU(2.0),
        "flat": Flatten(),
        "fc": Linear(weights[1]),
        "out": Output(),
    }
    return Network.chain(nodes)


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(app, ["convert", *(str(argument) for argument in arguments)])


def write_files(folder: Path) -> Files:
    """Return a model, calibration data, and where to save."""
    model, data = save(folder / "ann.psnn", ann()), folder / "data.npz"
    np.savez(data, x=PIXELS, y=Y)
    return model, data, folder / "snn.psnn"


def options(files: Files, **changes: Any) -> list[Any]:
    """The model and the options, some of them changed; ``None`` leaves one out."""
    chosen: dict[str, Any] = {"calibration": files[1], "steps": 8, "out": files[2], "method": "max-norm", **changes}
    named = [(f"--{name.replace('_', '-')}", value) for name, value in chosen.items() if value is not None]
    return [files[0], *(part for pair in named for part in (pair if pair[1] is not True else pair[:1]))]
