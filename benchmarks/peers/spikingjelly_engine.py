"""SpikingJelly: ``IFNode`` with reset by subtraction, multi-step ("m") layer by layer, single-step ("s") step by step.

A neuron spikes at ``v >= threshold``, as pysnn's does.
"""

from typing import Any

import torch
from spikingjelly.activation_based import neuron

from benchmarks.peers.torch_engine import LibraryEngine

__all__ = ["bfloat16", "float32"]


class _Neurons:
    def __init__(self, v_init: Any, threshold: float, use: str) -> None:
        self.node = neuron.IFNode(v_threshold=threshold, v_reset=None, step_mode="m" if use == "layer" else "s")
        self.node.eval()
        self.v_init = v_init
        self.fresh = True

    def start(self) -> None:
        self.node.reset()
        self.fresh = True

    def step(self, current: Any) -> Any:
        return self._run(current, current)

    def layer(self, current: Any) -> Any:
        return self._run(current, current[0])

    def _run(self, current: Any, one: Any) -> Any:
        if self.fresh:
            self.node.v = torch.empty_like(one).copy_(self.v_init)
            self.fresh = False
        return self.node(current)


def float32() -> Any:
    """Return the program in float32."""
    return LibraryEngine(_Neurons, ("spikingjelly",))


def bfloat16() -> Any:
    """Return the program with weights, currents and potentials in bfloat16."""
    return LibraryEngine(_Neurons, ("spikingjelly",), dtype=torch.bfloat16)
