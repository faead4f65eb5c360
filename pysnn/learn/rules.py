"""The registry of the learning rules that there are."""

from pysnn.learn.rule import LearningRule
from pysnn.learn.sstdp import SSTDP
from pysnn.learn.stdbp import STDBP

__all__ = ["RULES"]

RULES: dict[str, type[LearningRule]] = {"stdbp": STDBP, "sstdp": SSTDP}
"""Every learning rule by name."""
