"""The analytical energy of Lemaire et al., "An Analytical Estimation of Spiking Neural Networks Energy Efficiency" (2022).

Operations, addressing and memory of a spiking network on 45 nm CMOS, in the form in which SpikingJelly computes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from pysnn.hardware.layers import Link

__all__ = ["NeuronUse", "WeightUse", "lemaire_energy"]

_ADD, _MULTIPLY = 0.1, 3.1
_WORD = 4
_QUEUE = 1000 * _WORD
_SIZES = (0.0, 8192.0, 32768.0, 1048576.0)
_PER_WORD = (0.0, 10.0, 20.0, 100.0)


@dataclass(frozen=True, eq=False)
class WeightUse:
    """How often the weights of a link are used: spikes a sample that arrive (0 for analogue values), and its dense multiplications."""

    link: Link
    events: float
    dense: int
    analogue: bool

    @property
    def inputs(self) -> int:
        """Values that the weights see."""
        return prod(self.link.shape_in)

    @property
    def outputs(self) -> int:
        """Values that the weights give."""
        assert self.link.weight is not None
        return self.link.channels_out * (self.dense // self.link.weight.size)


@dataclass(frozen=True)
class NeuronUse:
    """How many neurons a layer has, and their spikes a sample."""

    neurons: int
    spikes: float


def lemaire_energy(weights: Sequence[WeightUse], neurons: Sequence[NeuronUse], steps: int) -> dict[str, float]:
    """Return picojoules a sample of operations, of addressing and of memory.

    Fan-outs do not know padding, weights of zero count, and weights, potentials and messages are words of 4 bytes.

    Examples
    --------
    >>> link = Link("fc", "dense", ("in",), 2, 6, (2, 1, 1), 3, weight=np.ones((3, 2), np.float32))
    >>> found = lemaire_energy([WeightUse(link, 5.0, 6, False)], [NeuronUse(3, 4.0)], 10)
    >>> [round(found[name], 3) for name in ("operations", "addressing")]
    [1.9, 1.5]
    """
    found = {"operations": 0.0, "addressing": 0.0, "memory": 0.0}
    for use in weights:
        for name, energy in (_analogue(use, steps) if use.analogue else _spiking(use, steps)).items():
            found[name] += energy
    for layer in neurons:
        state = layer.neurons * _WORD
        found["operations"] += _ADD * layer.spikes
        found["memory"] += 2 * _access(layer.neurons * steps, state) + _access(layer.spikes, _QUEUE)
    return found


def _spiking(use: WeightUse, steps: int) -> dict[str, float]:
    link = use.link
    conv = link.kind == "conv"
    reached = use.events * link.fan_out
    window = use.events * max(1, link.channels_out // link.groups) * prod(link.kernel) if conv else reached
    biases = use.outputs * steps if link.biased else 0
    return {
        "operations": _ADD * (reached + biases),
        "addressing": _ADD * window + (_ADD + _MULTIPLY) * (2 * use.events if conv else 0.0),
        "memory": _access(use.events, _QUEUE)
        + _access(window + biases, _held(link))
        + 2 * _access(window, use.outputs * _WORD),
    }


def _analogue(use: WeightUse, steps: int) -> dict[str, float]:
    link = use.link
    conv = link.kind == "conv"
    done = use.dense * steps
    biases = use.outputs * steps if link.biased else 0
    moved = use.inputs + use.outputs + (link.channels_out * prod(link.kernel) if conv else 0)
    read = done if conv else use.inputs * steps
    return {
        "operations": (_ADD + _MULTIPLY) * done + _ADD * biases,
        "addressing": _ADD * moved * steps,
        "memory": _access(read, use.inputs * _WORD) + _access(done + biases, _held(link)),
    }


def _held(link: Link) -> int:
    """Return the bytes of weights and biases."""
    assert link.weight is not None
    return (link.weight.size + (link.channels_out if link.biased else 0)) * _WORD


def _access(words: float, held: float) -> float:
    """Return picojoules to move words from or to a memory of so many bytes: linear between published sizes."""
    return words * float(np.interp(held, _SIZES, _PER_WORD))
