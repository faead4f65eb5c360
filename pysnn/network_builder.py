"""A network under construction, or while it is rewritten: its nodes, edges and shapes, checked as they come."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import copy

from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.nodes import Concat, Input, Node, Scale
from pysnn.nodes.base import Shape

__all__ = ["Edge", "NetworkBuilder"]

Edge = tuple[str, str]
"""(source, target)."""

_LONGEST_NAME = 180


class NetworkBuilder:
    """Nodes, edges and shapes that can change. A rewrite that might not work out is made on a :meth:`copy`.

    Parameters
    ----------
    reserved
        Names that no node gets, until they are taken out of the set ``reserved`` of the builder.

    Examples
    --------
    >>> from pysnn import Input, Linear, Output
    >>> builder = NetworkBuilder()
    >>> x = builder.add("in", Input((2,)))
    >>> fc = builder.add("fc", Linear([[1.0, 2.0]]), [x])
    >>> _ = builder.add("out", Output(), [fc])
    >>> builder.network().shapes["out"]
    (1,)
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self.nodes: dict[str, Node] = {}
        self.shapes: dict[str, Shape] = {}
        self.reserved = set(reserved)
        self._edges: list[Edge] = []
        self._sources: dict[str, tuple[str, ...]] = {}
        self._numbers: Counter[str] = Counter()

    @classmethod
    def of(cls, network: Network) -> "NetworkBuilder":
        """Return a builder that holds a network, which has to be without a cycle."""
        builder = cls()
        builder.nodes, builder.shapes = dict(network.nodes), dict(network.shapes)
        builder.rewire(network.edges)
        return builder

    def copy(self) -> "NetworkBuilder":
        """Return a copy that shares the nodes, which are frozen."""
        other = NetworkBuilder()
        other.take_over(self)
        return other

    def take_over(self, other: "NetworkBuilder") -> None:
        """Become equal to another builder, such as a copy on which a rewrite has worked out."""
        vars(self).update({name: copy(value) for name, value in vars(other).items()})

    def network(self) -> Network:
        """Return the network, checked as a whole."""
        return Network(self.nodes, self._edges)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All edges, in order."""
        return tuple(self._edges)

    def sources(self, name: str) -> tuple[str, ...]:
        """Return where a node's edges come from, in order."""
        return self._sources[name]

    def targets(self, name: str) -> tuple[str, ...]:
        """Return the nodes that read a node."""
        return tuple(target for source, target in self._edges if source == name)

    def free_name(self, wanted: str) -> str:
        """Return the name, with a number behind it where it is taken.

        Examples
        --------
        >>> NetworkBuilder(reserved=["out"]).free_name("out")
        'out_1'
        """
        name = wanted
        while name in self.nodes or name in self.reserved:
            self._numbers[wanted] += 1
            name = f"{wanted}_{self._numbers[wanted]}"
        return name

    def derived_name(self, wanted: str) -> str:
        """Return a name made of other nodes' names: its end where it is too long, underscores behind it where it is taken.

        It has no number: the digest that files keep of an ANN goes over its names, which stay as they have been.
        """
        name = wanted[-_LONGEST_NAME:]
        while name in self.nodes or name in self.reserved:
            name += "_"
        return name

    def add(self, wanted: str, node: Node, sources: Sequence[str] = ()) -> str:
        """Add a node that reads ``sources``, and return its name, which is ``wanted`` where that is free.

        A source that is repeated is read through a copy, a ``Scale(1.0)`` called ``<name>.copy``: two edges between the same
        nodes are refused.

        Raises
        ------
        NetworkError
            A source is no node, or the shapes do not fit.
        """
        name = self.free_name(wanted)
        shape = self._shape(name, node, sources)
        distinct: list[str] = []
        for source in sources:
            distinct.append(self.add(f"{name}.copy", Scale(1.0), [source]) if source in distinct else source)
        self._put(name, node, shape)
        self._edges += [(source, name) for source in distinct]
        self._sources[name] = tuple(distinct)
        return name

    def add_open(self, wanted: str, node: Node, shape: Shape) -> str:
        """Add a node that gives ``shape`` and whose sources come later, by :meth:`connect`; return its name."""
        name = self.free_name(wanted)
        self._put(name, node, shape)
        self._sources[name] = ()
        return name

    def connect(self, source: str, target: str) -> None:
        """Let a node read one more source, behind those that it has."""
        if source in self._sources[target]:
            raise NetworkError(f"'{target}' reads '{source}' already")
        sources = (*self._sources[target], source)
        self.shapes[target] = self._shape(target, self.nodes[target], sources)
        self._edges.append((source, target))
        self._sources[target] = sources

    def replace(self, name: str, node: Node) -> None:
        """Put another node in a node's place, with the same edges."""
        self.shapes[name] = self._shape(name, node, self._sources[name])
        self.nodes[name] = node

    def insert(self, edge: Edge, name: str, node: Node) -> None:
        """Put a node into an edge, under a name that is free."""
        source, target = edge
        self._put(name, node, self._shape(name, node, [source]))
        at = self._edges.index(edge)
        self.rewire([*self._edges[:at], (source, name), (name, target), *self._edges[at + 1 :]])

    def insert_before(self, target: str, name: str, node: Node) -> None:
        """Put a node between all that a node reads and the node, under a name that is free."""
        self._put(name, node, self._shape(name, node, self._sources[target]))
        self.rewire([*((source, name if end == target else end) for source, end in self._edges), (name, target)])

    def insert_behind(self, source: str, name: str, node: Node) -> None:
        """Put a node between a node and all its readers, next to it in the order of nodes, under a name that is free."""
        self._put(name, node, self._shape(name, node, [source]))
        nodes = list(self.nodes.items())
        nodes.insert(list(self.nodes).index(source) + 1, nodes.pop())
        self.nodes = dict(nodes)
        first = next((at for at, edge in enumerate(self._edges) if edge[0] == source), len(self._edges))
        edges = [(name if start == source else start, target) for start, target in self._edges]
        self.rewire([*edges[:first], (source, name), *edges[first:]])

    def redirect(self, source: str, other: str) -> None:
        """Let all readers of a node read another one in its place."""
        self.rewire([(other if start == source else start, target) for start, target in self._edges])

    def split(self, name: str) -> list[str]:
        """Let each reader of a node have one of its own, the first the node itself, and return their names."""
        copies = [name]
        for reader in self.targets(name)[1:]:
            copy = self.derived_name(f"{name}.{reader}")
            self._put(copy, self.nodes[name], self.shapes[name])
            edges = [(copy, reader) if edge == (name, reader) else edge for edge in self._edges]
            self.rewire([*edges, *((source, copy) for source in self._sources[name])])
            copies.append(copy)
        return copies

    def give_own(self, name: str, reader: str) -> str:
        """Let one reader of a node have one of its own, and return its name: the node itself where nothing else reads it."""
        own = name if self.targets(name) == (reader,) else self.derived_name(f"{name}.{reader}")
        sources = self._sources[name]
        if own != name:
            self._put(own, self.nodes[name], self.shapes[name])
        edges = [edge for edge in self._edges if edge[1] != own]
        at = edges.index((name, reader))
        self.rewire([*edges[:at], *((source, own) for source in sources), (own, reader), *edges[at + 1 :]])
        return own

    def swap(self, first: str, second: str, changed: Mapping[str, Node]) -> None:
        """Exchange a node and its only reader, which reads nothing else; ``changed``: nodes that take their places, by name.

        Raises
        ------
        NetworkError
            The two are not such neighbours, or the shapes do not fit.
        """
        sources = self._sources[first]
        if self.targets(first) != (second,) or self._sources[second] != (first,):
            raise NetworkError(
                f"'{first}' and '{second}': expected a node and its only reader, which reads nothing else"
            )
        nodes = {name: changed.get(name, self.nodes[name]) for name in (first, second)}
        self.shapes[second] = self._shape(second, nodes[second], sources)
        self.shapes[first] = self._shape(first, nodes[first], [second])
        self.nodes.update(nodes)
        moved = {(source, first): (source, second) for source in sources} | {(first, second): (second, first)}
        moved |= {(second, target): (first, target) for target in self.targets(second)}
        self.rewire([moved.get(edge, edge) for edge in self._edges])

    def bypass(self, *names: str) -> None:
        """Take nodes out: what they read is read by their readers instead.

        Raises
        ------
        NetworkError
            An edge would be there twice, or a sum would reach a node that does not add. Nothing has changed then.
        """
        out = set(names)
        edges: list[Edge] = []
        for source, target in self._edges:
            if target in out:
                continue
            before = self._kept_before(source, out)
            if len(before) > 1 and isinstance(self.nodes[target], Concat):
                raise NetworkError(f"'{source}' adds, and its reader does not")
            edges += [(start, target) for start in before]
        if len(set(edges)) < len(edges):
            raise NetworkError(f"without '{', '.join(names)}' an edge would be there twice")
        self._drop(out, edges)

    def keep_read(self, output: str) -> None:
        """Take out all that a node does not depend on."""
        read, frontier = {output}, [output]
        while frontier:
            for source in self._sources[frontier.pop()]:
                if source not in read:
                    read.add(source)
                    frontier.append(source)
        self._drop(set(self.nodes) - read, [edge for edge in self._edges if edge[1] in read])

    def rewire(self, edges: Iterable[Edge]) -> None:
        """Exchange all edges."""
        new = list(edges)
        sources: dict[str, list[str]] = {name: [] for name in self.nodes}
        for source, target in new:
            if source not in sources or target not in sources:
                raise NetworkError(f"edge '{source}' -> '{target}' has an end that is no node")
            sources[target].append(source)
        self._edges = new
        self._sources = {name: tuple(found) for name, found in sources.items()}

    def _shape(self, name: str, node: Node, sources: Sequence[str]) -> Shape:
        for source in sources:
            if source not in self.shapes:
                raise NetworkError(f"{node.title} '{name}' reads '{source}', which is no node")
        if not sources and not isinstance(node, Input):
            raise NetworkError(f"{node.title} '{name}': expected a source, got none")
        return node.output_shape(name, tuple(self.shapes[source] for source in sources))

    def _put(self, name: str, node: Node, shape: Shape) -> None:
        if name in self.nodes:
            raise NetworkError(f"{node.title} '{name}': expected a free name, this one is taken")
        self.nodes[name], self.shapes[name], self._sources[name] = node, shape, ()

    def _kept_before(self, name: str, out: set[str]) -> list[str]:
        """Return the node, or the nearest ones before it that are not taken out."""
        found: list[str] = []
        frontier = [name]
        while frontier:
            last = frontier.pop()
            if last in out:
                frontier += reversed(self._sources[last])
            else:
                found.append(last)
        return found

    def _drop(self, names: set[str], edges: Iterable[Edge]) -> None:
        self.nodes = {name: node for name, node in self.nodes.items() if name not in names}
        self.shapes = {name: shape for name, shape in self.shapes.items() if name not in names}
        self.rewire(edges)
