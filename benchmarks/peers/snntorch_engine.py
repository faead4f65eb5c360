"""snnTorch: ``Leaky`` with ``beta = 1``, reset by subtraction, no surrogate; it has no multi-step neuron with a reset.

A neuron spikes at ``v - threshold > 0`` and the threshold is taken off at the next step, from the potential before it: the same
spikes as pysnn's, but for a potential that meets the threshold to the last bit.
"""

from typing import Any

import snntorch
import torch

from benchmarks.peers.torch_engine import LibraryEngine

__all__ = ["engine"]


class _Neurons:
    def __init__(self, v_init: Any, threshold: float, use: str) -> None:
        self.node = snntorch.Leaky(beta=1.0, threshold=threshold, surrogate_disable=True, reset_mechanism="subtract")
        self.node.eval()
        self.v_init = v_init
        self.potential: Any = None

    def start(self) -> None:
        self.potential = None

    def step(self, current: Any) -> Any:
        if self.potential is None:
            # With the first current, not before it: the threshold would be taken off a start above it without a spike.
            self.potential, current = torch.zeros_like(current), current + self.v_init
        spikes, self.potential = self.node(current, self.potential)
        return spikes

    def layer(self, current: Any) -> Any:
        return torch.stack([self.step(now) for now in current])


def engine() -> Any:
    """Return the program."""
    return LibraryEngine(_Neurons, ("snntorch",))
