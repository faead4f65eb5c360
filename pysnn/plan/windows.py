"""What networks of FirstSpike neurons ask for: each layer has a window of its own, and nothing takes steps."""

from pysnn.errors import PlanError
from pysnn.network import Network
from pysnn.neurons import FirstSpike
from pysnn.nodes import Delay

__all__ = ["check_windows", "window_of"]


def window_of(network: Network) -> int | None:
    """Return the steps of a window, where neurons spike once in windows; ``None`` where they take steps.

    Examples
    --------
    >>> from pysnn import Input, Output
    >>> window_of(Network.chain({"in": Input((2,)), "a": FirstSpike(0.5, window=8), "out": Output()}))
    8
    """
    found = (network.nodes[name] for name in network.neurons)
    return next((node.window for node in found if isinstance(node, FirstSpike)), None)


def check_windows(network: Network, coding: str) -> None:
    """Refuse what windows do not go with.

    Raises
    ------
    PlanError
        Neurons that take steps beside those that have windows, windows of several lengths, delays in steps, an input that
        changes from step to step. The message names the node.
    """
    window = window_of(network)
    if window is None:
        return
    nodes = {name: network.nodes[name] for name in network.neurons}
    first = next(name for name, node in nodes.items() if isinstance(node, FirstSpike))
    for name, node in nodes.items():
        if not isinstance(node, FirstSpike):
            raise PlanError(
                f"{node.title} '{name}': it takes steps, and FirstSpike '{first}' has a window of its own: its spikes mean another thing; "
                "use one of them for all neurons"
            )
        if node.window != window:
            raise PlanError(
                f"FirstSpike '{name}': windows follow each other and have one length; expected window {window} as in '{first}', got {node.window}"
            )
    for name, node in network.nodes.items():
        if isinstance(node, Delay):
            raise PlanError(
                f"Delay '{name}': it delays by steps, and FirstSpike '{first}' has windows, whose delays follow from the network"
            )
    if coding != "constant":
        raise PlanError(
            f"FirstSpike '{first}': its network takes an input that is constant in time (coding 'constant'), got coding '{coding}'"
        )
