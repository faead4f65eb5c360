"""From a network to a ``.nir`` file, in the words of one library; what NIR has no word for is found by reading the result back."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

import numpy as np

from pysnn.errors import LossyExportError, NetworkError
from pysnn.importers.nir.fields import Fields
from pysnn.importers.nir.file import write_graph
from pysnn.importers.nir.graph import NirGraph, NirNode
from pysnn.importers.nir.load import from_graph, make_profile
from pysnn.importers.nir.profiles import Profile
from pysnn.network import Network
from pysnn.neurons import ALIF, IF, Threshold
from pysnn.nodes import Affine, AvgPool2d, Conv2d, Delay, Flatten, Input, Linear, Node, Output, Scale, SumPool2d
from pysnn.nodes.base import NeuronParameters, Shape

__all__ = ["save", "to_graph"]

_CLOSE = 2e-6
_NO_STEPS = "a delay in seconds needs dt"


def save(
    path: str | os.PathLike[str], network: Network, profile: str, *, dt: float | None = None, allow_loss: bool = False
) -> Path:
    """Write a network to a ``.nir`` file as a library's own writer would (extra ``nir``), and return its path.

    Parameters
    ----------
    path
        The file, ``.nir``.
    network
        The network, with names without ``/``.
    profile
        Whose words: "snntorch", "spikingjelly", "sinabs", "norse" or "strict".
    dt
        Seconds a step; that of the library's writer by default. "strict" needs it.
    allow_loss
        Write the file also where NIR has no word for a part of the network.

    Raises
    ------
    LossyExportError
        NIR, or the profile, has no word for something: reading the file back gives another network. The message lists what is lost, by node.
    NetworkError
        A node has no counterpart in NIR at all.
    MissingExtraError
        The package h5py is not installed.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> from pysnn import IF, Input, Linear
    >>> network = Network.chain({"in": Input((1,)), "fc": Linear([[1.0]]), "if": IF(), "out": Output("count")})
    >>> save("net.nir", network, "spikingjelly")
    Traceback (most recent call last):
    pysnn.errors.LossyExportError: NIR with the profile 'spikingjelly' has no word for a part of the network: IF 'if': reset subtract would be
    read back as zero; allow_loss=True writes the rest
    """
    meant = make_profile(profile, **({} if dt is None else {"dt": dt}))
    meant = replace(meant, options=replace(meant.options, **meant.words))
    graph = to_graph(network, meant)
    lost = _lost(network, graph, meant)
    if lost and not allow_loss:
        raise LossyExportError(
            f"NIR with the profile '{profile}' has no word for a part of the network: {'; '.join(lost)}; allow_loss=True writes the rest"
        )
    return write_graph(path, graph)


def to_graph(network: Network, profile: Profile) -> NirGraph:
    """Return the NIR graph of a network; see :func:`save`."""
    dropped = {name for name in network.nodes if _closes_a_cycle(network, name)}
    nodes = {}
    for name in network.order:
        if name in dropped:
            continue
        sources = network.sources[name]
        shape = network.shapes[sources[0]] if sources else network.input.shape
        nodes[name] = _Writer(name, shape, profile).node(network.nodes[name])
    edges = [
        (network.sources[source][0] if source in dropped else source, target)
        for source, target in network.edges
        if target not in dropped
    ]
    return NirGraph(nodes, tuple(sorted(edges)))


def _closes_a_cycle(network: Network, name: str) -> bool:
    """Say whether a node is a delay of one step on a cycle, which a reader puts there itself."""
    node = network.nodes[name]
    if not isinstance(node, Delay) or node.steps != 1:
        return False
    seen, frontier = {name}, list(network.targets[name])
    while frontier:
        reached = frontier.pop()
        if reached == name:
            return True
        if reached not in seen:
            seen.add(reached)
            frontier += network.targets[reached]
    return False


def _kind(node: IF, name: str) -> str:
    """Return NIR's name of a neuron."""
    if isinstance(node, ALIF):
        raise NetworkError(f"ALIF '{name}': NIR has no neuron with an adaptive threshold")
    if isinstance(node, Threshold):
        return "Threshold"
    integrates = "" if node.fires else "I"
    if node.model.leak == "none":
        return "IF" if node.fires else integrates
    return ("CubaLI" if node.model.synapse != "none" else "LI") + ("F" if node.fires else "")


def _to_shape(values: Any, shape: Shape) -> Any:
    """Return a value for each neuron."""
    array = np.asarray(values)
    full = (*shape, 1, 1)[:3]
    wide = array if array.ndim == 3 else array.reshape(-1, 1, 1)
    return np.broadcast_to(wide, full).reshape(shape).copy()


def _lost(network: Network, graph: NirGraph, profile: Profile) -> list[str]:
    """Return what reading a graph back would not give, a sentence each."""
    try:
        back = from_graph(graph, profile).network
    except NetworkError as error:
        return [str(error)]
    lost = []
    if network.input.normalises:
        lost.append(f"Input '{network.input_name}': what is done to data (mean and std, or scaling) would be lost")
    for name, node in network.nodes.items():
        sources = network.sources[name]
        if isinstance(node, IF):
            shape = network.shapes[sources[0]]
            differences = _differences(node, back.nodes[name], Fields(name, graph.nodes[name], shape), profile)
            if differences:
                lost.append(f"{node.title} '{name}': {', '.join(differences)}")
    return lost


def _differences(node: IF, other: Node, fields: Fields, profile: Profile) -> list[str]:
    """Return in what two neurons differ."""
    assert isinstance(other, IF)
    ours, theirs = (neuron.parameters(fields.shape, fields.name, profile.dt) for neuron in (node, other))
    names = [item.name for item in dataclass_fields(ours.model)]
    found = [
        f"{key} {getattr(ours.model, key)} would be read back as {getattr(theirs.model, key)}"
        for key in names
        if getattr(ours.model, key) != getattr(theirs.model, key)
    ]
    if ours.max_spikes != theirs.max_spikes:
        found.append(f"max_spikes {ours.max_spikes} would be read back as {theirs.max_spikes}")
    pairs = {key: (getattr(ours, key), getattr(theirs, key)) for key in ("threshold", "v_init", "v_reset")}
    pairs |= {key: (value, theirs.constants[key]) for key, value in ours.constants.items() if key in theirs.constants}
    for key, (a, b) in pairs.items():
        wide, wider = _to_shape(a, fields.shape), _to_shape(b, fields.shape)
        if not np.allclose(wide, wider, rtol=_CLOSE, atol=1e-7):
            found.append(f"{key} {wide.flat[0]:g} would be read back as {wider.flat[0]:g}")
    return found


@dataclass(frozen=True)
class _Writer:
    """What writes one node: its name, the shape of what enters, and in whose words."""

    name: str
    shape: Shape
    profile: Profile

    def node(self, node: Node) -> NirNode:
        """Return the NIR node of a node."""
        if "/" in self.name:
            raise NetworkError(f"{node.title} '{self.name}': a name must have no '/', which HDF5 takes for a folder")
        if isinstance(node, IF):
            return self.neuron(node)
        write = _LAYERS.get(type(node))
        if write is None:
            raise NetworkError(f"{node.title} '{self.name}': NIR has no such node")
        return write(self, node)

    def neuron(self, node: IF) -> NirNode:
        kind = _kind(node, self.name)
        found = node.parameters(self.shape, self.name, self.profile.dt)
        threshold, v_init, v_reset = (
            _to_shape(value, self.shape) for value in (found.threshold, found.v_init, found.v_reset)
        )
        spread = {key: _to_shape(value, self.shape) for key, value in found.constants.items()}
        try:
            return self.profile.written(NeuronParameters(found.model, threshold, v_init, v_reset, spread), kind)
        except NetworkError as error:
            raise NetworkError(f"{node.title} '{self.name}': {error}") from error

    def input(self, node: Any) -> NirNode:
        return NirNode("Input", {"shape": np.array(node.shape)})

    def output(self, node: Any) -> NirNode:
        return NirNode("Output", {"shape": np.array(self.shape)})

    def linear(self, node: Any) -> NirNode:
        return NirNode("Affine", {"weight": node.weight, "bias": node.bias})

    def conv(self, node: Any) -> NirNode:
        sizes = {
            "stride": node.stride,
            "padding": self.symmetric(node),
            "dilation": node.dilation,
            "input_shape": self.shape[1:],
        }
        arrays = {"weight": node.weight, "bias": node.bias, **{key: np.array(value) for key, value in sizes.items()}}
        return NirNode("Conv2d", {**arrays, "groups": node.groups})

    def symmetric(self, node: Any) -> tuple[int, int]:
        top, left, bottom, right = node.padding
        if (top, left) != (bottom, right):
            raise NetworkError(
                f"{node.title} '{self.name}': NIR has the same padding at both ends of an axis, got {node.padding}"
            )
        return top, left

    def pool(self, node: Any) -> NirNode:
        sizes = {"kernel_size": node.kernel, "stride": node.stride, "padding": self.symmetric(node)}
        return NirNode(node.title, {key: np.array(value) for key, value in sizes.items()})

    def flatten(self, node: Any) -> NirNode:
        return NirNode("Flatten", {"start_dim": 0, "end_dim": -1, "input_type": np.array(self.shape)})

    def scale(self, node: Any) -> NirNode:
        if np.any(getattr(node, "shift", 0.0)):
            raise NetworkError(
                f"Affine '{self.name}': NIR's Scale adds nothing; pysnn.convert.folding.fold works it into the weights"
            )
        factor = node.factor if isinstance(node, Scale) else node.scale
        return NirNode("Scale", {"scale": _to_shape(np.float32(factor), self.shape)})

    def delay(self, node: Any) -> NirNode:
        if self.profile.dt is None:
            raise NetworkError(f"Delay '{self.name}': {_NO_STEPS}, and the profile '{self.profile.name}' has none")
        return NirNode("Delay", {"delay": np.full(self.shape, node.steps * self.profile.dt)})


_LAYERS: dict[type[Node], Callable[[_Writer, Any], NirNode]] = {
    Affine: _Writer.scale,
    AvgPool2d: _Writer.pool,
    Conv2d: _Writer.conv,
    Delay: _Writer.delay,
    Flatten: _Writer.flatten,
    Input: _Writer.input,
    Linear: _Writer.linear,
    Output: _Writer.output,
    Scale: _Writer.scale,
    SumPool2d: _Writer.pool,
}
