"""Norse: its ``SNN`` and ``SNNCell`` around an integrate-and-fire step with reset by subtraction.

Its own ``IAF`` resets to a value only, so the step is written here, from Norse's threshold function and state, with the
fewest operations. A neuron spikes at ``v - threshold > 0``; pysnn's at ``v >= threshold``: with float weights the two differ
only where a potential meets the threshold to the last bit.
"""

from typing import Any

import torch
from norse.torch.functional.heaviside import heaviside
from norse.torch.functional.iaf import IAFFeedForwardState, IAFParameters
from norse.torch.module.snn import SNN, SNNCell

from benchmarks.peers.torch_engine import LibraryEngine

__all__ = ["engine"]


def _step(current: Any, state: Any, p: Any, _: float) -> Any:
    v = state.v + current
    spikes = heaviside(v - p.v_th)
    return spikes, IAFFeedForwardState(v=v - spikes * p.v_th)


class _Neurons:
    def __init__(self, v_init: Any, threshold: float, use: str) -> None:
        kind = SNN if use == "layer" else SNNCell
        self.first = IAFFeedForwardState(v=v_init)
        self.module = kind(_step, lambda _: self.first, IAFParameters(v_th=torch.tensor(threshold)))
        self.state: Any = None

    def start(self) -> None:
        self.state = None

    def layer(self, current: Any) -> Any:
        spikes, self.state = self.module(current, self.state)
        return spikes

    step = layer


def engine() -> Any:
    """Return the program."""
    return LibraryEngine(_Neurons, ("norse",))
