"""Whether a converted network runs, and why not: by its plans, which are cheap beside a calibration."""

from collections.abc import Mapping

from pysnn.convert.folding.merge import merge_linear
from pysnn.convert.rewrite import spiking_network
from pysnn.errors import NetworkError, PlanError
from pysnn.network import Network
from pysnn.nodes import ReLU
from pysnn.plan.lower import compile_plan
from pysnn.plan.options import PlanOptions

__all__ = ["check_convertible", "check_runs", "int8_refusal", "ready_for_int8"]


def check_convertible(network: Network, stuck: Mapping[str, str], window: int | None) -> None:
    """Refuse an ANN whose spiking network cannot run whatever its thresholds, before any is chosen; ``window``: of FirstSpike neurons.

    ``stuck`` says why max-pools stay where they are (:func:`pysnn.convert.pools.settle_pools`).
    """
    check_runs(_trial(network, window), stuck)


def ready_for_int8(network: Network, window: int | None) -> Network:
    """Return the ANN, or the same with layers merged where int8 runs it only so.

    Raises
    ------
    NetworkError
        int8 does not run it, whatever its thresholds; the message names the node.
    """
    refusal = int8_refusal(_trial(network, window))
    if refusal is None:
        return network
    merged = merge_linear(network)
    refusal = int8_refusal(_trial(merged, window))
    if refusal is not None:
        raise NetworkError(f"convert: the spiking network could not run in int8: {refusal}")
    return merged


def check_runs(spiking: Network, stuck: Mapping[str, str]) -> None:
    """Raise :class:`NetworkError`, which names the node, where a converted network has no plan in float32."""
    try:
        compile_plan(spiking, PlanOptions("float32"))
    except PlanError as error:
        raise NetworkError(f"convert: the spiking network could not run: {_reason(str(error), stuck)}") from error


def int8_refusal(spiking: Network) -> str | None:
    """Return why a converted network has no plan in int8, or ``None`` where it has one."""
    try:
        compile_plan(spiking, PlanOptions("int8"))
    except PlanError as error:
        return str(error)
    return None


def _trial(network: Network, window: int | None) -> Network:
    """Return the spiking network of an ANN, every threshold 1."""
    ones = {name: 1.0 for name, node in network.nodes.items() if isinstance(node, ReLU)}
    return spiking_network(network, ones, window=window)


def _reason(message: str, stuck: Mapping[str, str]) -> str:
    for name, reason in stuck.items():
        if message.startswith(f"MaxPool2d '{name}':"):
            return (
                f"MaxPool2d '{name}': a maximum of currents is no spikes' maximum, and no ReLU can be moved before it: "
                f"{reason}; put a ReLU before or behind the pool, or use AvgPool2d"
            )
    return message
