"""Compile a network into a plan."""

from pysnn.errors import PlanError
from pysnn.network import Network
from pysnn.plan.builder import MapValue
from pysnn.plan.float_builder import FloatBuilder
from pysnn.plan.int_builder import IntBuilder
from pysnn.plan.ops import Plan
from pysnn.plan.options import PlanOptions

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
        raise PlanError(f"the clocked engines run feed-forward networks; this one has a cycle: {path}")
    builder: FloatBuilder | IntBuilder
    builder = FloatBuilder(network, options) if options.precision == "float32" else IntBuilder(network, options)
    values: dict[str, MapValue] = {}
    for name in network.order:
        sources = tuple(values[source] for source in network.sources[name])
        values[name] = network.nodes[name].lower(builder, name, sources)
    if len(builder.ops) > MAX_OPERATIONS:
        raise PlanError(f"a plan has at most {MAX_OPERATIONS} operations, and this network takes {len(builder.ops)}")
    return Plan(options.precision, tuple(builder.ops))
