"""Vogels et al. 2011: plastic inhibition brings the excitatory cells of a recurrent network to an asynchronous state of a given rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from benchmarks.experiments.stdp.application import Application, Curve, Outcome, curve_of, rate_curve, spike_statistics
from pysnn.plastic import (
    Conductance,
    FixedProbability,
    LIFCells,
    PlasticNetwork,
    PlasticSimulator,
    Projection,
    Rates,
    Spikes,
    SymmetricSTDP,
)

__all__ = ["VOGELS", "Setting", "network", "run"]

DT = 0.1e-3
SECONDS, OBSERVED = 60.0, 20.0
"""Of learning ten times as fast; then of what the figures are taken over, learning as published."""
HASTE = 10.0
EXCITATORY, INHIBITORY = 8000, 2000
P = 0.02
LEAK = 10.0
"""nS: conductances are in units of the leak."""
MAIN = "3 Hz"


@dataclass(frozen=True)
class Setting:
    """The rate that is learned, and the size of the populations, with as many synapses a cell."""

    rho0: float
    scale: float = 1.0


SETTINGS = {
    "3 Hz": Setting(3.0),
    "5 Hz": Setting(5.0),
    "10 Hz": Setting(10.0),
}


def network(setting: Setting, seed: int, haste: float = 1.0) -> PlasticNetwork:
    """Return the network; its learning rate is ``haste`` times the published one."""
    scale = setting.scale
    sizes = (round(EXCITATORY * scale), round(INHIBITORY * scale))
    synapses = Conductance(5e-3, 10e-3, reversal_excitatory=0.0, reversal_inhibitory=-80e-3)
    cells = [
        LIFCells(
            size=size,
            tau=20e-3,
            v_rest=-60e-3,
            v_reset=-60e-3,
            v_threshold=-50e-3,
            refractory=5e-3,
            synapses=synapses,
            drive=20e-3,
        )
        for size in sizes
    ]
    rule = SymmetricSTDP(eta=haste * 0.01 / LEAK, rho0=setting.rho0, tau=20e-3, w_max=100.0 / LEAK)

    def wires(pre: str, post: str, weight: float, number: int, **others: Any) -> Projection:
        connector = FixedProbability(min(1.0, P / scale), seed=4 * seed + number)
        return Projection(pre=pre, post=post, connector=connector, weight=weight / LEAK, **others)

    return PlasticNetwork.of(
        excitatory=cells[0],
        inhibitory=cells[1],
        ee=wires("excitatory", "excitatory", 0.3, 0),
        ei=wires("excitatory", "inhibitory", 0.3, 1),
        ii=wires("inhibitory", "inhibitory", 3.0, 2, inhibitory=True),
        ie=wires("inhibitory", "excitatory", 0.0, 3, inhibitory=True, rule=rule),
    )


def run(setting: Setting, seed: int, seconds: float = SECONDS, observed: float = OBSERVED) -> Outcome:
    """Let the network learn, then look at it while it goes on learning."""
    hasty, published = (PlasticSimulator(network(setting, seed, haste), dt=DT, seed=seed) for haste in (HASTE, 1.0))
    first = hasty.run(seconds, watch=[Rates(every=0.2)])
    late = published.run(observed, state=first.state, watch=[Spikes("excitatory"), Rates(every=0.2)])
    spikes = late.tables["plastic_spikes"]
    size = published.network.populations["excitatory"].size
    rate, cv = spike_statistics(spikes, observed, size)
    courses = [rate_curve(part.tables["plastic_rates"], "excitatory") for part in (first, late)]
    course = Curve(np.concatenate([part.x for part in courses]), np.concatenate([part.y for part in courses]))
    weights = late.weights("ie").weight * np.float32(LEAK)
    figures = {
        "rate in the first 0.2 s, Hz": float(course.y[0]),
        "rate at the end, Hz": rate,
        "rate at the end, of rho0": rate / setting.rho0,
        "CV of the intervals": cv,
        "mean inhibitory weight, nS": float(weights.mean()),
    }
    last = spikes.filter((pl.col("time") >= spikes["time"].max() - 1.0) & (pl.col("neuron") < 200))  # type: ignore[operator]
    return Outcome(figures, {"rate": course, "raster": Curve(last["time"].to_numpy(), last["neuron"].to_numpy())})


def draw(curves: pl.DataFrame, axes: Sequence[Any]) -> None:
    """Draw the mean rate, and the spikes of the last second of two hundred excitatory cells."""
    for case, setting in SETTINGS.items():
        (line,) = axes[0].plot(*curve_of(curves, "rate", case), linewidth=0.8, label=case)
        axes[0].axhline(setting.rho0, color=line.get_color(), linewidth=0.6, linestyle="--")
    axes[0].set(xlabel="time, s", ylabel="mean rate, Hz", yscale="log", title="Vogels et al.: rate of excitatory cells")
    rates = [3, 5, 10, 20, 50]
    axes[0].set_yticks(rates, [str(rate) for rate in rates])
    axes[0].minorticks_off()
    axes[0].legend(title="rho0")
    axes[1].plot(*curve_of(curves, "raster", MAIN), ".", markersize=1.5)
    axes[1].set(xlabel="time, s", ylabel="excitatory cell", title=f"their spikes in the last second, {MAIN}")


SETTINGS_SHOWN = {
    "cells": f"{EXCITATORY} excitatory, {INHIBITORY} inhibitory: tau 20 ms, rest and reset -60 mV, threshold -50 mV, refractory 5 ms, drive 20 mV",
    "synapses": f"probability {P}; conductances of 5 ms and 10 ms, reversal 0 mV and -80 mV; 0.3 nS from excitatory, 3 nS between inhibitory cells, leak {LEAK:.0f} nS",
    "rule": "symmetric, from inhibitory to excitatory cells, from 0 on: eta 0.01 nS, tau 20 ms, bound 100 nS",
    "run": f"{SECONDS:.0f} s with {HASTE:.0f} eta, then {OBSERVED:.0f} s with eta, over which figures are taken; dt {1e3 * DT:.1f} ms",
}
"""What the page says."""

VOGELS = Application({case: partial(run, setting) for case, setting in SETTINGS.items()}, (0, 1), draw, SETTINGS_SHOWN)
