"""From a network to a plan, the only thing that a backend sees."""

from pysnn.plan.lower import compile_plan
from pysnn.plan.ops import Plan
from pysnn.plan.options import PlanOptions

__all__ = ["Plan", "PlanOptions", "compile_plan"]
