"""The registry of the learning rules that there are."""

from pysnn.first_spike.learn.rule import LearningRule
from pysnn.first_spike.learn.sstdp import SSTDP
from pysnn.first_spike.learn.stdbp import STDBP

__all__ = ["RULES"]

RULES: dict[str, type[LearningRule]] = {"stdbp": STDBP, "sstdp": SSTDP}
"""Every learning rule by name."""
