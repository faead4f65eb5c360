"""Claim: each integer convolution runs by events or by dot products, whichever is faster at its rate of spikes.

Times both for layers of several widths, at each SIMD level, and gives the rate at which they take equally long: what
``rust/core/src/clocked/synapses/choice.rs`` has as a table. Their scores and spikes are compared. Beside them is the time by lookups, where a
layer has them.
"""

import os
from functools import partial

import numpy as np

from benchmarks.common import best_of, least_seconds, report, results_option
from pysnn import IF, Conv2d, Crop, Events, Input, Network, Output
from pysnn.backends import get_backend
from pysnn.backends.base import EventInput, Executable, RunRequest
from pysnn.backends.rust import simd_levels
from pysnn.plan import Plan, PlanOptions, compile_plan

# Channels and width of the maps, as they come in networks for small images.
LAYERS = ((16, 32), (32, 16), (64, 16), (128, 8), (256, 8), (512, 4))
RATES = (0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6)
STEPS = 16


def layer(channels: int, size: int) -> Network:
    """Return a layer with a read-out of one neuron, which costs next to nothing."""
    rng = np.random.default_rng(0)
    conv = Conv2d(rng.normal(0, 0.03, (channels, channels, 3, 3)), padding=1)
    one = Crop((0, channels - 1), (0, 0, size - 1, size - 1))
    source = Input((channels, size, size))
    return Network.chain({"in": source, "conv": conv, "if": IF(), "one": one, "out": Output("count")})


def request(network: Network, rate: float) -> RunRequest:
    """Return a run on random spikes of a rate."""
    spikes = np.random.default_rng(1).random((STEPS, 1, *network.input.shape)) < rate
    offsets, index = Events.from_dense(spikes).packed(STEPS, int(np.prod(network.input.shape)))
    return RunRequest(EventInput(offsets, index, batch=1), STEPS, (STEPS,))


def forced(plan: Plan, level: str, kernel: str) -> Executable:
    """Make a plan ready for a SIMD level and a kernel."""
    os.environ["PYSNN_SIMD"], os.environ["PYSNN_KERNEL"] = level, kernel
    try:
        return get_backend("rust").compile(plan)
    finally:
        del os.environ["PYSNN_SIMD"], os.environ["PYSNN_KERNEL"]


def crossing(ratios: list[float]) -> float:
    """Return the rate at which the ratio of times passes 1, on a straight line between measured rates."""
    for i in range(1, len(RATES)):
        if ratios[i] >= 1 > ratios[i - 1]:
            part = (1 - ratios[i - 1]) / (ratios[i] - ratios[i - 1])
            return RATES[i - 1] + part * (RATES[i] - RATES[i - 1])
    return RATES[0] if ratios[0] >= 1 else float("inf")


def main() -> None:
    """Time both kernels at each level, width and rate."""
    save = results_option(__doc__ or "")
    rows = []
    # The baseline has no dot products of its own.
    for level in simd_levels()[1:]:
        for channels, size in LAYERS:
            network = layer(channels, size)
            plan = compile_plan(network, PlanOptions("int8", "events"))
            event, dot, lookup = (forced(plan, level, kernel) for kernel in ("event", "dot", "lookup"))
            ratios, dense, looked_up = [], [], []
            for rate in RATES:
                work = request(network, rate)
                a, b = event.run(work), dot.run(work)
                if not np.array_equal(a.scores, b.scores) or not np.array_equal(a.counts, b.counts):
                    raise AssertionError(f"{level}, {channels} channels, rate {rate}: kernels differ")
                times = best_of(partial(event.run, work), partial(dot.run, work))
                ratios.append(times[0] / times[1])
                dense.append(times[1])
                if any("lookup" in word for word in lookup.run(work).kernels):
                    looked_up += least_seconds([partial(lookup.run, work)])
            shares = {f"{rate:g}": round(ratio, 2) for rate, ratio in zip(RATES, ratios, strict=True)}
            row = {
                "level": level,
                "layer": f"{channels}-{channels}, {size}x{size}",
                "dot_ms": round(1e3 * min(dense), 3),
                "lookup_ms": round(1e3 * min(looked_up), 3) if looked_up else None,
            }
            rows.append(row | shares | {"crossing": round(crossing(ratios), 3)})
    report("kernels", rows, save=save, steps=STEPS, ratio="time by events / time by dot products")


if __name__ == "__main__":
    main()
