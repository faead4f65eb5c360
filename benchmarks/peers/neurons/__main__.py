"""Claim: networks of the neurons that people train with run faster here than in the libraries they come from, spike for spike.

    make peers && PYTHONPATH=. .venv-peers/bin/python -m benchmarks.peers.neurons [--save] [--quick]

100 steps, float32, one thread. Libraries get the input as the dense float32 tensor that they take, weights over all steps at once, and the
faster of the whole batch and parts of it; pysnn gets it as events. How often each output spikes must be equal.
"""

import argparse
import os
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import torch

from benchmarks.common import report
from benchmarks.peers.neurons.cases import KINDS, LIBRARIES, NETWORKS, STEPS, Case, spikes
from benchmarks.peers.neurons.ours import network
from benchmarks.peers.neurons.torch_nets import program
from pysnn import Events, Simulator

ROUNDS = 5
ENOUGH_S = 1.5
PARTS = 8


def libraries(case: Case) -> list[str]:
    """Return the libraries that have such a network."""
    recurrent = case.kind == "recurrent LIF"
    return [name for name in LIBRARIES if not (recurrent and name == "SpikingJelly")]


def cases() -> list[Case]:
    """Return what is measured; recurrent connections within the dense network alone."""
    found = [Case(*of) for of in product(NETWORKS, KINDS, (0.02, 0.1), (1, 64))]
    return [case for case in found if case.kind != "recurrent LIF" or case.network == "784-800-10"]


def least(works: list[Callable[[], object]]) -> list[float]:
    """Return the least milliseconds of each of several works, called in turn."""
    found = [float("inf")] * len(works)
    began = time.perf_counter()
    for done in range(200):
        if done >= ROUNDS and time.perf_counter() - began > ENOUGH_S * len(works):
            break
        for k, work in enumerate(works):
            start = time.perf_counter()
            work()
            found[k] = min(found[k], 1e3 * (time.perf_counter() - start))
    return found


def measured(case: Case, library: str) -> dict[str, Any]:
    """Run a network in its library and here, compare, and time both."""
    given = spikes(case)
    x, events = torch.from_numpy(given.astype(np.float32)), Events.from_dense(given)
    theirs = program(case, library)
    own = network(case, library)
    simulator = Simulator(own, coding="events", threads=1, count=False, keep_state=False)
    works: list[Callable[[], Any]] = [partial(simulator.run, events, steps=STEPS), partial(theirs, x)]
    if case.batch > PARTS:
        works.append(lambda: torch.cat([theirs(part) for part in x.split(PARTS, dim=1)]))
    expected = works[0]().scores[0]
    equal = all(np.array_equal(np.asarray(work()), expected) for work in works[1:])
    few = [name for name in own.neurons if name != own.neurons[-1]]
    recorded = Simulator(own, coding="events", count=False).run(events, steps=STEPS, record=few).spikes
    ours, *others = least(works)
    return {
        "network": case.network,
        "neuron": case.kind,
        "input, % a step": 100 * case.rate,
        "hidden, % a step": round(100 * float(np.mean([array.mean() for array in recorded.values()])), 1),
        "batch": case.batch,
        "library": library,
        "equal": equal,
        "its ms": round(min(others), 2),
        "pysnn ms": round(ours, 2),
        "times as fast": round(min(others) / ours, 2),
    }


def main() -> None:
    """Measure all, or for a first look the smaller batches."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--save", action="store_true", help="write benchmarks/tables/claim_neurons.parquet")
    parser.add_argument("--quick", action="store_true", help="batch 1 alone")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    chosen = [case for case in cases() if case.batch == 1 or not options.quick]
    rows = []
    for case in chosen:
        for library in libraries(case):
            rows.append(measured(case, library))
            print(rows[-1], flush=True)
    report("neurons", rows, save=options.save, steps=STEPS, threads=1)


if __name__ == "__main__":
    main()
