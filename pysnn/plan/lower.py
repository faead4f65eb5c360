"""Compile a network into a plan."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from pysnn.errors import PlanError
from pysnn.network import Network
from pysnn.nodes.base import Builder
from pysnn.plan.float_builder import FloatBuilder
from pysnn.plan.int_builder import IntBuilder
from pysnn.plan.ops import MAX_COUNT, Plan

__all__ = ["CODINGS", "PRECISIONS", "PlanOptions", "compile_plan"]

PRECISIONS = ("float32", "int8")
CODINGS = ("constant", "poisson", "events")


@dataclass(frozen=True)
class PlanOptions:
    """What a plan depends on besides the network.

    ``dt`` is seconds a step, needed by neurons with a time constant. ``max_count`` bounds the count of one input
    in one step where ``coding`` is "events".
    """

    precision: Literal["float32", "int8"] = "float32"
    coding: Literal["constant", "poisson", "events"] = "constant"
    dt: float | None = None
    max_count: int = 1

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise PlanError(f"precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}")
        if self.coding not in CODINGS:
            raise PlanError(f"coding must be one of {', '.join(CODINGS)}, got {self.coding!r}")
        if self.dt is not None and not (isfinite(self.dt) and self.dt > 0):
            raise PlanError(f"dt must be a positive number of seconds, got {self.dt!r}")
        if not 1 <= self.max_count <= MAX_COUNT:
            raise PlanError(f"one input can have at most {MAX_COUNT} events in one step, got {self.max_count}")


def compile_plan(network: Network, options: PlanOptions | None = None) -> Plan:
    """Give the plan of a network.

    Raises
    ------
    PlanError
        If the network asks for what the clocked engines do not do. The message names the node.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output
    >>> plan = compile_plan(Network.chain({"in": Input((2,)), "if": IF(), "out": Output("count")}))
    >>> [op.kind for op in plan.ops]
    ['input', 'neuron', 'output']
    """
    options = options or PlanOptions()
    if network.cycle:
        path = " -> ".join(network.cycle)
        raise PlanError(f"the clocked engines run feed-forward networks; this one has a cycle: {path}")
    builder = (FloatBuilder if options.precision == "float32" else IntBuilder)(network, options)
    values: dict[str, object] = {}
    for name in network.order:
        sources = tuple(values[source] for source in network.sources[name])
        values[name] = network.nodes[name].lower(_as_builder(builder), name, sources)
    return Plan(options.precision, tuple(builder.ops))


def _as_builder(builder: Builder) -> Builder:
    return builder
