"""Run the network of Vogels et al. 2011 in Brian2, C++ standalone, one thread: prints one JSON object, ``vogels_brian2.py RHO0 HASTE SECONDS LATE``."""

import json
import sys
import tempfile
from typing import Any

import numpy as np

__all__ = ["run"]

CELLS = """
dv/dt = (-leak*(v - rest) - g_e*v - g_i*(v - reversal_i) + drive)/capacitance : volt (unless refractory)
dg_e/dt = -g_e/(5*ms) : siemens
dg_i/dt = -g_i/(10*ms) : siemens
"""
TRACES = """
w : 1
dx/dt = -x/tau : 1 (event-driven)
dy/dt = -y/tau : 1 (event-driven)
"""


def run(rho0: float, haste: float, seconds: float, late: float) -> dict[str, Any]:
    """Return the mean rate of excitatory cells over the last ``late`` seconds, with the mean inhibitory weight in nS and the time of the loop."""
    import brian2 as b2  # type: ignore[import-not-found, unused-ignore]

    with tempfile.TemporaryDirectory() as folder:
        b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
        b2.seed(0)
        b2.defaultclock.dt = 0.1 * b2.ms
        names = {
            "leak": 10 * b2.nS, "rest": -60 * b2.mV, "reversal_i": -80 * b2.mV, "capacitance": 200 * b2.pF, "drive": 200 * b2.pA,
            "tau": 20 * b2.ms, "eta": haste * 0.01, "alpha": 2 * rho0 * 20e-3,
        }  # fmt: skip
        cells = b2.NeuronGroup(
            10_000, CELLS, threshold="v > -50*mV", reset="v = rest", refractory=5 * b2.ms, method="euler", namespace=names
        )  # fmt: skip
        cells.v = names["rest"]
        excitatory, inhibitory = cells[:8000], cells[8000:]
        from_excitatory = b2.Synapses(excitatory, cells, on_pre="g_e_post += 0.3*nS")
        between = b2.Synapses(inhibitory, inhibitory, on_pre="g_i_post += 3*nS")
        plastic = b2.Synapses(
            inhibitory, excitatory, TRACES, namespace=names,
            on_pre="x += 1\nw = clip(w + eta*(y - alpha), 0, 100)\ng_i_post += w*nS",
            on_post="y += 1\nw = clip(w + eta*x, 0, 100)",
        )  # fmt: skip
        for wires in (from_excitatory, between, plastic):
            wires.connect(p=0.02)
        rates = b2.PopulationRateMonitor(excitatory)
        network = b2.Network(cells, from_excitatory, between, plastic, rates)
        network.run(seconds * b2.second)
        b2.device.build(directory=folder, compile=True, run=True, debug=False)
        return {
            "simulator": f"Brian2 {b2.__version__} C++ standalone",
            "rate": float(np.asarray(rates.rate)[-round(late * 1e4) :].mean()),
            "weight": float(np.mean(plastic.w[:])),
            "seconds": float(b2.device._last_run_time),  # noqa: SLF001 - the only place that has the time of the loop alone
        }


if __name__ == "__main__":
    print(json.dumps(run(*map(float, sys.argv[1:]))))
