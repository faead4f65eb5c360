"""Song, Miller & Abbott 2000: competition of 1000 synapses onto one cell by additive STDP makes their weights bimodal."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from benchmarks.experiments.stdp.application import Application, Curve, Outcome, curve_of, rate_curve
from pysnn.plastic import (
    AllToAll,
    Conductance,
    LIFCells,
    PairSTDP,
    PlasticNetwork,
    PlasticSimulator,
    PoissonSource,
    Projection,
    Rates,
    Uniform,
)

__all__ = ["SONG", "network"]

DT = 0.1e-3
SECONDS = 1000.0
LATE = 500.0
"""What the rate is taken over."""
G_MAX = 0.01
INPUTS = 1000
BINS = 20
RATES = (15.0, 25.0, 40.0)
MAIN = "15 Hz"


def network(rate: float, seed: int) -> PlasticNetwork:
    """Return the network with inputs of a rate."""
    cell = LIFCells(
        size=1,
        tau=10e-3,
        v_rest=-74e-3,
        v_reset=-60e-3,
        v_threshold=-54e-3,
        synapses=Conductance(tau_excitatory=5e-3, reversal_excitatory=0.0),
    )
    rule = PairSTDP(a_plus=0.005, a_minus=0.00525, tau_plus=20e-3, tau_minus=20e-3, w_max=G_MAX)
    wires = Projection(
        pre="inputs", post="cell", connector=AllToAll(), weight=Uniform(0.0, G_MAX, seed=seed), delay=0, rule=rule
    )
    return PlasticNetwork.of(inputs=PoissonSource(INPUTS, rate=rate), cell=cell, wires=wires)


def run(rate: float, seed: int, seconds: float = SECONDS) -> Outcome:
    """Run the network; weights are those of the end."""
    simulator = PlasticSimulator(network(rate, seed), dt=DT, seed=seed)
    result = simulator.run(seconds, watch=[Rates(every=seconds / 100)])
    weights = result.weights("wires").weight / np.float32(G_MAX)
    course = rate_curve(result.tables["plastic_rates"], "cell")
    counts, edges = np.histogram(weights, BINS, (0.0, 1.0))
    figures = {
        "rate at the start, Hz": float(course.y[0]),
        "rate at the end, Hz": float(course.y[course.x > seconds * LATE / SECONDS].mean()),
        "weights below 10 %": float((weights < 0.1).mean()),
        "weights above 90 %": float((weights > 0.9).mean()),
        "mean weight": float(weights.mean()),
    }
    return Outcome(figures, {"rate": course, "weights": Curve(edges[:-1], counts / INPUTS)})


def draw(curves: pl.DataFrame, axes: Sequence[Any]) -> None:
    """Draw the histogram of weights at the end, and the rate of the cell."""
    left, heights = curve_of(curves, "weights", MAIN)
    axes[0].bar(left, heights, width=1 / BINS, align="edge", edgecolor="white")
    axes[0].set(
        xlabel="weight / g_max", ylabel="share of the synapses", title=f"Song et al.: weights, inputs of {MAIN}"
    )
    for rate in RATES:
        case = f"{rate:.0f} Hz"
        axes[1].plot(*curve_of(curves, "rate", case), label=case)
    axes[1].set(xlabel="time, s", ylabel="rate of the cell, Hz", yscale="log", title="rate, by that of the inputs")
    axes[1].legend()


SETTINGS_SHOWN = {
    "inputs": f"{INPUTS} Poisson sources, onto one cell",
    "cell": "tau 10 ms, rest -74 mV, threshold -54 mV, reset -60 mV; conductance of 5 ms, reversal 0 mV",
    "rule": "pair, additive: A+ 0.005, A- 0.00525 of g_max, tau 20 ms and 20 ms",
    "weights": f"evenly between 0 and g_max = {G_MAX} of the leak",
    "run": f"{SECONDS:.0f} s, dt {1e3 * DT:.1f} ms; the rate at the start is that of the first hundredth, at the end that of the last {SECONDS - LATE:.0f} s",
}
"""What the page says."""

SONG = Application({f"{rate:.0f} Hz": partial(run, rate) for rate in RATES}, (0, 1, 2), draw, SETTINGS_SHOWN)
