"""Refuse a plastic network that would not fit into this machine's memory, before any of it is taken."""

from pysnn.errors import CapacityError
from pysnn.plastic.engines import EngineOptions
from pysnn.plastic.engines.base import STORE_BYTES
from pysnn.plastic.plan import PlasticPlan, PopulationPlan
from pysnn.simulation.capacity import physical_memory

__all__ = ["check_plastic_memory", "needed_bytes"]

_SYNAPSE_IN_PYTHON = 28
"""Bytes of a synapse in an engine in Python: target, weight, and the place and source of each in the order of targets."""

_TRACE = 4
_CELL = {"delta": 16, "current": 24, "conductance": 24}
"""Bytes of a cell: potential, end of its refractory time, what arrives on both sides, and synapses that decay."""


def needed_bytes(plan: PlasticPlan, options: EngineOptions) -> float:
    """Return the bytes that the state of a plan takes at least: synapses, traces of both sides, cells.

    Examples
    --------
    >>> needed_bytes(PlasticPlan(1e-3, 0, (), ()), EngineOptions())
    0.0
    """
    python = options.backend in ("numba", "reference")
    store = "eager" if options.store == "eager" else "lazy"
    synapse = _SYNAPSE_IN_PYTHON if python else STORE_BYTES[store]
    cells = sum(_cell_bytes(one) * one.size for one in plan.populations)
    traces = sum(_TRACE * sum(one.sizes) for one in plan.projections if one.kernel is not None)
    return float(sum(one.expected for one in plan.projections) * synapse + traces + cells)


def check_plastic_memory(plan: PlasticPlan, options: EngineOptions) -> None:
    """Raise :class:`CapacityError` if a plan's state needs more than the machine has; the message names the part that needs most."""
    need, there = needed_bytes(plan, options), physical_memory()
    if need <= there:
        return
    sizes = {one.name: float(_cell_bytes(one) * one.size) for one in plan.populations}
    sizes |= {one.name: one.expected * STORE_BYTES["lazy"] for one in plan.projections}
    most = max(sizes, key=lambda name: sizes[name])
    raise CapacityError(
        f"the network would take {need / 2**30:.3g} GiB, and this machine has {there / 2**30:.3g}; '{most}' takes most: "
        "expected fewer synapses or cells"
    )


def _cell_bytes(population: PopulationPlan) -> int:
    return 0 if population.cells is None else _CELL[population.cells.synapses]
