"""A case in NEST, stdp_synapse_hom, one thread: prints one JSON object."""

import json
import sys
import time
from typing import Any

import numpy as np

from benchmarks.peers.stdp.cases import A_MINUS, A_PLUS, CASES, KICK, REFRACTORY, TAU, THRESHOLD, Case


def run(case: Case, repeat: int) -> dict[str, Any]:
    """Return seconds, updates and rates of the fastest of some runs, one behind the other."""
    import nest  # type: ignore[import-not-found, unused-ignore]

    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    ms, w_max = 1e3, 2.0 * case.w0
    nest.SetKernelStatus({"resolution": case.dt * ms, "local_num_threads": 1, "rng_seed": 5})
    inputs = nest.Create("parrot_neuron", case.sources)
    nest.Connect(nest.Create("poisson_generator", params={"rate": case.rate}), inputs, syn_spec={"delay": case.dt * ms})
    params = {
        "tau_m": TAU * ms, "V_th": THRESHOLD, "E_L": 0.0, "V_reset": 0.0, "V_m": 0.0, "t_ref": REFRACTORY * ms, "tau_minus": 20.0,
    }  # fmt: skip
    cells = nest.Create("iaf_psc_delta", case.targets, params=params)
    rule = {
        "lambda": A_PLUS,
        "alpha": A_MINUS / A_PLUS,
        "mu_plus": 0.0,
        "mu_minus": 0.0,
        "Wmax": w_max,
        "tau_plus": 20.0,
    }
    nest.CopyModel("stdp_synapse_hom", "plastic", rule)
    connect = {"rule": "pairwise_bernoulli", "p": case.p, "allow_autapses": not case.recurrent}
    pre = cells if case.recurrent else inputs
    synapse = {"synapse_model": "plastic", "weight": nest.random.uniform(0.0, w_max), "delay": case.dt * ms}
    nest.Connect(pre, cells, connect, synapse)
    if case.recurrent:
        nest.Connect(inputs, cells, "one_to_one", {"weight": KICK, "delay": case.dt * ms})
    recorders = [nest.Create("spike_recorder") for _ in range(2)]
    for group, recorder in zip((inputs, cells), recorders, strict=True):
        nest.Connect(group, recorder)
    nest.Simulate(100.0)
    sources, targets = _ends(nest)
    fan_out, fan_in = np.bincount(sources), np.bincount(targets)
    found = []
    for _ in range(repeat):
        before = [recorder.n_events for recorder in recorders]
        begun = time.perf_counter()
        nest.Simulate(case.seconds * ms)
        seconds = time.perf_counter() - begun
        spikes = [np.asarray(one.events["senders"])[first:] for one, first in zip(recorders, before, strict=True)]
        events = spikes[1] if case.recurrent else spikes[0]
        updates = int(fan_out[events].sum() + fan_in[spikes[1]].sum())
        rates = [
            len(one) / (case.seconds * size) for one, size in zip(spikes, (case.sources, case.targets), strict=True)
        ]
        found.append({
            "simulator": f"NEST {nest.__version__} stdp_synapse_hom",
            "wall_s_per_s": seconds / case.seconds,
            "updates": updates,
            "updates_per_s": updates / seconds,
            "rate_in": rates[0],
            "rate_out": rates[1],
        })  # fmt: skip
    return {**max(found, key=lambda row: row["updates_per_s"]), "rate_out": found[0]["rate_out"]}


def _ends(nest: Any) -> tuple[Any, Any]:
    found = nest.GetConnections(synapse_model="plastic").get(["source", "target"])
    return np.asarray(found["source"]), np.asarray(found["target"])


if __name__ == "__main__":
    print(json.dumps(run(CASES[sys.argv[1]], int(sys.argv[2]))))
