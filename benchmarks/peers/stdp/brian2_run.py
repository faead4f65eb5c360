"""A case in Brian2, C++ standalone, one thread, traces event-driven: prints one JSON object.

Left alone, Brian2 adds arrivals behind the integration and the threshold of their step (``v <- a (v + I)`` with a = exp(-dt/tau)) and also to
cells that are refractory. At dt = 1 ms this alone takes a sixth of the output rate. So arrivals are delivered before the integration, as in pysnn
(``pre.when``), divided by a, and not to refractory cells: the output rates of both agree.
"""

import json
import math
import sys
import tempfile
from typing import Any

import numpy as np

from benchmarks.peers.stdp.cases import A_MINUS, A_PLUS, CASES, KICK, REFRACTORY, TAU, THRESHOLD, Case


def run(case: Case, repeat: int) -> dict[str, Any]:
    """Return seconds, updates and rates of the fastest run of one program."""
    import brian2 as b2  # type: ignore[import-not-found, unused-ignore]

    with tempfile.TemporaryDirectory() as folder:
        b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
        b2.seed(5)
        b2.defaultclock.dt = case.dt * b2.second
        w_max = 2.0 * case.w0
        names = {
            "tau": TAU * b2.second,
            "w_max": w_max,
            "up": A_PLUS * w_max,
            "down": A_MINUS * w_max,
            "keep": math.exp(case.dt / TAU),
            "KICK": KICK,
            "THRESHOLD": THRESHOLD,
        }
        inputs = b2.PoissonGroup(case.sources, rates=case.rate * b2.Hz)
        cells = b2.NeuronGroup(
            case.targets, "dv/dt = -v/tau : 1 (unless refractory)", threshold="v >= THRESHOLD", reset="v = 0",
            refractory=REFRACTORY * b2.second, method="exact", namespace=names,
        )  # fmt: skip
        wires = b2.Synapses(
            cells if case.recurrent else inputs, cells,
            "w : 1\ndx/dt = -x/tau : 1 (event-driven)\ndy/dt = -y/tau : 1 (event-driven)",
            on_pre="v_post += w*keep*int(not_refractory_post)\nw = clip(w - down*y, 0, w_max)\nx += 1", on_post="w = clip(w + up*x, 0, w_max)\ny += 1", namespace=names,
        )  # fmt: skip
        wires.connect(condition="i != j" if case.recurrent else None, p=case.p)
        wires.w = "rand()*w_max"
        objects = [inputs, cells, wires]
        wires.pre.when = "before_groups"
        if case.recurrent:
            kicks = b2.Synapses(inputs, cells, on_pre="v_post += KICK", namespace=names)
            kicks.connect(j="i")
            kicks.pre.when = "before_groups"
            objects.append(kicks)
        counts = [b2.SpikeMonitor(group, record=False) for group in (inputs, cells)]
        network = b2.Network(*objects, *counts)
        network.run(case.seconds * b2.second)
        b2.device.build(directory=folder, compile=True, run=True, debug=False)
        times = [float(b2.device._last_run_time)]  # noqa: SLF001 - the only place that has the time of the loop alone
        for _ in range(1, repeat):
            b2.device.run(directory=folder, with_output=False, run_args=[])
            times.append(float(b2.device._last_run_time))  # noqa: SLF001 - as above
        seconds = min(times)
        fan_out = np.bincount(wires.i[:], minlength=case.sources)
        fan_in = np.bincount(wires.j[:], minlength=case.targets)
        pre = counts[1] if case.recurrent else counts[0]
        updates = int((pre.count[:] * fan_out).sum() + (counts[1].count[:] * fan_in).sum())
        return {
            "simulator": f"Brian2 {b2.__version__} C++ standalone",
            "wall_s_per_s": seconds / case.seconds,
            "updates": updates,
            "updates_per_s": updates / seconds,
            "rate_in": float(counts[0].num_spikes) / (case.seconds * case.sources),
            "rate_out": float(counts[1].num_spikes) / (case.seconds * case.targets),
        }


if __name__ == "__main__":
    print(json.dumps(run(CASES[sys.argv[1]], int(sys.argv[2]))))
