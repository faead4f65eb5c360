"""The networks here: the neuron of each library, to the bit."""

from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.peers.neurons.cases import ALPHA, BETA, TAU, TAU_SYN, Case, weights
from pysnn import AvgPool2d, Conv2d, Delay, DiscreteCubaLIF, DiscreteLIF, Flatten, Input, Linear, Network, Node, Output

__all__ = ["network", "neuron"]

_DT = 1e-3


def _snntorch(kind: str) -> Node:
    if kind == "CubaLIF":
        return DiscreteCubaLIF(1.0, compare=">", decay=BETA, syn_decay=ALPHA, reset_time="late")
    return DiscreteLIF(1.0, compare=">", decay=BETA, reset_time="late")


def _spikingjelly(kind: str) -> Node:
    if kind == "CubaLIF":
        return DiscreteCubaLIF(1.0, decay=BETA, syn_decay=ALPHA)
    return DiscreteLIF(1.0, tau=TAU, formula="plain")


def _sinabs(kind: str) -> Node:
    # PyTorch rounds the exact value; NumPy's float32 exp is one unit off at times.
    decay, syn_decay = (np.float32(np.exp(float(np.float32(-1 / tau)))) for tau in (TAU, TAU_SYN))
    if kind == "CubaLIF":
        return DiscreteCubaLIF(1.0, decay=decay, gain=1.0, current="decay_last", syn_decay=syn_decay)
    return DiscreteLIF(1.0, decay=decay, gain=1.0)


def _norse(kind: str) -> Node:
    rate, syn_rate = (np.float32(_DT) * np.float32(1 / (tau * _DT)) for tau in (TAU, TAU_SYN))
    how: dict[str, Any] = {"compare": ">", "reset": "zero"}
    if kind == "LIF":
        return DiscreteLIF(0.1, formula="box", rate=rate, **how)
    return DiscreteCubaLIF(0.1, formula="relax", current="jump", rate=rate, syn_rate=syn_rate, **how)


_NEURONS = {"snnTorch": _snntorch, "SpikingJelly": _spikingjelly, "sinabs": _sinabs, "Norse": _norse}


def neuron(library: str, kind: str) -> Node:
    """Return the neuron of a library."""
    return _NEURONS[library](kind)


def network(case: Case, library: str) -> Network:
    """Return a network of a library's neurons, named n1, n2 (and n3)."""
    given = weights(case)
    nodes: dict[str, Node] = {"in": Input(case.shape)}
    if case.network == "convolutional":
        for k in (1, 2):
            nodes |= {f"w{k}": Conv2d(given[f"w{k}"]), f"n{k}": neuron(library, case.kind), f"pool{k}": AvgPool2d(2)}
        nodes |= {
            "flat": Flatten(),
            "w3": Linear(given["w3"]),
            "n3": neuron(library, case.kind),
            "out": Output("count"),
        }
        return Network.chain(nodes)
    for k in (1, 2):
        nodes |= {f"w{k}": Linear(given[f"w{k}"]), f"n{k}": neuron(library, case.kind)}
    nodes["out"] = Output("count")
    edges = list(pairwise(nodes))
    if case.kind == "recurrent LIF":
        for k in (1, 2):
            nodes |= {f"delay{k}": Delay(), f"r{k}": Linear(given[f"r{k}"])}
            back = ("r", "delay") if library == "sinabs" else ("delay", "r")
            edges += list(pairwise((f"n{k}", f"{back[0]}{k}", f"{back[1]}{k}", f"n{k}")))
    return Network(nodes, edges)
