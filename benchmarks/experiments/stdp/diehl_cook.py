"""Diehl & Cook 2015: 400 cells that inhibit each other learn the digits of MNIST without labels."""

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.common import RESULTS
from benchmarks.experiments.stdp.application import Application, Curve, Outcome, curve_of
from benchmarks.experiments.stdp.readout import NOTHING, accuracy, classes_of, votes
from benchmarks.mnist import load_mnist
from pysnn.files.plastic import load, save
from pysnn.plastic import (
    AdaptiveThreshold,
    AllToAll,
    Conductance,
    DiehlCook,
    LIFCells,
    NearestSymmetric,
    OneToOne,
    PlasticNetwork,
    PlasticSimulator,
    PlasticState,
    PoissonSource,
    Projection,
    Spikes,
    Synapses,
    Uniform,
)

__all__ = ["DIEHL_COOK", "RULES", "Learner", "network"]

CELLS, PIXELS = 400, 784
DT, SECONDS = 0.5e-3, 0.35
TOTAL = 78.0
RATE = 255 / 8
"""Hz of a white pixel at intensity 1."""
INTENSITY, LEAST_SPIKES, MOST_TRIES = 2.0, 5, 9
LEARNED, LABELLED = 30_000, 10_000
"""Training images that are learned; those of them that give cells their classes."""
BLOCK = 5000
SHOWN = 100
RULES = {
    "pair rule": NearestSymmetric(a_plus=2e-3, a_minus=1e-4, tau_plus=20e-3, tau_minus=20e-3, w_max=1.0),
    "released rule": DiehlCook(),
}

Images = NDArray[np.float32]
Counts = NDArray[np.int32]


def network(rule: str, seed: int, cells: int = CELLS) -> PlasticNetwork:
    """Return the network: each excitatory cell drives an inhibitory one, which inhibits all others."""
    i, j = np.nonzero(~np.eye(cells, dtype=bool))
    threshold = AdaptiveThreshold(plus=0.05e-3, tau=1e4)
    excitatory = LIFCells(
        size=cells, tau=100e-3, v_rest=-65e-3, v_reset=-65e-3, v_threshold=-52e-3, refractory=5e-3, adaptive=threshold,
        synapses=Conductance(1e-3, 2e-3, reversal_excitatory=0.0, reversal_inhibitory=-100e-3),
    )  # fmt: skip
    inhibitory = LIFCells(
        size=cells, tau=10e-3, v_rest=-60e-3, v_reset=-45e-3, v_threshold=-40e-3, refractory=2e-3,
        synapses=Conductance(1e-3, 2e-3, reversal_excitatory=0.0, reversal_inhibitory=-85e-3),
    )  # fmt: skip
    return PlasticNetwork.of(
        inputs=PoissonSource(PIXELS, rate=np.zeros(PIXELS)),
        excitatory=excitatory,
        inhibitory=inhibitory,
        wires=Projection(
            pre="inputs",
            post="excitatory",
            connector=AllToAll(),
            weight=Uniform(0.003, 0.3, seed=seed),
            delay=0,
            rule=RULES[rule],
        ),
        drive=Projection(pre="excitatory", post="inhibitory", connector=OneToOne(), weight=10.4),
        inhibition=Projection(
            pre="inhibitory", post="excitatory", connector=Synapses.of(i, j), weight=17.0, inhibitory=True
        ),
    )


class Learner:
    """The network with its state: shows it images."""

    def __init__(self, rule: str, seed: int, cells: int = CELLS) -> None:
        self.network = network(rule, seed, cells)
        self._simulator = PlasticSimulator(self.network, dt=DT, seed=seed, threads=1)
        self.state = self._first()
        self._cells = cells

    def learn(self, image: Images) -> Counts:
        """Show an image, and learn; return the spikes of each cell."""
        self.state, counts = self._show(image, self.state, learn=True)
        return counts

    def answer(self, image: Images, number: int) -> Counts:
        """Show an image, with nothing learned; the noise depends on its number, not on the images before."""
        state = replace(self.state, step=self.state.step + number * MOST_TRIES * round(SECONDS / DT))
        return self._show(image, state, learn=False)[1]

    def _show(self, image: Images, state: PlasticState, *, learn: bool) -> tuple[PlasticState, Counts]:
        """Show an image from rest, brighter until five spikes come."""
        counts = np.zeros(self._cells, dtype=np.int32)
        for tries in range(MOST_TRIES):
            result = self._simulator.run(
                SECONDS,
                state=state.at_rest(),
                learn=learn,
                rates={"inputs": image * (RATE * (INTENSITY + tries))},
                normalise={"wires": TOTAL} if learn else {},
                watch=[Spikes("excitatory")],
            )
            assert result.state is not None
            state = result.state
            fired = result.tables["plastic_spikes"]["neuron"].to_numpy()
            counts = np.bincount(fired, minlength=self._cells).astype(np.int32)
            if counts.sum() >= LEAST_SPIKES:
                break
        return state, counts

    def _first(self) -> PlasticState:
        state = self._simulator.run(0.0).state
        assert state is not None
        return state


@dataclass
class Training:
    """How far a training got: kept in a folder, so that it goes on where it stopped."""

    folder: Path
    learner: Learner
    labels: NDArray[np.int64]
    counts: list[Counts] = field(default_factory=list)
    seconds: float = 0.0

    def resume(self) -> None:
        """Take up what the folder has."""
        if (self.folder / "counts.npz").exists():
            kept = np.load(self.folder / "counts.npz")
            self.counts, self.seconds = list(kept["counts"]), float(kept["seconds"])
            state = load(self.folder / "learned.psnn").state
            assert state is not None
            self.learner.state = state

    def learn(self, images: Images) -> None:
        """Show a block of images, and keep what came out."""
        begun = time.perf_counter()
        self.counts.append(np.stack([self.learner.learn(image) for image in images]))
        self.seconds += time.perf_counter() - begun
        self.folder.mkdir(parents=True, exist_ok=True)
        save(self.folder / "learned.psnn", self.learner.network, state=self.learner.state)
        np.savez(self.folder / "counts.npz", counts=np.stack(self.counts), seconds=self.seconds)

    def course(self) -> Curve:
        """Return the accuracy on each block of images while they were learned, by the classes that the block before gives."""
        labels = self.labels.reshape(len(self.counts), -1)
        blocks = range(1, len(self.counts))
        own = [classes_of(self.counts[k - 1], labels[k - 1]) for k in blocks]
        right = [accuracy(self.counts[k], labels[k], own[k - 1]) for k in blocks]
        return Curve([(k + 1) * labels.shape[1] for k in blocks], right)


def answers(learner: Learner, rule: str, images: Images, workers: int) -> Counts:
    """Return the spikes of each cell for each image, shared out to processes: no answer depends on another one."""
    parts = np.array_split(np.arange(len(images)), workers)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        made = pool.map(_part, [(rule, learner.state, images[part], int(part[0])) for part in parts])
        return np.concatenate(list(made))


def _part(given: tuple[str, PlasticState, Images, int]) -> Counts:
    rule, state, images, first = given
    learner = Learner(rule, 0)
    learner.state = state
    return np.stack([learner.answer(image, first + k) for k, image in enumerate(images)])


def run(rule: str, seed: int, workers: int = 2) -> Outcome:
    """Learn training images once, give cells their classes by some of them, and answer the whole test set once."""
    images, labels = load_mnist("train")
    learner = Learner(rule, seed)
    training = Training(RESULTS / "stdp" / f"{rule} {seed}".replace(" ", "_"), learner, labels[:LEARNED])
    training.resume()
    for first in range(len(training.counts) * BLOCK, LEARNED, BLOCK):
        training.learn(images[first : first + BLOCK])
    test_images, test_labels = load_mnist("test")
    shown = answers(learner, rule, np.concatenate([images[:LABELLED], test_images]), workers)
    own = classes_of(shown[:LABELLED], labels[:LABELLED])
    found = shown[LABELLED:]
    figures = {
        "test accuracy": accuracy(found, test_labels, own),
        "test images": float(len(test_labels)),
        "test images without spikes": float((votes(found, own) == NOTHING).mean()),
        "spikes an image": float(found.sum(axis=1).mean()),
        "cells without a class": float((own == NOTHING).sum()),
        "minutes of training": training.seconds / 60,
        "training images": float(LEARNED),
    }
    grid = learner.state.arrays["wires.weights"].reshape(PIXELS, CELLS)[:, :SHOWN].T
    weights = Curve(np.arange(grid.size), np.rint(255 * grid.ravel() / grid.max()))
    return Outcome(figures, {"course": training.course(), "weights": weights})


def draw(curves: pl.DataFrame, axes: Sequence[Any]) -> None:
    """Draw the accuracy during training, and the weights onto a hundred cells."""
    for case in curves["case"].unique(maintain_order=True):
        at, right = curve_of(curves, "course", case)
        axes[0].plot(at, 100 * right, "o-", markersize=3, label=case)
    axes[0].set(
        xlabel="training images", ylabel="accuracy in training, %", title="Diehl & Cook: before an image is learned"
    )
    axes[0].legend()
    _, weights = curve_of(curves, "weights", "pair rule")
    grid = weights.reshape(10, 10, 28, 28).swapaxes(1, 2).reshape(280, 280)
    axes[1].imshow(grid, cmap="gray_r")
    axes[1].set(xticks=[], yticks=[], title="weights onto a hundred cells")


SETTINGS_SHOWN = {
    "inputs": f"{PIXELS} Poisson sources, a white pixel {RATE * INTENSITY} Hz; with less than {LEAST_SPIKES} spikes again, by half brighter, and so on",
    "excitatory cells": f"{CELLS}: tau 100 ms, rest and reset -65 mV, threshold -52 mV, refractory 5 ms, threshold + 0.05 mV a spike, decaying with 10,000 s",
    "inhibitory cells": f"{CELLS}: tau 10 ms, rest -60 mV, threshold -40 mV, reset -45 mV, refractory 2 ms",
    "synapses": "conductances of 1 ms and 2 ms; one to one 10.4 of the leak, to all others 17 of the leak",
    "weights of the inputs": f"evenly between 0.003 and 0.3, the sum onto a cell {TOTAL:.0f} before each image",
    "pair rule": "nearest spikes: + 0.002 x at a spike of the cell, - 0.0001 y at an arrival, tau 20 ms and 20 ms",
    "released rule": "triplet, nearest spikes: + 0.01 x y2 at a spike of the cell, - 0.0001 y at an arrival, tau 20, 20 and 40 ms",
    "an image": f"{1e3 * SECONDS:.0f} ms, dt {1e3 * DT} ms, from rest",
    "training": f"the first {LEARNED} training images, once",
    "classes of cells": f"by the first {LABELLED} training images, weights and thresholds frozen",
}
"""What the page says."""

DIEHL_COOK = Application({rule: partial(run, rule) for rule in RULES}, (0,), draw, SETTINGS_SHOWN)
