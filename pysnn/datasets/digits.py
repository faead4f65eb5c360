"""Data and weights that ship with pysnn, small enough for a first run; where they come from is in NOTICE."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.data_range import DataRange
from pysnn.network import Network
from pysnn.nodes import Input, Linear, Node, Output, ReLU

__all__ = ["Dataset", "load_digits", "load_digits_mlp"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels, with a part that no training has seen.

    Attributes
    ----------
    x_train, x_test
        float32 ``(samples, ...)``.
    y_train, y_test
        int64 ``(samples,)``.
    source, licence
        Where the data come from, and what they may be used for.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]
    source: str
    licence: str


def load_digits() -> Dataset:
    """Return scikit-learn's 1,797 handwritten digits: 1,297 to train with, 500 held out.

    Images are 8x8 pixels as vectors of 64 values in 0..1 (the file's 0..16, over 16). The held-out 500 were drawn once, from
    a seed, by ``scripts/train_digits_mlp.py``.

    Examples
    --------
    >>> digits = load_digits()
    >>> digits.x_train.shape, digits.x_test.shape
    ((1297, 64), (500, 64))
    """
    arrays = _arrays("digits.npz")
    images = arrays["x"].astype(np.float32) / np.float32(16)
    labels = arrays["y"].astype(np.int64)
    held_out = arrays["held_out"]
    return Dataset(
        x_train=images[~held_out],
        y_train=labels[~held_out],
        x_test=images[held_out],
        y_test=labels[held_out],
        source=(
            "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (UCI Machine Learning Repository, 1998, "
            "https://doi.org/10.24432/C50P49), test part, from scikit-learn's copy"
        ),
        licence="CC BY 4.0",
    )


def load_digits_mlp() -> Network:
    """Return a small network (64-64-64-10, ReLU) trained on the 1,297 digits of :func:`load_digits`.

    ``scripts/train_digits_mlp.py`` trained it. It knows the range of these digits.

    Examples
    --------
    >>> load_digits_mlp().shapes["out"]
    (10,)
    """
    arrays = _arrays("digits_mlp.npz")
    count = len(arrays) // 2
    known = DataRange.from_array(arrays["data_range"])
    nodes: dict[str, Node] = {"in": Input((int(arrays["weight_1"].shape[1]),), data_range=known)}
    for i in range(1, count + 1):
        nodes[f"fc{i}"] = Linear(arrays[f"weight_{i}"], arrays[f"bias_{i}"])
        if i < count:
            nodes[f"relu{i}"] = ReLU()
    return Network.chain({**nodes, "out": Output("mean_current")})


def _arrays(name: str) -> dict[str, NDArray[Any]]:
    with (files("pysnn.datasets") / "data" / name).open("rb") as stream, np.load(stream, allow_pickle=False) as loaded:
        return dict(loaded)
