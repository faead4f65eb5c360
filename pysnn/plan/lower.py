"""Compile a network into a plan."""

from collections.abc import Mapping
from dataclasses import replace

from pysnn.errors import PlanError
from pysnn.network import Network
from pysnn.nodes import Delay
from pysnn.plan.builder import MapValue
from pysnn.plan.float_builder import FloatBuilder
from pysnn.plan.int_builder import IntBuilder
from pysnn.plan.ops import DelayOp, Plan
from pysnn.plan.options import PlanOptions
from pysnn.plan.windows import check_windows

__all__ = ["MAX_OPERATIONS", "compile_plan"]

MAX_OPERATIONS = 1 << 16
"""Largest number of operations of a plan."""


def compile_plan(network: Network, options: PlanOptions | None = None) -> Plan:
    """Return the plan of a network.

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
        raise PlanError(
            f"the clocked engines run cycles that have a Delay in them; this network has one without, cycle: {path}"
        )
    check_windows(network, options.coding)
    builder: FloatBuilder | IntBuilder
    builder = FloatBuilder(network, options) if options.precision == "float32" else IntBuilder(network, options)
    values: dict[str, MapValue] = {}
    for name in network.order:
        node, sources = network.nodes[name], network.sources[name]
        if isinstance(node, Delay) and any(source not in values for source in sources):
            values[name] = builder.feedback(name, _only(name, sources), node.steps)
        else:
            values[name] = node.lower(builder, name, tuple(values[source] for source in sources))
    _close_cycles(builder, values)
    if len(builder.ops) > MAX_OPERATIONS:
        raise PlanError(f"a plan has at most {MAX_OPERATIONS} operations, and this network takes {len(builder.ops)}")
    return Plan(options.precision, tuple(builder.ops))


def _only(name: str, sources: tuple[str, ...]) -> str:
    if len(sources) > 1:
        raise PlanError(f"Delay '{name}': it closes a cycle, and expects one edge into it, got {len(sources)}")
    return sources[0]


def _close_cycles(builder: FloatBuilder | IntBuilder, values: Mapping[str, MapValue]) -> None:
    """Tell the delays that came before what they delay where that is."""
    for k, op in enumerate(builder.ops):
        if isinstance(op, DelayOp) and op.source < 0:
            builder.ops[k] = replace(op, source=values[builder.network.sources[op.node][0]].map)
