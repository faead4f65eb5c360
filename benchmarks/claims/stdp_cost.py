"""Claim: the cost of a plastic network follows its spikes, and hardly its size.

Time of a step against updates a step at fixed size (a straight line, R2 >= .99); time and memory of an update against the number of
synapses, from 0.1 to 100 M, on both stores. An update is one plastic synapse visited by an arrival or by a post spike. ``--save`` also draws
docs/stdp_size.png.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import printed, report, results_option
from benchmarks.peers.stdp.cases import CASES, Case
from benchmarks.peers.stdp.pysnn_run import run
from pysnn.files.aside import write_aside

RATES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
REPEATS = 3
SIZES = (3_200, 10_000, 32_000, 100_000)
"""Neurons of recurrent networks with p = .01: 0.1, 1, 10, 100 M synapses."""
PLOT = Path(__file__).parents[2] / "docs" / "stdp_size.png"


def best(case: Case, store: str) -> dict[str, Any]:
    """Return the fastest of some runs."""
    return min((run(case, store=store) for _ in range(REPEATS)), key=lambda row: row["wall_s_per_s"])


def rate_rows() -> list[dict[str, Any]]:
    """Time networks of one size at rising rates of their inputs."""
    rows = []
    for name in ("small", "wide"):
        for store in ("eager", "lazy"):
            found = [best(replace(CASES[name], rate=rate), store) for rate in RATES]
            steps = CASES[name].seconds / CASES[name].dt
            updates = np.array([row["updates"] / steps for row in found])
            times = np.array([1e6 * row["wall_s_per_s"] * CASES[name].dt for row in found])
            slope, intercept = np.polyfit(updates, times, 1)
            unexplained = np.sum((times - np.polyval([slope, intercept], updates)) ** 2)
            r2 = 1 - unexplained / np.sum((times - times.mean()) ** 2)
            at = {f"us a step at {rate:g} Hz": round(float(t), 3) for rate, t in zip(RATES, times, strict=True)}
            line = {
                "ns an update": 1e3 * float(slope),
                "us a step without updates": float(intercept),
                "r2": round(float(r2), 5),
            }
            rows.append({"network": name, "store": store, **at, **line})
    return rows


def size_rows() -> list[dict[str, Any]]:
    """Time recurrent networks of rising size, each in a process of its own, whose peak memory is read."""
    own = (sys.executable, "-m", "benchmarks.claims.stdp_cost", "--one")
    return [printed(*own, str(neurons), store) for neurons in SIZES for store in ("eager", "lazy")]


def one(neurons: int, store: str) -> dict[str, Any]:
    """Build and run one network; its peak memory is that of this process, less what Python and NumPy take."""
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    case = replace(CASES["big"], sources=neurons, targets=neurons, seconds=max(0.5, 3e4 / neurons))
    found = run(case, store=store)
    synapses = neurons * neurons * case.p
    peak = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    return {
        "M synapses": round(synapses / 1e6, 3),
        "store": store,
        "M updates/s": round(found["updates_per_s"] / 1e6, 1),
        "times real time": round(1 / found["wall_s_per_s"], 3),
        "bytes a synapse, peak": round(peak / synapses, 1),
        "s to build": round(found["build_s"], 2),
    }


def draw(rows: list[dict[str, Any]]) -> None:
    """Draw time against the number of synapses: a second of the network, and an update."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    for store in ("eager", "lazy"):
        own = [row for row in rows if row["store"] == store]
        synapses = [1e6 * row["M synapses"] for row in own]
        axes[0].loglog(synapses, [1 / row["times real time"] for row in own], "o-", label=store)
        axes[1].semilogx(synapses, [1e3 / row["M updates/s"] for row in own], "o-", label=store)
    axes[0].set(
        xlabel="synapses", ylabel="time for a second of the network, s", title="recurrent networks, 5 Hz, one thread"
    )
    axes[1].set(xlabel="synapses", ylabel="time, ns", title="a synaptic update", ylim=(0, None))
    axes[1].legend()
    write_aside(PLOT, lambda aside: figure.savefig(aside, format="png", dpi=90))
    plt.close(figure)


def main() -> None:
    """Measure both."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(int(sys.argv[2]), sys.argv[3])))
        return
    save = results_option(__doc__ or "")
    report("stdp_rate", rate_rows(), save=save, threads=1)
    sizes = size_rows()
    report("stdp_size", sizes, save=save, threads=1)
    if save:
        draw(sizes)


if __name__ == "__main__":
    main()
