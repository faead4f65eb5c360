"""What networks of FirstSpike neurons ask for: each layer has a window of its own, and nothing takes steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from pysnn.errors import PlanError
from pysnn.frozen import FrozenDict
from pysnn.network import Network
from pysnn.neurons import FirstSpike
from pysnn.nodes import Delay

__all__ = ["Interval", "WindowTiming", "check_windows", "window_of", "window_timing"]

_VALUE_BYTES = 4
_LEVEL_BYTES = 1


@dataclass(frozen=True)
class Interval:
    """How soon one sample can follow another, and what memory that takes.

    Attributes
    ----------
    steps
        From the start of one sample to that of the next.
    neuron_bytes
        Potentials and slopes, 4 bytes each.
    delay_bytes
        Spikes on their way to readers behind later windows, a level of one byte a neuron and sample.
    """

    steps: int
    neuron_bytes: int
    delay_bytes: int


@dataclass(frozen=True)
class WindowTiming:
    """When the windows of a network open, and how long a sample takes.

    Attributes
    ----------
    window
        Steps of a window.
    opens
        By neuron node: the number of its window, 0 for the first.
    windows, steps
        Latency of one sample: until all potentials of the output have come together.
    single, double
        A sample every two windows, with one potential and slope a neuron; or one every window, with two of each, since a neuron then has its
        window for one sample while it integrates the next.
    """

    window: int
    opens: Mapping[str, int]
    windows: int
    steps: int
    single: Interval
    double: Interval


def window_of(network: Network) -> int | None:
    """Return the steps of a window, where neurons spike once in windows; ``None`` where they take steps.

    Examples
    --------
    >>> from pysnn import Input, Output
    >>> window_of(Network.chain({"in": Input((2,)), "a": FirstSpike(0.5, window=8), "out": Output()}))
    8
    """
    return next((node.window for node in network.nodes.values() if isinstance(node, FirstSpike)), None)


def window_timing(network: Network) -> WindowTiming:
    """Return the timing of a network of FirstSpike neurons.

    Examples
    --------
    >>> from pysnn import Input, Linear, Output
    >>> nodes = {"in": Input((2,)), "a": FirstSpike(0.5, window=8), "fc": Linear([[1.0, 1.0]]), "b": FirstSpike(0.5, window=8), "out": Output()}
    >>> found = window_timing(Network.chain(nodes))
    >>> dict(found.opens), found.steps, found.single.steps, found.double.steps
    ({'a': 0, 'b': 1}, 16, 16, 8)
    """
    window = window_of(network)
    if window is None:
        raise PlanError("windows: expected a network of FirstSpike neurons, got one without")
    ends: dict[str, int] = {}
    read_until: dict[str, int] = {}
    layers: dict[str, frozenset[str]] = {}
    for name in network.order:
        before = frozenset().union(*(layers[source] for source in network.sources[name]))
        opens = max((ends[layer] for layer in before), default=0)
        if name in network.neurons or name == network.output_name:
            for layer in before:
                read_until[layer] = max(read_until.get(layer, 0), opens)
            ends[name] = opens + 1
        layers[name] = frozenset({name}) if name in network.neurons else before
    opens_at = FrozenDict({name: ends[name] - 1 for name in network.neurons})
    sizes = {name: prod(network.shapes[name]) for name in network.neurons}
    waits = {name: read_until.get(name, ends[name]) - ends[name] for name in sizes}

    def interval(windows: int, copies: int) -> Interval:
        held = sum(size * -(-waits[name] // windows) for name, size in sizes.items())
        return Interval(windows * window, 2 * _VALUE_BYTES * copies * sum(sizes.values()), _LEVEL_BYTES * held)

    latency = ends[network.output_name] - 1
    return WindowTiming(window, opens_at, latency, latency * window, interval(2, 1), interval(1, 2))


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
