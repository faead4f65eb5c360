"""Claim: choosing a kernel costs under 10 % of a run of 100 images.

The same layer and spikes with the choice left to the engine, and with the kernel that it chooses forced: the ratio of the times
is what looking at the rates costs. Each block of each image is looked at, so it is the same for any number of images.
"""

import os
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.claims.kernels import LAYERS, STEPS, forced, layer, request
from benchmarks.common import best_of, report, results_option
from pysnn.backends import get_backend
from pysnn.backends.base import EventInput
from pysnn.backends.rust import simd_level
from pysnn.plan import PlanOptions, compile_plan

RATES = (0.02, 0.3)
IMAGES = 100


def main() -> None:
    """Time each layer at a low and a high rate."""
    save = results_option(__doc__ or "")
    level = simd_level()
    rows = []
    for channels, size in LAYERS:
        network = layer(channels, size)
        plan = compile_plan(network, PlanOptions("int8", "events"))
        free = get_backend("rust").compile(plan)
        for rate in RATES:
            one = request(network, rate)
            assert isinstance(one.input, EventInput)
            spikes = one.input.index.size
            offsets = one.input.offsets[:-1] + spikes * np.arange(IMAGES)[:, None]
            offsets = np.append(offsets.ravel(), spikes * IMAGES).astype(np.int64)
            many = EventInput(offsets, np.tile(one.input.index, IMAGES), batch=IMAGES)
            work = replace(one, input=many)
            words = free.run(work).kernels
            kernel = "dot" if "dot" in words else "event"
            chosen, known = best_of(partial(free.run, work), partial(forced(plan, level, kernel).run, work), repeats=15)
            row = {"layer": f"{channels}-{channels}, {size}x{size}", "rate": rate, "kernel": kernel}
            rows.append(row | {"ms": round(1e3 * chosen, 1), "chosen / forced": round(chosen / known, 3)})
    name = f"rust/{level}"
    report("choice", rows, save=save, backend=name, steps=STEPS, images=IMAGES, simd=os.environ.get("PYSNN_SIMD", ""))


if __name__ == "__main__":
    main()
