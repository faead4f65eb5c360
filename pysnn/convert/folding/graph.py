"""A network's nodes and edges while they are rewritten."""

from dataclasses import dataclass

from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.nodes import Concat, Node
from pysnn.nodes.base import Shape

__all__ = ["Graph"]

Edge = tuple[str, str]

_LONGEST_NAME = 180


@dataclass(eq=False)
class Graph:
    """Nodes, edges and shapes. A rewrite that might not work out is made on a copy."""

    nodes: dict[str, Node]
    edges: list[Edge]
    shapes: dict[str, Shape]

    @classmethod
    def of(cls, network: Network) -> "Graph":
        """Give a network's graph."""
        return cls(dict(network.nodes), list(network.edges), dict(network.shapes))

    def copy(self) -> "Graph":
        """Give a copy that shares the nodes, which are frozen."""
        return Graph(dict(self.nodes), list(self.edges), dict(self.shapes))

    def network(self) -> Network:
        """Give the network, checked."""
        return Network(self.nodes, self.edges)

    def sources(self, name: str) -> list[str]:
        """Give where a node's edges come from, in order."""
        return [source for source, target in self.edges if target == name]

    def targets(self, name: str) -> list[str]:
        """Give the nodes that read a node."""
        return [target for source, target in self.edges if source == name]

    def insert(self, edge: Edge, name: str, node: Node) -> None:
        """Put a node that keeps the shape into an edge."""
        source, target = edge
        name = self.free_name(name)
        self.nodes[name] = node
        self.shapes[name] = self.shapes[source]
        at = self.edges.index(edge)
        self.edges[at : at + 1] = [(source, name), (name, target)]

    def free_name(self, name: str) -> str:
        """Return the name, or one like it that no node has yet."""
        name = name[-_LONGEST_NAME:]
        while name in self.nodes:
            name += "_"
        return name

    def split(self, name: str) -> list[str]:
        """Give each reader of a node one of its own, the first the node itself, and return their names."""
        copies = [name]
        for reader in self.targets(name)[1:]:
            copy = self.free_name(f"{name}.{reader}")
            self.nodes[copy], self.shapes[copy] = self.nodes[name], self.shapes[name]
            at = self.edges.index((name, reader))
            self.edges[at] = (copy, reader)
            self.edges += [(source, copy) for source in self.sources(name)]
            copies.append(copy)
        return copies

    def bypass(self, name: str) -> None:
        """Take a node out: what it read is read by its readers instead.

        Raises
        ------
        NetworkError
            An edge would be there twice, or a sum would reach a node that does not add.
        """
        sources, targets = self.sources(name), self.targets(name)
        if len(sources) > 1 and any(isinstance(self.nodes[target], Concat) for target in targets):
            raise NetworkError(f"'{name}' adds, and its reader does not")
        edges: list[Edge] = []
        for source, target in self.edges:
            if source == name:
                edges += [(before, target) for before in sources]
            elif target != name:
                edges.append((source, target))
        if len(set(edges)) < len(edges):
            raise NetworkError(f"without '{name}' an edge would be there twice")
        self.edges = edges
        del self.nodes[name], self.shapes[name]
