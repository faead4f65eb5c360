"""Claim: the inner loops of the kernels run at a known share of what a core can do.

``peak.c``, compiled with ``cc``, measures how many of the vector instructions that the loops are made of a core does a second. Layers
then run at a rate of 10 %, without counting, and their weight additions (or multiplications) a second are told as such instructions:
16 float32 additions, 32 additions in 16-bit lanes, or 64 multiplications each. AVX-512 only.
"""

import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.claims.kernels import LAYERS, STEPS, forced, layer, request
from benchmarks.common import best_of, report, results_option
from pysnn.backends.rust import simd_levels
from pysnn.plan import PlanOptions, compile_plan
from pysnn.plan.fanout import fan_outs
from pysnn.plan.ops import ConvOp

_LOOPS: tuple[tuple[str, Any, str, str, int], ...] = (
    ("event float32", "float32", "event", "load_add_float32", 16),
    ("event int8", "int8", "event", "load_add_int16", 32),
    ("dot int8", "int8", "dot", "dot_vnni", 64),
)
RATE = 0.1
LEVEL = "avx512"


def peaks() -> dict[str, float]:
    """Return instructions a second, in thousands of millions."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "peak"
        subprocess.run(["cc", "-O2", str(Path(__file__).parent / "peak.c"), "-o", str(program)], check=True)
        lines = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: float(value) for name, value in (line.split() for line in lines)}


def rates(channels: int, size: int, peak: dict[str, float]) -> dict[str, Any]:
    """Return what one layer reaches: thousands of millions of operations a second, and their share of the peak."""
    network = layer(channels, size)
    work = request(network, RATE)
    row: dict[str, Any] = {"layer": f"{channels}-{channels}, {size}x{size}"}
    for name, precision, kernel, limit, lanes in _LOOPS:
        plan = compile_plan(network, PlanOptions(precision, "events"))
        engine = forced(plan, LEVEL, kernel)
        conv = next(k for k, op in enumerate(plan.ops) if isinstance(op, ConvOp))
        weights = plan.ops[conv]
        assert isinstance(weights, ConvOp)
        counted = int(engine.run(work).counts[-1, conv, 1:3].sum())
        operations = (
            counted
            if kernel == "event"
            else int(fan_outs(weights, plan.ops[weights.source].spec.shape).total.sum()) * STEPS
        )
        run = partial(engine.run, replace(work, count=False))
        reached = operations / min(best_of(run, run)) * 1e-9
        row |= {f"{name} G/s": round(reached, 1), f"{name} share": round(reached / lanes / peak[limit], 2)}
    return row


def main() -> None:
    """Measure the peaks, then each layer."""
    save = results_option(__doc__ or "")
    if LEVEL not in simd_levels():
        sys.exit("this machine has no AVX-512 VNNI")
    peak = peaks()
    report("roofline", [rates(*sizes, peak) for sizes in LAYERS], save=save, rate=RATE, steps=STEPS, **peak)


if __name__ == "__main__":
    main()
