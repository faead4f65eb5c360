"""The closed family of steps that neurons of a plan take."""

from collections.abc import Mapping
from dataclasses import dataclass

from pysnn.frozen import FrozenDict

__all__ = ["STEPS", "StepNames"]


@dataclass(frozen=True)
class StepNames:
    """What a kind of step remembers of a neuron (the potential ``v`` first), and its constants beside threshold and reset."""

    state: tuple[str, ...]
    constants: tuple[str, ...]


STEPS: Mapping[str, StepNames] = FrozenDict(
    {
        "if": StepNames(("v",), ()),
        "lif": StepNames(("v",), ("decay", "gain", "drive")),
        "cuba_lif": StepNames(("v", "i"), ("decay", "gain", "drive", "syn_decay", "syn_gain")),
    }
)
"""The closed family of steps, in the order of their numbers in a plan's bytes; ``pysnn/backends/reference/neurons.py`` defines them."""
