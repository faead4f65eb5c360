"""Sinabs: ``IAF`` with at most one spike a step (``SingleSpike``) and reset by subtraction; time comes behind the batch.

A neuron spikes at ``v - threshold >= 0``, as pysnn's does.
"""

from typing import Any

import torch
from sinabs.activation import MembraneSubtract, SingleSpike
from sinabs.layers import IAF

from benchmarks.peers.torch_engine import LibraryEngine

__all__ = ["engine"]


class _Neurons:
    def __init__(self, v_init: Any, threshold: float, use: str) -> None:
        self.node = IAF(spike_threshold=torch.tensor(threshold), spike_fn=SingleSpike, reset_fn=MembraneSubtract())
        self.node.eval()
        self.v_init = v_init
        self.fresh = True

    def start(self) -> None:
        self.fresh = True

    def layer(self, current: Any) -> Any:
        if self.fresh:
            self.node.v_mem = torch.empty_like(current[:, 0]).copy_(self.v_init)
            self.fresh = False
        return self.node(current)

    def step(self, current: Any) -> Any:
        return self.layer(current.unsqueeze(1)).squeeze(1)


def engine() -> Any:
    """Return the program."""
    return LibraryEngine(_Neurons, ("sinabs",), time_axis=1)
