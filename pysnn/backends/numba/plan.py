"""From the operations of a plan to steps that are ready to run."""

from pysnn.backends.numba.conv import ConvStep
from pysnn.backends.numba.delay import DelayStep
from pysnn.backends.numba.inputs import InputStep
from pysnn.backends.numba.memory import Step
from pysnn.backends.numba.moves import AddStep, ByteStep, ClampStep, GatherStep, RoundStep
from pysnn.backends.numba.neuron import NeuronStep
from pysnn.backends.numba.output import OutputStep
from pysnn.backends.numba.pool import MaxPoolStep, PoolStep
from pysnn.plan.fanout import level_maps
from pysnn.plan.ops import (
    AddOp,
    ByteOp,
    ClampOp,
    ConvOp,
    DelayOp,
    GatherOp,
    InputOp,
    MaxPoolOp,
    NeuronOp,
    OutputOp,
    Plan,
    PoolOp,
    RoundOp,
)

__all__ = ["make_steps"]


def make_steps(plan: Plan) -> tuple[Step, ...]:
    """Make a step of every operation."""
    levels = level_maps(plan)
    return tuple(_make_step(plan, number, levels) for number in range(len(plan.ops)))


def _make_step(plan: Plan, number: int, levels: frozenset[int]) -> Step:  # noqa: C901, PLR0911 - one return for each kind of operation
    op = plan.ops[number]
    match op:
        case InputOp():
            return InputStep(number, op)
        case ConvOp():
            return ConvStep(number, op, plan, levels=op.source in levels)
        case PoolOp():
            return PoolStep(number, op)
        case MaxPoolOp():
            return MaxPoolStep(number, op, plan.ops[op.source].spec)
        case GatherOp():
            return GatherStep(number, op, tuple(plan.ops[source].spec for source in op.sources))
        case ClampOp():
            return ClampStep(number, op)
        case RoundOp():
            return RoundStep(number, op)
        case AddOp():
            return AddStep(number, op)
        case NeuronOp():
            return NeuronStep(number, op)
        case DelayOp():
            return DelayStep(number, op)
        case ByteOp():
            return ByteStep(number, op)
        case OutputOp():
            return OutputStep(number, op)
