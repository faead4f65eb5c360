"""Values that a forward's own code hands to the next step: the second round of a loop reads what the first one gave, a step before."""

import operator
from typing import Any

from pysnn.errors import NetworkError
from pysnn.importers.spiking.library import Parts
from pysnn.importers.torch.graph import Call, Value

__all__ = ["Feeds", "Rounds", "cone", "named", "state_of", "taken_of"]


class _Previous:
    """What a value was in the step before, and zeros at first: a traced function that is translated to a Delay.

    Parameters
    ----------
    name
        Name of the delay.
    shape
        Shape of the value for the example.
    """

    __name__ = "previous"

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self.name, self.shape = name, shape
        self.value: Value | None = None

    def __call__(self, x: Any) -> Any:
        return x.new_zeros(self.shape)

    def pysnn_import(self, call: Call, _: Value) -> Value:
        self.value = call.graph.open_delay(self.name, self.shape[1:])
        return self.value


class Feeds:
    """What is held back: a traced function that closes the loop."""

    __name__ = "feeds"

    def __init__(self, previous: _Previous) -> None:
        self.previous = previous

    def __call__(self, value: Any) -> Any:
        return value

    def pysnn_import(self, call: Call, value: Value) -> Value:
        assert self.previous.value is not None
        call.graph.close_delay(self.previous.value, value)
        return value


class Rounds:
    """The rounds of a loop in a traced graph, by the calls of its neurons.

    Parameters
    ----------
    graph
        A ``torch.fx.Graph`` whose input is one step's; it is changed in place.
    root
        What was traced.
    parts
        The module's neurons.
    example
        A tensor for the input, ``(samples, ...)``.
    """

    def __init__(self, graph: Any, root: Any, parts: Parts, example: Any) -> None:
        self.graph, self.root, self.parts, self.example = graph, root, parts, example
        self._calls: dict[str, list[Any]] = {}
        for node in graph.nodes:
            if node.op == "call_module":
                self._calls.setdefault(node.target, []).append(node)
        counts = {len(calls) for target, calls in self._calls.items() if parts.outputs(target)}
        self.count = counts.pop() if len(counts) == 1 else 1
        self._of = self._numbered()
        self._lifted: dict[Any, Any] = {}
        self._held: dict[Any, Any] = {}

    def number(self, node: Any) -> int:
        """Return the round in which a node is computed, from 1; 0 where it is the same in all rounds."""
        return self._of.get(node, 0)

    def second(self, value: Any) -> Any:
        """Return the second round's counterpart of what the first one gives; what the second reads of the first comes out of delays.

        Raises
        ------
        NetworkError
            What it reads is a neuron's state.
        """
        found = self._lift(value)
        seen, frontier = set(), [found]
        while frontier:
            node = frontier.pop()
            if node in seen:
                continue
            seen.add(node)
            for source in node.all_input_nodes:
                frontier += [source] if self.number(source) != 1 else self._cut(node, source)
        return found

    def _cut(self, node: Any, source: Any) -> list[Any]:
        """Let a node of the second round read what the first one gave out of a delay; return what stands in its place and what feeds it."""
        self._check_spikes(source, node)
        if source.op != "call_module" and taken_of(source, self.parts) is None:
            # Computed anew: the delay goes behind neurons and layers.
            with self.graph.inserting_before(node):
                anew = self.graph.node_copy(source)
            self._of[anew] = 2
            node.replace_input_with(source, anew)
            return [anew]
        previous, fed = self._hold(source)
        node.replace_input_with(source, previous)
        return [previous, fed]

    def _each_round(self, node: Any) -> list[Any]:
        """Return the calls of a node's module, in order, where each round makes one; else none."""
        calls = self._calls.get(node.target, []) if node.op == "call_module" else []
        return calls if len(calls) == self.count else []

    def _numbered(self) -> dict[Any, int]:
        """Return the round of each node: of calls that each round makes, their place; of all else, the latest of what it reads."""
        found: dict[Any, int] = {}
        for node in self.graph.nodes:
            calls = self._each_round(node)
            if calls:
                found[node] = calls.index(node) + 1
            else:
                found[node] = max((found[source] for source in node.all_input_nodes), default=0)
        return found

    def _lift(self, node: Any) -> Any:
        """Return the second round's counterpart of a node of the first one, which is made where there is none."""
        if self.number(node) != 1:
            return node
        if node not in self._lifted:
            calls = self._each_round(node)
            if calls:
                self._lifted[node] = calls[1]
            else:
                for source in node.all_input_nodes:
                    self._lift(source)
                with self.graph.inserting_before(self._output):
                    self._lifted[node] = self.graph.node_copy(node, self._lift)
                self._of[self._lifted[node]] = 2
        return self._lifted[node]

    def _hold(self, node: Any) -> tuple[Any, Any]:
        """Return the delay of a node of the first round, and what feeds it."""
        if node not in self._held:
            neuron = next(part for part in cone(node) if part.op == "call_module" and self.parts.outputs(part.target))
            previous = _Previous(f"{neuron.target}.delay", self._shape(node))
            placeholder = next(part for part in self.graph.nodes if part.op == "placeholder")
            with self.graph.inserting_after(placeholder):
                held = self.graph.call_function(previous, (placeholder,))
            lifted = self._lift(node)
            with self.graph.inserting_before(self._output):
                fed = self.graph.call_function(Feeds(previous), (lifted,))
            self._held[node] = (held, fed)
        return self._held[node]  # type: ignore[no-any-return]

    @property
    def _output(self) -> Any:
        return next(node for node in reversed(self.graph.nodes) if node.op == "output")

    def _check_spikes(self, node: Any, reader: Any) -> None:
        """Refuse what comes back of a neuron and is not what it gives."""
        for part in cone(node):
            name = state_of(part, self.parts)
            if name is not None:
                raise NetworkError(
                    f"'{named(reader)}' reads a state of '{name}' of the step before: "
                    "only spikes can come back to a later step"
                )

    def _shape(self, node: Any) -> tuple[int, ...]:
        """Return the shape of a node of the first round for the example."""
        import torch

        needed = set(cone(node))
        values: dict[Any, Any] = {}
        try:
            with torch.no_grad():
                for part in self.graph.nodes:
                    if part in needed:
                        values[part] = self._computed(part, values)
            return tuple(values[node].shape)
        # Traced code that is not the module's own any more can raise anything.
        except Exception as error:
            raise NetworkError(f"'{node.name}', which comes back a step later, cannot be computed: {error}") from error

    def _computed(self, node: Any, values: dict[Any, Any]) -> Any:
        from torch import fx

        args = fx.node.map_arg(node.args, values.__getitem__)
        kwargs = fx.node.map_arg(node.kwargs, values.__getitem__)
        if node.op == "placeholder":
            return self.example if not any(other.op == "placeholder" for other in values) else (args or (None,))[0]
        if node.op == "get_attr":
            return operator.attrgetter(node.target)(self.root)
        if node.op == "call_method":
            return getattr(args[0], node.target)(*args[1:], **kwargs)
        if node.op == "call_function":
            return node.target(*args, **kwargs)
        module = self.root.get_submodule(node.target)
        leaf = self.parts.find(module)
        return (module if leaf is None else leaf.run)(*args, **kwargs)


def taken_of(value: Any, parts: Parts) -> Any:
    """Return the neuron's call of whose several results a value is one, or ``None``."""
    if getattr(value, "op", "") != "call_function" or value.target is not operator.getitem:
        return None
    source = value.args[0]
    return source if getattr(source, "op", "") == "call_module" and parts.outputs(source.target) > 1 else None


def state_of(node: Any, parts: Parts) -> str | None:
    """Return the name of the neuron of which a node takes a state, or ``None``."""
    source = taken_of(node, parts)
    if source is None:
        return None
    name = str(source.target)
    return None if node.args[1] % parts.outputs(name) == parts.neuron(name).read else name


def named(node: Any) -> str:
    """Return what an error calls a node: its module, or its own name."""
    return str(node.target if node.op == "call_module" else node.name)


def cone(node: Any) -> list[Any]:
    """Return a node and all that it is computed of."""
    found, frontier = {node: None}, [node]
    while frontier:
        for source in frontier.pop().all_input_nodes:
            if source not in found:
                found[source] = None
                frontier.append(source)
    return list(found)
