"""Izhikevich 2007, figure 1: of all synapses of a network the one whose pairs of spikes are rewarded seconds later grows to its bound."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from benchmarks.experiments.stdp.application import Application, Curve, Outcome, curve_of
from pysnn.plastic import (
    FixedProbability,
    LIFCells,
    OneToOne,
    PlasticNetwork,
    PlasticSimulator,
    PoissonSource,
    Projection,
    RewardSTDP,
    Spikes,
)

__all__ = ["REWARD", "Dopamine", "network"]

DT = 1e-3
SECONDS = 3600
EXCITATORY, INHIBITORY = 800, 200
P = 0.1
W_START, W_MAX = 1e-3, 4e-3
"""Volts, of a threshold of 15 mV."""
WINDOW = 10e-3
"""A spike of the target this soon after one of the source is rewarded,"""
WAIT = (1.0, 3.0)
"""so many seconds later."""
EVERY = 10e-3
TONIC, PHASIC, TAU_DOPAMINE = 0.002, 0.5, 0.2
BINS = 40


class Dopamine:
    """Its concentration: a tonic level, and a jump at each reward that decays; given to the network as a reward every 10 ms."""

    def __init__(self) -> None:
        self._phasic = 0.0
        self._due: list[float] = []

    def expect(self, moment: float) -> None:
        """Let a reward come at a time."""
        self._due.append(moment)

    def second(self, first: float) -> list[tuple[float, float]]:
        """Return what is given in the second from ``first`` on: pairs of time in it and amount."""
        given = []
        for k in range(round(1 / EVERY)):
            moment = first + k * EVERY
            arrived = sum(when < moment + EVERY for when in self._due)
            self._due = [when for when in self._due if when >= moment + EVERY]
            self._phasic = self._phasic * np.exp(-EVERY / TAU_DOPAMINE) + PHASIC * arrived
            given.append((k * EVERY, TONIC + self._phasic))
        return given


def network(seed: int) -> PlasticNetwork:
    """Return the network: all cells fire at about 1 Hz, kicked by sources of their own; excitatory synapses are plastic."""
    sizes = (EXCITATORY, INHIBITORY)
    cells = [LIFCells(size=size, tau=20e-3, v_threshold=15e-3, refractory=2e-3) for size in sizes]
    rule = RewardSTDP(a_plus=0.1, a_minus=0.15, tau_plus=20e-3, tau_minus=20e-3, tau_c=1.0, eta=1e-3, w_max=W_MAX)

    def wires(pre: str, post: str, number: int, **others: Any) -> Projection:
        return Projection(
            pre=pre, post=post, connector=FixedProbability(P, seed=4 * seed + number), weight=W_START, **others
        )

    def kicks(population: str) -> Projection:
        return Projection(pre=f"kicks_{population}", post=population, connector=OneToOne(), weight=20e-3, delay=0)

    return PlasticNetwork.of(
        kicks_excitatory=PoissonSource(EXCITATORY, rate=1.0),
        kicks_inhibitory=PoissonSource(INHIBITORY, rate=1.0),
        excitatory=cells[0],
        inhibitory=cells[1],
        to_excitatory=kicks("excitatory"),
        to_inhibitory=kicks("inhibitory"),
        ee=wires("excitatory", "excitatory", 0, rule=rule),
        ei=wires("excitatory", "inhibitory", 1, rule=rule),
        ie=wires("inhibitory", "excitatory", 2, inhibitory=True),
    )


def run(seed: int, seconds: int = SECONDS) -> Outcome:
    """Reward the pairs of one synapse, drawn at random; what is rewarded in one second is given in later ones."""
    rng = np.random.default_rng(seed)
    simulator = PlasticSimulator(network(seed), dt=DT, seed=seed)
    result = simulator.run(0.0)
    matrix = result.weights("ee")
    chosen = int(rng.integers(len(matrix.to)))
    pre, post = int(np.searchsorted(matrix.row, chosen, side="right")) - 1, int(matrix.to[chosen])
    dopamine, rewards, times = Dopamine(), 0, np.zeros((0, 2))
    course = []
    for second in range(seconds):
        result = simulator.run(
            1.0, state=result.state, rewards=dopamine.second(float(second)), watch=[Spikes("excitatory")]
        )
        spikes = result.tables["plastic_spikes"].filter(pl.col("neuron").is_in([pre, post]))
        times = np.concatenate([times, spikes.select("time", "neuron").to_numpy()])
        for moment in _pairs(times, (pre, post), float(second)):
            rewards += 1
            dopamine.expect(moment + rng.uniform(*WAIT))
        times = times[times[:, 0] > second + 1 - WINDOW]
        weights = result.weights("ee").weight
        course.append((second + 1, weights[chosen] * 1e3, (weights.sum() - weights[chosen]) / (len(weights) - 1) * 1e3))
    at, rewarded, others = np.array(course).T
    every = max(1, seconds // 200)
    rest = np.delete(weights, chosen) * 1e3
    counts, edges = np.histogram(rest, BINS, (0.0, W_MAX * 1e3))
    figures = {
        "rewards": float(rewards),
        "rewarded weight, mV": float(rewarded[-1]),
        "mean of the others, mV": float(others[-1]),
        "largest of the others, mV": float(rest.max()),
        "others above 90 % of the bound": float((rest > 0.9 * W_MAX * 1e3).mean()),
        "synapses": float(len(weights)),
    }
    curves = {"rewarded": Curve(at[::every], rewarded[::every]), "others": Curve(at[::every], others[::every])}
    return Outcome(figures, {**curves, "weights": Curve(edges[:-1], counts)})


def _pairs(times: np.ndarray[Any, Any], pair: tuple[int, int], since: float) -> list[float]:
    """Return the times from ``since`` on of spikes of the target that a spike of the source came before by less than the window."""
    sources, targets = (times[times[:, 1] == neuron, 0] for neuron in pair)
    return [t for t in targets.tolist() if t >= since and ((sources < t) & (sources >= t - WINDOW)).any()]


def draw(curves: pl.DataFrame, axes: Sequence[Any]) -> None:
    """Draw the weight of the rewarded synapse beside the mean of the others, and the histogram of those."""
    for seed in curves["seed"].unique().sort():
        axes[0].plot(*curve_of(curves, "rewarded", "one pair", seed), label=f"rewarded, seed {seed}")
    axes[0].plot(*curve_of(curves, "others", "one pair"), color="grey", label="mean of the others")
    axes[0].set(xlabel="time, s", ylabel="weight, mV", title="Izhikevich: the rewarded synapse")
    axes[0].legend()
    left, heights = curve_of(curves, "weights", "one pair")
    axes[1].bar(left, np.maximum(heights, 0.5), width=W_MAX * 1e3 / BINS, align="edge", edgecolor="white")
    axes[1].set(xlabel="weight, mV", ylabel="synapses", yscale="log", title="all others at the end")


SETTINGS_SHOWN = {
    "cells": f"{EXCITATORY} excitatory, {INHIBITORY} inhibitory: tau 20 ms, threshold 15 mV, each kicked at 1 Hz",
    "synapses": f"probability {P}, delay 1 ms, {1e3 * W_START:.0f} mV; those from excitatory cells are plastic, bound {1e3 * W_MAX:.0f} mV",
    "eligibility": "+0.1 and -0.15 mV, tau 20 ms and 20 ms; decays with 1 s",
    "reward": f"a spike of the target within {1e3 * WINDOW:.0f} ms of one of the source: dopamine rises by {PHASIC} after {WAIT[0]:.0f} to {WAIT[1]:.0f} s, and decays with {TAU_DOPAMINE} s",
    "weights": f"every {1e3 * EVERY:.0f} ms they change by ({TONIC} + dopamine) times the eligibility",
    "run": f"{SECONDS} s, dt {1e3 * DT:.0f} ms",
}
"""What the page says."""

REWARD = Application({"one pair": run}, (0, 1, 2), draw, SETTINGS_SHOWN)
