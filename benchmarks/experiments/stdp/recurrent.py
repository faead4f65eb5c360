"""After Morrison, Aertsen & Diesmann 2007: a balanced recurrent network of 11,250 neurons with 12 million plastic synapses."""

import resource
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from benchmarks.experiments.stdp.application import Application, Curve, Outcome, curve_of, rate_curve, spike_statistics
from pysnn.plastic import (
    Current,
    FixedProbability,
    LIFCells,
    OneToOne,
    PlasticNetwork,
    PlasticSimulator,
    PoissonSource,
    PowerLawSTDP,
    Projection,
    Rates,
    Spikes,
)

__all__ = ["RECURRENT", "network"]

DT = 0.1e-3
SETTLE, SECONDS = 1.0, 10.0
"""What the network is given to find its rate; then what is observed."""
EXCITATORY, INHIBITORY = 9000, 2250
P = 0.15
DELAY = 15
TAU, THRESHOLD, REFRACTORY = 10e-3, 20e-3, 0.5e-3
TAU_SYNAPSE = 0.5e-3
PSP = 0.14e-3
"""The area of a postsynaptic potential over tau, volts: what an instantaneous one would jump by."""
WEIGHT = PSP * TAU / TAU_SYNAPSE
RATIO = 5.0
UNIT = 40e-6
"""Volts: 1 pA through the membrane's resistance of 40 MOhm, the rule's reference weight."""
DRIVE, EXTERNAL_RATE, EXTERNAL_PSP = 8e-3, 1000.0, 1e-3


def network(seed: int, scale: float = 1.0) -> PlasticNetwork:
    """Return the network; ``scale`` shrinks its populations and leaves the number of synapses a cell."""
    sizes = {"excitatory": round(EXCITATORY * scale), "inhibitory": round(INHIBITORY * scale)}
    synapses = Current(TAU_SYNAPSE, TAU_SYNAPSE)
    rule = PowerLawSTDP(
        lambda_=0.1,
        alpha=0.0513,
        w0=UNIT,
        mu=0.4,
        tau_plus=15e-3,
        tau_minus=30e-3,
        w_max=5 * WEIGHT,
        coincidence="exclusive",
    )

    def wires(pre: str, post: str, number: int, **others: Any) -> Projection:
        weight = WEIGHT * (RATIO if others.get("inhibitory") else 1.0)
        connector = FixedProbability(min(1.0, P / scale), seed=4 * seed + number)
        return Projection(pre=pre, post=post, connector=connector, weight=weight, delay=DELAY, **others)

    parts: dict[str, Any] = {}
    for name, size in sizes.items():
        parts[name] = LIFCells(
            size=size, tau=TAU, v_threshold=THRESHOLD, refractory=REFRACTORY, synapses=synapses, drive=DRIVE
        )
        parts[f"noise_{name}"] = PoissonSource(size, rate=EXTERNAL_RATE)
        weight = EXTERNAL_PSP * TAU / TAU_SYNAPSE
        parts[f"from_noise_{name}"] = Projection(
            pre=f"noise_{name}", post=name, connector=OneToOne(), weight=weight, delay=0
        )
    return PlasticNetwork.of(
        **parts,
        ee=wires("excitatory", "excitatory", 0, rule=rule),
        ei=wires("excitatory", "inhibitory", 1),
        ie=wires("inhibitory", "excitatory", 2, inhibitory=True),
        ii=wires("inhibitory", "inhibitory", 3, inhibitory=True),
    )


def run(threads: int, seed: int, settle: float = SETTLE, seconds: float = SECONDS, scale: float = 1.0) -> Outcome:
    """Run the network; speed is that of the observed part, memory the process's peak."""
    begun = time.perf_counter()
    simulator = PlasticSimulator(network(seed, scale), dt=DT, seed=seed, threads=threads)
    built = time.perf_counter() - begun
    first = simulator.run(settle, watch=[Rates(every=0.1)])
    late = simulator.run(seconds, state=first.state, watch=[Spikes("excitatory"), Rates(every=0.1)])
    places = list(simulator.network.projections)
    plastic = places.index("ee")
    updates = late.counts.pre_updates[plastic] + late.counts.post_updates[plastic]
    before, after = first.weights("ee").weight, late.weights("ee").weight
    rate, cv = spike_statistics(late.tables["plastic_spikes"], seconds, round(EXCITATORY * scale))
    figures = {
        "plastic synapses": float(len(after)),
        "synapses": float(sum(len(late.weights(name).weight) for name in places)),
        "rate of excitatory cells, Hz": rate,
        "CV of the intervals": cv,
        "mean weight, of the first": float(after.mean() / WEIGHT),
        "sd of the weights, of the first": float(after.std() / WEIGHT),
        "correlation of weights over the run": float(np.corrcoef(before[:100_000], after[:100_000])[0, 1]),
        "building, s": built,
        "seconds a second": late.seconds / seconds,
        "plastic updates a second": updates / late.seconds,
        "deliveries a second": sum(late.counts.deliveries) / late.seconds,
        "peak memory, GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
    }
    counts, edges = np.histogram(after / np.float32(WEIGHT), 50, (0.8, 1.2))
    rates = [rate_curve(part.tables["plastic_rates"], "excitatory") for part in (first, late)]
    course = Curve(np.concatenate([part.x for part in rates]), np.concatenate([part.y for part in rates]))
    return Outcome(figures, {"rate": course, "weights": Curve(edges[:-1], counts)})


def draw(curves: pl.DataFrame, axes: Sequence[Any]) -> None:
    """Draw the rate of the excitatory cells, and the histogram of plastic weights at the end."""
    axes[0].plot(*curve_of(curves, "rate", "1 thread"))
    axes[0].set(
        xlabel="time, s", ylabel="rate, Hz", title="recurrent network: rate of excitatory cells", ylim=(0, None)
    )
    left, heights = curve_of(curves, "weights", "1 thread")
    axes[1].bar(left, heights, width=float(left[1] - left[0]), align="edge", edgecolor="white")
    axes[1].set(xlabel="weight, of the first one", ylabel="synapses", title="plastic weights at the end")


SETTINGS_SHOWN = {
    "cells": f"{EXCITATORY} excitatory, {INHIBITORY} inhibitory: tau {1e3 * TAU:.0f} ms, threshold {1e3 * THRESHOLD:.0f} mV, refractory {1e3 * REFRACTORY} ms",
    "synapses": f"probability {P}, delay {1e3 * DELAY * DT:.1f} ms; currents of {1e3 * TAU_SYNAPSE} ms, {1e3 * PSP:.2f} mV times tau in all, inhibitory {RATIO:.0f} times",
    "rule": f"power law, between excitatory cells: lambda 0.1, alpha 0.0513, mu 0.4, w0 1 pA ({1e6 * UNIT:.0f} uV), tau 15 ms and 30 ms, exclusive",
    "external input": f"{1e3 * DRIVE:.0f} mV of drive, and Poisson kicks of {1e3 * EXTERNAL_PSP:.0f} mV at {EXTERNAL_RATE:.0f} Hz a cell",
    "run": f"{SETTLE:.0f} s to settle, then {SECONDS:.0f} s, over which figures are taken; dt {1e3 * DT:.1f} ms",
}
"""What the page says."""

RECURRENT = Application({"1 thread": partial(run, 1), "2 threads": partial(run, 2)}, (0,), draw, SETTINGS_SHOWN)
