"""SpikingJelly: ``IFNode`` with reset by subtraction, multi-step ("m") layer by layer, single-step ("s") step by step.

A neuron spikes at ``v >= threshold``, as pysnn's does.
"""

from typing import Any

from spikingjelly.activation_based import neuron

from benchmarks.peers.torch_engine import LibraryEngine

__all__ = ["engine"]


class _Neurons:
    def __init__(self, v_init: float, use: str) -> None:
        self.node = neuron.IFNode(v_threshold=1.0, v_reset=None, step_mode="m" if use == "layer" else "s")
        self.node.set_reset_value("v", v_init)
        self.node.eval()
        self.step = self.layer = self.node

    def start(self) -> None:
        self.node.reset()


def engine() -> Any:
    """Give the program."""
    return LibraryEngine(_Neurons, ("spikingjelly",))
