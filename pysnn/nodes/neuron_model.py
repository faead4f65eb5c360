"""How neurons take a step: a closed family, one choice for each stage of the step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from pysnn.frozen import FrozenDict

__all__ = [
    "LEAKS",
    "LEAK_CONSTANTS",
    "RESETS",
    "RESET_TIMES",
    "SYNAPSES",
    "Fire",
    "Leak",
    "NeuronModel",
    "Reset",
    "ResetTime",
    "Synapse",
]

Synapse = Literal["none", "decay_first", "decay_last", "jump"]
Leak = Literal["none", "euler", "relax", "relax_divided", "box", "plain", "plain_divided", "lapicque"]
Fire = Literal["once", "count", "never", "level"]
Reset = Literal["subtract", "zero", "none"]
ResetTime = Literal["now", "late", "both"]

SYNAPSES: tuple[Synapse, ...] = get_args(Synapse)
LEAKS: tuple[Leak, ...] = get_args(Leak)
FIRES: tuple[Fire, ...] = get_args(Fire)
RESETS: tuple[Reset, ...] = get_args(Reset)
RESET_TIMES: tuple[ResetTime, ...] = get_args(ResetTime)

LEAK_CONSTANTS: Mapping[Leak, tuple[str, ...]] = FrozenDict(
    {
        "none": (),
        "euler": ("decay", "gain", "drive"),
        "relax": ("rate", "v_leak"),
        "relax_divided": ("tau", "v_leak"),
        "box": ("rate", "v_leak"),
        "plain": ("rate", "v_leak"),
        "plain_divided": ("tau", "v_leak"),
        "lapicque": ("decay", "r", "inverse_tau", "dt"),
    }
)
_SYNAPSE_CONSTANTS: Mapping[Synapse, tuple[str, ...]] = FrozenDict(
    {"none": (), "decay_first": ("syn_decay", "syn_gain"), "decay_last": ("syn_decay",), "jump": ("syn_rate",)}
)


@dataclass(frozen=True)
class NeuronModel:
    """The stages of a neuron's step, in their order; ``docs/numerics.md`` has what each computes.

    ``synapse``: a current that decays between what enters and the potential. ``leak``: how the potential takes the current in, in which order
    of float32 operations. ``fire``: one spike at most, several, never (the potential comes out), or
    one in a window of steps, whose time is a level. ``reset`` and ``reset_time``: what a
    spike does to the potential, in its own step or in the next. Then the options: a lower bound, steps without integration
    behind a spike, a threshold that spikes raise.

    Examples
    --------
    >>> NeuronModel(leak="euler", synapse="decay_first").state
    ('v', 'i')
    """

    leak: Leak = "none"
    synapse: Synapse = "none"
    fire: Fire = "once"
    reset: Reset = "subtract"
    reset_time: ResetTime = "now"
    compare: Literal[">=", ">"] = ">="
    floor: bool = False
    refractory: bool = False
    adaptive: bool = False

    @property
    def state(self) -> tuple[str, ...]:
        """What is remembered of a neuron: the potential, the synaptic current, the rise of the threshold, steps left to wait."""
        kept = (("i", self.synapse != "none"), ("a", self.adaptive), ("wait", self.refractory))
        return ("v", *(name for name, there in kept if there))

    @property
    def constants(self) -> tuple[str, ...]:
        """Names of the constants beside threshold, start and reset."""
        found = (*LEAK_CONSTANTS[self.leak], *_SYNAPSE_CONSTANTS[self.synapse])
        found += ("floor",) if self.floor else ()
        found += ("refractory",) if self.refractory else ()
        return found + (("adapt_decay", "adapt_jump") if self.adaptive else ())
