"""Residual networks whose shortcuts carry currents, rebuilt so that spikes alone go from layer to layer."""

from dataclasses import replace

import numpy as np

from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.nodes import Affine, Concat, Conv2d, Crop, Delay, Linear, Node, Pad, Scale, Subsample

__all__ = ["spike_shortcuts"]


def spike_shortcuts(network: Network) -> Network:
    """Return a network that computes the same, in which no current goes past a neuron: its weights are copied for each neuron that it reaches.

    A shortcut that carries currents (block C of :func:`pysnn.finetune.restructure`) hands real numbers from layer to layer at
    every step, which chips whose packets are spikes cannot. Here each neuron has weights of its own for all spikes that its
    current is made of, those of earlier blocks among them; where rows and columns are left out on the way, its convolution
    does not compute them. It takes more weights and more synaptic additions; a network without such shortcuts stays as it is.

    Scores are the same but for the order of sums in float32; in int8 each copy has units of its own.

    Parameters
    ----------
    network
        A spiking network.

    Returns
    -------
    The network; the copies are called ``<weights>.<neuron>``.

    Raises
    ------
    NetworkError
        It has no spiking neurons, or delays currents.

    Examples
    --------
    >>> from pysnn import IF, Input, Output
    >>> nodes = {"in": Input((1,)), "fc": Linear([[1.0]]), "a": IF(), "fc2": Linear([[2.0]]), "sum": Scale(1.0), "b": IF(), "out": Output("count")}
    >>> edges = [("in", "fc"), ("fc", "a"), ("a", "fc2"), ("fc2", "sum"), ("fc", "sum"), ("sum", "b"), ("b", "out")]
    >>> spike_shortcuts(Network(nodes, edges)).edges
    (('in', 'fc'), ('fc', 'a'), ('a', 'fc2'), ('in', 'fc.b'), ('fc2', 'b'), ('fc.b', 'b'), ('b', 'out'))
    """
    return _Rebuilt(network).result()


class _Rebuilt:
    """A network that is built anew, what each of its ends reads: input, neurons, delays, output."""

    def __init__(self, network: Network) -> None:
        if not network.neurons:
            raise NetworkError("spike_shortcuts: expected a network of spiking neurons, got an ANN")
        self.network = network
        self.nodes: dict[str, Node] = {}
        self.sources: dict[str, list[str]] = {}
        delays = [name for name, node in network.nodes.items() if isinstance(node, Delay)]
        self.ends = {network.input_name, network.output_name, *network.neurons, *delays}
        self.currents: set[str] = set()
        for name in network.order:
            weighs = isinstance(network.nodes[name], Affine | Conv2d | Linear)
            if name not in self.ends and (weighs or self.currents.intersection(network.sources[name])):
                self.currents.add(name)
        for name in delays:
            if self.currents.intersection(network.sources[name]):
                raise NetworkError(f"Delay '{name}': expected spikes, got currents, which no spikes stand for")

    def result(self) -> Network:
        for name in self.network.order:
            if name not in self.currents:
                sources = [part for source in self.network.sources[name] for part in self.own(source, name)]
                self.added(name, self.network.nodes[name], sources)
        edges = [(source, name) for name, sources in self.sources.items() for source in sources]
        return Network(self.nodes, edges)

    def own(self, name: str, reader: str) -> list[str]:
        """Return the new nodes whose sum is what a node gives: itself if that is no current, else some that this reader alone reads."""
        if name not in self.currents:
            return [name]
        node = self.network.nodes[name]
        if isinstance(node, Concat):
            whole = [self.added_up(source, reader) for source in self.network.sources[name]]
            return [self.added(self.free_name(name, reader), node, whole)]
        parts = [part for source in self.network.sources[name] for part in self.own(source, reader)]
        if isinstance(node, Scale) and np.all(node.factor == 1):
            return parts
        if isinstance(node, Crop | Pad | Subsample):
            return [self.moved(part, node, name, reader) for part in parts]
        return [self.added(self.free_name(name, reader), node, parts)]

    def added_up(self, name: str, reader: str) -> str:
        """Return one node for what a node gives."""
        parts = self.own(name, reader)
        return parts[0] if len(parts) == 1 else self.added(self.free_name(name, reader), Scale(1.0), parts)

    def moved(self, part: str, node: Node, name: str, reader: str) -> str:
        """Return what moves one term of a sum; a convolution leaves out what is left out."""
        weights = part
        while isinstance(before := self.nodes[weights], Pad) and not any(before.space):
            weights = self.sources[weights][0]
        if isinstance(node, Subsample) and node.channels == 1 and isinstance(before, Conv2d):
            down, across = (own * more for own, more in zip(before.stride, node.space, strict=True))
            self.nodes[weights] = replace(before, stride=(down, across))
            return part
        return self.added(self.free_name(name, reader), node, [part])

    def added(self, name: str, node: Node, sources: list[str]) -> str:
        self.nodes[name], self.sources[name] = node, sources
        return name

    def free_name(self, name: str, reader: str) -> str:
        """Return the name of a node or, where that is taken, one with its reader's behind it."""
        wanted = name
        while wanted in self.nodes or (wanted != name and wanted in self.network.nodes):
            wanted = f"{name}.{reader}" if wanted == name else f"{wanted}_"
        return wanted
