"""What a library's module says about its neurons, so that one importer reads them all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from pysnn.errors import NetworkError
from pysnn.frozen import FrozenDict
from pysnn.importers.nir.fields import compact
from pysnn.importers.torch.graph import Call, Value
from pysnn.importers.torch.shapes import view
from pysnn.importers.torch.table import Leaf, find_leaf
from pysnn.neurons import DiscreteCubaLI, DiscreteCubaLIF, DiscreteLI, DiscreteLIF
from pysnn.nodes import Node

__all__ = ["Layout", "Library", "Neuron", "Parts", "number", "unknown"]

Layout = Literal["step", "time", "batch_time", "flat"]
"""What a neuron takes at once: one step ``(batch, ...)``, all steps ``(time, batch, ...)`` or ``(batch, time, ...)``, or these with both axes in one."""


@dataclass(frozen=True, eq=False)
class Neuron:
    """A neuron of a library.

    Parameters
    ----------
    node
        The neuron.
    weight
        Weights that belong to it, before it.
    back
        Nodes by which its spikes come back to it, by what is put behind its name.
    outputs
        How many values the module returns, the spikes first.
    read
        Which of them is what the node gives: spikes, or the potential of a neuron that never fires.
    """

    node: Node
    weight: Node | None = None
    back: tuple[tuple[str, Node], ...] = ()
    outputs: int = 1
    read: int = 0


@dataclass(frozen=True, eq=False)
class Library:
    """How one library's modules are read.

    Parameters
    ----------
    name
        Its name.
    neuron
        Returns a module's neuron, or ``None`` where it is none of the library's; it raises :class:`NetworkError` where it has no counterpart.
    layer
        Returns the translation of a layer of the library, as a leaf, or ``None``.
    opened
        Returns the modules that a container calls one after the other, or ``None``.
    layout
        Returns what a neuron takes at once.
    reset
        Sets a module and all its parts back to the start.
    own
        Where the library's neurons and layers are defined: what is of there and is not read is refused by name, and not traced.
    """

    name: str
    neuron: Callable[[Any], Neuron | None]
    layout: Callable[[Any], Layout]
    reset: Callable[[Any], None]
    layer: Callable[[Any], Leaf | None] = lambda _: None
    opened: Callable[[Any], list[Any] | None] = lambda _: None
    own: tuple[str, ...] = ()


class Parts:
    """The parts of one module, its neurons read before it is traced: a trace puts stand-ins in the place of parameters.

    Parameters
    ----------
    library
        Whose module.
    module
        The module.
    """

    def __init__(self, library: Library, module: Any) -> None:
        self.library, self.module = library, module
        self._neurons: dict[int, Neuron | NetworkError] = {}
        for part in module.modules():
            try:
                neuron = library.neuron(part)
            except NetworkError as error:
                self._neurons[id(part)] = error
            else:
                if neuron is not None:
                    self._neurons[id(part)] = neuron
                elif self._is_unread(part):
                    self._neurons[id(part)] = unknown(part, library.name)

    def _is_unread(self, module: Any) -> bool:
        """Say whether a part is the library's own and is nothing that is read."""
        library = self.library
        if not type(module).__module__.startswith(library.own):
            return False
        return library.layer(module) is None and library.opened(module) is None and find_leaf(module) is None

    def is_neuron(self, module: Any) -> bool:
        """Say whether a part is a neuron of the library, with a counterpart or without."""
        return id(module) in self._neurons

    def is_named(self, name: str) -> bool:
        """Say whether the module has a part of this name that is a neuron."""
        return any(name == own and self.is_neuron(part) for own, part in self.module.named_modules())

    def outputs(self, name: str) -> int:
        """Return how many values the neuron of this name returns; 0 of what is no neuron."""
        neuron = self._neurons.get(id(self.module.get_submodule(name)))
        return 1 if isinstance(neuron, NetworkError) else 0 if neuron is None else neuron.outputs

    def neuron(self, name: str) -> Neuron:
        """Return the neuron of this name."""
        neuron = self._neurons[id(self.module.get_submodule(name))]
        if isinstance(neuron, NetworkError):
            raise neuron
        return neuron

    def read_state(self, name: str, at: int) -> None:
        """Let a neuron without a reset, whose potential is the output, be one that never fires.

        Raises
        ------
        NetworkError
            The output is another state, or the neuron has a reset.
        """
        neuron = self.neuron(name)
        node = neuron.node
        if at != neuron.outputs - 1 or neuron.back or not isinstance(node, DiscreteLIF) or node.reset != "none":
            raise NetworkError(f"the output is a state of '{name}', which fires: return its spikes first")
        leak = {"decay": node.decay, "gain": node.gain}
        current = {"syn_decay": node.syn_decay} if isinstance(node, DiscreteCubaLIF) else {}
        potential = DiscreteCubaLI(**leak, **current) if current else DiscreteLI(**leak)
        self._neurons[id(self.module.get_submodule(name))] = replace(neuron, node=potential, read=at)

    def find(self, module: Any) -> Leaf | None:
        """Return what the trace does not look into."""
        neuron = self._neurons.get(id(module))
        if neuron is not None:
            return Leaf(self._translate, lambda x, *_, **__: _stand_in(neuron, x))
        leaf = self.library.layer(module) or self._flatten(module)
        return find_leaf(module) if leaf is None else leaf

    def _flatten(self, module: Any) -> Leaf | None:
        """Return a Flatten behind the axes of time and samples as one behind that of samples."""
        import torch

        over_time = any(
            self.library.layout(part) in ("time", "batch_time")
            for part in self.module.modules()
            if self.is_neuron(part)
        )
        if not over_time or type(module) is not torch.nn.Flatten or module.start_dim < 2:
            return None
        dims = (module.start_dim - 1, module.end_dim - (module.end_dim > 0))
        return Leaf(lambda call, _, x: view(call, x), lambda x: torch.flatten(x, *dims))

    def _translate(self, call: Call, module: Any, x: Value, *_: Any, **__: Any) -> Any:
        """Add a neuron; what it was given of its state is not read: the golden run shows whether that was the state of the step before."""
        neuron = self._neurons[id(module)]
        if isinstance(neuron, NetworkError):
            raise neuron
        before = x if neuron.weight is None else call.add(neuron.weight, x, name=f"{call.name}.input")
        spikes = call.add(neuron.node, before)
        if neuron.back:
            call.graph.feed_back(spikes, {f"{call.name}.{suffix}": node for suffix, node in neuron.back})
        if neuron.outputs == 1:
            return spikes
        return (*call.result[: neuron.read], spikes, *call.result[neuron.read + 1 :])


def _stand_in(neuron: Neuron | NetworkError, x: Any) -> Any:
    """Return zeros of the shapes that a neuron returns."""
    import torch

    if isinstance(neuron, NetworkError):
        return torch.zeros_like(x)
    weight = getattr(neuron.weight, "weight", None)
    zeros = torch.zeros_like(x) if weight is None else torch.zeros(x.shape[0], len(weight))
    return zeros if neuron.outputs == 1 else (zeros,) * neuron.outputs


def number(value: Any, what: str) -> Any:
    """Return a parameter of a neuron, a number or a tensor, as pysnn's neurons take it.

    Examples
    --------
    >>> number(0.5, "Leaky: beta")
    0.5
    """
    array = np.asarray(value.detach().cpu().numpy() if hasattr(value, "detach") else value)
    if array.dtype.kind not in "fiub" or not array.size:
        raise NetworkError(f"{what} must be numbers, got {value!r}")
    while array.ndim > 1 and array.ndim != 3 and len(array) == 1:
        array = array[0]
    return compact(array.astype(np.float64))


def unknown(module: Any, library: str, missing: Mapping[str, str] = FrozenDict()) -> NetworkError:
    """Return the error for a neuron that has no counterpart; ``missing`` says why by the start of a class's name."""
    kind = type(module).__name__
    why = next((f": {reason}" for start, reason in missing.items() if kind.startswith(start)), "")
    return NetworkError(f"{library}'s {kind} has no counterpart{why}; docs/neurons.md lists the neurons that have one")
