"""From a NIR graph to a network."""

import os
from dataclasses import dataclass
from typing import Any

from pysnn.errors import DataError, NetworkError
from pysnn.importers.nir.cycles import delayed_edges, order
from pysnn.importers.nir.fields import Fields
from pysnn.importers.nir.file import read_graph
from pysnn.importers.nir.graph import Edge, NirGraph
from pysnn.importers.nir.layers import LAYERS, delay
from pysnn.importers.nir.options import NirOptions
from pysnn.importers.nir.profiles import PROFILES, Profile
from pysnn.importers.nir.profiles.base import NEURON_KINDS
from pysnn.network import Network
from pysnn.nodes import Delay, Input, Node, Output, Scale
from pysnn.nodes.base import Shape

__all__ = ["ImportedNir", "from_graph", "load", "make_profile"]

_WITHOUT_SPIKES = ("I", "LI", "CubaLI")


@dataclass(frozen=True, eq=False)
class ImportedNir:
    """A network that was read from NIR.

    Attributes
    ----------
    network
        The network, read by counting spikes, or, where it ends with a neuron that never fires, by adding its potential up.
    dt
        Seconds a step, where a run of the network needs it.
    notes
        Sentences about what the file does not say.
    """

    network: Network
    dt: float | None
    notes: tuple[str, ...]


def load(path: str | os.PathLike[str], profile: str, **options: Any) -> ImportedNir:
    """Read a ``.nir`` file as the library means it that wrote it (extra ``nir``).

    Parameters
    ----------
    path
        The file.
    profile
        Who wrote it: "snntorch", "spikingjelly", "sinabs" or "norse"; "strict" takes NIR's own equations.
    **options
        What the file does not say, see :class:`~pysnn.importers.nir.options.NirOptions`.

    Returns
    -------
    ImportedNir
        The network, with the names of the file. Recurrent connections get a :class:`~pysnn.Delay` of one step.

    Raises
    ------
    NetworkError
        A node, a number or a shape has no counterpart, or is missing; the message names the node.
    DataError
        There is no such profile or option, or it needs one that is not given.
    FileFormatError
        The file is damaged, or no NIR file.
    MissingExtraError
        The package h5py is not installed.
    OSError
        There is no such file, or it cannot be read.

    Examples
    --------
    >>> load("net.nir", "snntorch", reset="subtract").network  # doctest: +SKIP
    Network(6 nodes, 5 edges, 310 parameters)
    """
    meant = make_profile(profile, **options)
    graph = read_graph(path)
    try:
        return from_graph(graph, meant)
    except NetworkError as error:
        raise NetworkError(f"{os.fspath(path)}: {error}") from error
    except DataError as error:
        raise DataError(f"{os.fspath(path)}: {error}") from error


def make_profile(profile: str, **options: Any) -> Profile:
    """Return a profile with options.

    Examples
    --------
    >>> make_profile("strict", dt=1e-3).dt
    0.001
    """
    if profile not in PROFILES:
        raise DataError(f"profile must be one of {', '.join(PROFILES)}, got {profile!r}")
    try:
        return PROFILES[profile](NirOptions(**options))
    except TypeError:
        known = ", ".join(NirOptions.__dataclass_fields__)
        raise DataError(f"expected options {known}, got {', '.join(options)}") from None


def from_graph(graph: NirGraph, profile: Profile) -> ImportedNir:
    """Return the network of a graph; see :func:`load`."""
    graph = graph.flat()
    ends = {kind: _the_only(graph, kind) for kind in ("Input", "Output")}
    delayed = delayed_edges(graph)
    loops = {source for source, _ in delayed}
    nodes: dict[str, Node] = {}
    shapes: dict[str, Shape] = {}
    names = order(graph)
    for name in names:
        node = graph.nodes[name]
        shape = _entering(graph, name, shapes)
        if name == ends["Input"]:
            nodes[name] = Input(_input_shape(graph, name))
        elif name == ends["Output"]:
            nodes[name] = Output(_readout(graph, name))
        else:
            nodes[name] = _node(Fields(name, node, shape, name in loops), profile)
        shapes[name] = nodes[name].output_shape(name, (shape,) if shape else ())
    edges = _with_delays(graph, nodes, names, delayed)
    network = Network(nodes, edges)
    return ImportedNir(network, profile.dt if _needs_dt(network) else None, _notes(profile, graph, delayed))


def _the_only(graph: NirGraph, kind: str) -> str:
    """Return the name of the only Input or Output that is not one of an inner graph."""
    linked = graph.sources if kind == "Input" else graph.targets
    found = [name for name in graph.of_kind(kind) if not linked[name]]
    if len(found) != 1:
        raise NetworkError(f"NIR graph: expected one {kind}, got {len(found)} ({', '.join(found) or 'none'})")
    return found[0]


def _node(fields: Fields, profile: Profile) -> Node:
    kind = fields.node.kind
    if not fields.shape:
        raise NetworkError(f"{fields.title}: nothing enters it")
    if kind in ("Input", "Output"):
        return Scale(1.0)
    if kind == "Delay":
        return delay(fields, profile.dt)
    if kind in LAYERS:
        return LAYERS[kind](fields)
    if kind in NEURON_KINDS:
        return profile.neuron(fields)
    raise NetworkError(f"{fields.title}: expected a node of NIR: {', '.join((*LAYERS, *NEURON_KINDS, 'Delay'))}")


def _entering(graph: NirGraph, name: str, shapes: dict[str, Shape]) -> Shape:
    """Return the shape of what enters a node: of its edges whose sources are known."""
    known = [shapes[source] for source in graph.sources[name] if source in shapes]
    return known[0] if known else ()


def _input_shape(graph: NirGraph, name: str) -> Shape:
    """Return the shape of one sample and step; an axis of samples (Norse) or steps (sinabs) in front is left out."""
    node = graph.nodes[name]
    if "shape" not in node.fields:
        raise NetworkError(f"Input '{name}': shape is missing")
    shape = node.integers(name, "shape")
    kinds = {graph.nodes[target].kind for target in graph.targets[name]}
    alone = shape[0] == 1 and "Conv1d" not in kinds
    if len(shape) == 4 or (len(shape) == 2 and (alone or kinds & {"Affine", "Linear"})):
        shape = shape[1:]
    if len(shape) == 2:
        shape = (shape[0], 1, shape[1])
    return shape


def _readout(graph: NirGraph, name: str) -> str:
    last = [graph.nodes[source].kind for source in graph.sources[name]]
    return "count" if all(kind not in _WITHOUT_SPIKES and kind in NEURON_KINDS for kind in last) else "potential"


def _with_delays(graph: NirGraph, nodes: dict[str, Node], names: list[str], delayed: tuple[Edge, ...]) -> list[Edge]:
    """Return all edges in the order of their targets and sources, with a delay in those that close cycles; ``nodes`` gets these."""
    place = {name: at for at, name in enumerate(names)}
    edges = []
    for source, target in sorted(graph.edges, key=lambda edge: (place[edge[1]], place[edge[0]])):
        if (source, target) not in delayed:
            edges.append((source, target))
            continue
        name = f"{source}.delay"
        while name in nodes and (source, name) not in edges:
            name += "_"
        if name not in nodes:
            nodes[name] = Delay()
            edges.append((source, name))
        edges.append((name, target))
    return edges


def _needs_dt(network: Network) -> bool:
    from pysnn.neurons import LIF, CubaLIF

    return any(isinstance(node, LIF | CubaLIF) for node in network.nodes.values())


def _notes(profile: Profile, graph: NirGraph, delayed: tuple[Edge, ...]) -> tuple[str, ...]:
    notes = list(profile.notes) if graph.of_kind(*NEURON_KINDS) else []
    if delayed:
        notes.append(
            f"recurrent connections take one step, of which NIR says nothing: behind {', '.join(dict.fromkeys(source for source, _ in delayed))}"
        )
    return tuple(notes)
