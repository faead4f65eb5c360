"""Whatever takes ``progress`` calls it with (done, of all), which only grow and end at the end."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pysnn import IF, Input, Linear, Network, Output, ReLU, run
from pysnn.backends import BACKENDS
from pysnn.convert import convert
from pysnn.first_spike import Dense, FirstSpikeNetwork
from pysnn.first_spike.learn import STDBP, TrainingOptions, train
from pysnn.plastic import IFCells, PlasticNetwork, PlasticSimulator, PoissonSource
from pysnn.sweep import sweep

RANDOM = np.random.default_rng(0)
X = RANDOM.random((20, 3)).astype(np.float32)
Y = np.arange(20) % 2
WEIGHTS = RANDOM.normal(size=(5, 3)), RANDOM.normal(size=(2, 5))


def chain(neuron: Any) -> Network:
    return Network.chain(
        {"in": Input((3,)), "fc": Linear(WEIGHTS[0]), "n": neuron, "fc2": Linear(WEIGHTS[1]), "out": Output()}
    )


def conversion() -> Any:
    return convert(chain(ReLU()), X, steps=4)


def plastic(progress: Any) -> None:
    network = PlasticNetwork.of(a=PoissonSource(5, rate=50.0), b=IFCells(size=2))
    PlasticSimulator(network, dt=1e-3).run(0.5, progress=progress)


def training(progress: Any) -> None:
    start = FirstSpikeNetwork.draw((3,), [Dense(units=2)], seed=0)
    train(start, STDBP(), (X, Y), TrainingOptions(epochs=3, batch_size=8, progress=progress))


def point(params: Mapping[str, Any], seed: int) -> Mapping[str, Any]:
    return {"b": params["a"], "seed_of_point": seed}


def sweeping(progress: Any, folder: Path) -> None:
    with ThreadPoolExecutor(2) as executor:
        sweep(point, {"a": [1, 2, 3]}, executor, out=folder / "a.sweep", progress=progress)


def running(backend: str, progress: Any) -> None:
    run(chain(IF()), X, steps=[2, 4], batch_size=6, backend=backend, progress=progress)


CALLS: dict[str, Callable[[Any, Path], object]] = {
    **{f"run {backend}": lambda p, _, name=backend: running(name, p) for backend in BACKENDS},  # type: ignore[misc]
    "errors": lambda p, _: conversion().errors(X, [2, 4], progress=p),
    "blame": lambda p, _: conversion().blame(X, 4, batch_size=6, progress=p),
    "plastic": lambda p, _: plastic(p),
    "train": lambda p, _: training(p),
    "sweep": sweeping,
}


@pytest.mark.parametrize("call", CALLS)
def test_progress_only_grows_and_ends_at_the_end(call: str, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    CALLS[call](lambda done, total: seen.append((done, total)), tmp_path)
    assert len(seen) > 0
    shares = [done / total for done, total in seen]
    assert all(a <= b for a, b in pairwise(shares)), seen
    assert shares[-1] == 1
