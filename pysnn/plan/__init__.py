"""From a network to a plan, the only thing that a backend sees."""

from pysnn.plan.lower import compile_plan
from pysnn.plan.ops import Plan

__all__ = ["Plan", "compile_plan"]
