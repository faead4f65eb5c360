"""A trace that goes over time, folded to one step: one round of its loops stands for all of them, and a run of the library proves that it may."""

import operator
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pysnn.errors import NetworkError
from pysnn.importers.spiking.library import Parts
from pysnn.importers.spiking.recurrence import Feeds, Rounds, cone, named, state_of, taken_of

__all__ = ["Folded", "fold_time"]

_SUMS = ("sum", "mean")
_ITERATES = ("stack", "cat")
_SCALES = ("truediv", "div", "mul")
_ADDS = ("add", "iadd")


@dataclass(frozen=True)
class Folded:
    """What a trace did with time.

    Attributes
    ----------
    axis
        The axis of its input that it went along, if it did.
    repeats
        Whether it gave one input to several steps.
    """

    axis: int | None
    repeats: bool


def fold_time(graph: Any, root: Any, parts: Parts, example: Any) -> Folded:
    """Change a ``torch.fx.Graph`` in place: one step alone is left, and its output is what that gives.

    Where there are several it is the second, and what it reads of the first comes out of delays.

    Parameters
    ----------
    graph, root
        The graph, and what was traced.
    parts
        The module's neurons.
    example
        A tensor for one step of the input, ``(samples, ...)``.

    Raises
    ------
    NetworkError
        One neuron is used twice in a step, the output holds no value of the first step, or is the state of a neuron that fires, or such a state is computed with.
    """
    placeholder = next(node for node in graph.nodes if node.op == "placeholder")
    axis = _fold_input(graph, placeholder)
    expanded = _fold_copies(placeholder)
    calls = _calls(graph.nodes, parts.outputs)
    output = next(node for node in graph.nodes if node.op == "output")
    value = _of_one_step(output.args[0])
    _take_state(value, parts)
    if getattr(value, "op", "") == "call_module" and parts.outputs(value.target) > 1:
        with graph.inserting_before(output):
            value = graph.call_function(operator.getitem, (value, 0))
    if not calls:
        raise NetworkError("the module has no neurons that are known here; is it of this library?")
    rounds = Rounds(graph, root, parts, example)
    _drop_states(graph, parts)
    output.args = (value,)
    if rounds.count > 1 and hasattr(value, "op"):
        _check_uses(_calls(cone(value), parts.outputs))
        if rounds.number(value) > 1:
            raise NetworkError(
                "the output is what the last step gives alone: return what all steps give, in a list or a sum"
            )
        output.args = (rounds.second(value),)
    for node in reversed(list(graph.nodes)):
        if not node.users and node.op not in ("placeholder", "output") and not isinstance(node.target, Feeds):
            graph.erase_node(node)
    _check_uses(_calls(graph.nodes, parts.outputs))
    _check_states(graph, parts)
    return Folded(axis, expanded or any(count > 1 for count in calls.values()))


def _drop_states(graph: Any, parts: Parts) -> None:
    """Let neurons be given their input alone: states of the step before are what the translation has without being told."""
    for node in graph.nodes:
        if node.op == "call_module" and parts.outputs(node.target):
            node.args, node.kwargs = ((*node.args, *node.kwargs.values())[0],), {}


def _check_uses(uses: dict[str, int]) -> None:
    for name, count in uses.items():
        if count > 1:
            raise NetworkError(f"'{name}' is used {count} times in one step: give each use a neuron of its own")


def _check_states(graph: Any, parts: Parts) -> None:
    for node in graph.nodes:
        name = state_of(node, parts)
        reader = next((user for user in node.users if user.op != "output"), None)
        if name is not None and reader is not None:
            raise NetworkError(f"'{named(reader)}' reads a state of '{name}': only what a neuron gives can be read")


def _take_state(value: Any, parts: Parts) -> None:
    """Take an output that is a neuron's state as a potential, or refuse it."""
    source = taken_of(value, parts)
    if source is not None and value.args[1] != 0:
        parts.read_state(source.target, value.args[1] % parts.outputs(source.target))


def _calls(nodes: Iterable[Any], outputs: Callable[[str], int]) -> dict[str, int]:
    return dict(Counter(str(node.target) for node in nodes if node.op == "call_module" and outputs(node.target)))


def _fold_input(graph: Any, placeholder: Any) -> int | None:
    """Let what reads a step of the input read the input, and return the axis of the steps."""
    found = None
    for user in list(placeholder.users):
        if user.op != "call_function" or user.target is not operator.getitem:
            continue
        index = user.args[1] if isinstance(user.args[1], tuple) else (user.args[1],)
        axis = _axis(index)
        if axis is None:
            continue
        found = axis
        user.replace_all_uses_with(placeholder)
        graph.erase_node(user)
    return found


def _axis(index: tuple[Any, ...]) -> int | None:
    """Return the axis that an index takes one value of, all others whole."""
    one = [at for at, part in enumerate(index) if isinstance(part, int)]
    whole = sum(isinstance(part, slice) and part == slice(None) for part in index)
    return one[0] if len(one) == 1 and whole == len(index) - 1 else None


def _fold_copies(placeholder: Any) -> bool:
    """Let what reads copies of the input, one a step, read the input."""
    found = False
    for first in list(placeholder.users):
        sources = [first]
        if _named(first) == "unsqueeze" and _argument(first, 1, "dim") == 0:
            sources = list(first.users)
        for user in sources:
            copies = _named(user) in ("repeat", "expand", "repeat_interleave") or (
                _named(user) == "stack" and isinstance(user.args[0], list | tuple)
            )
            if copies and user is not placeholder:
                user.replace_all_uses_with(placeholder)
                found = True
    return found


def _of_one_step(value: Any) -> Any:
    """Return what the first step adds to an output: the first of several values, of lists, and of what is summed or averaged over time."""
    inner = _inside(value)
    while inner is not value:
        value, inner = inner, _inside(inner)
    return value


def _inside(value: Any) -> Any:
    if isinstance(value, tuple | list):
        if not value:
            raise NetworkError("the output is an empty list: nothing was collected in its loop")
        return value[0]
    if not hasattr(value, "op"):
        return value
    name = _named(value)
    listed = name in _ITERATES and isinstance(value.args[0], tuple | list)
    summed = name in _SUMS and _argument(value, 1, "dim") in (0, 1, (0,), [0])
    scaled = name in _SCALES and not hasattr(value.args[1], "op")
    if listed or summed or scaled:
        return value.args[0]
    return _first_of_sum(value) if name in _ADDS else value


def _first_of_sum(node: Any) -> Any:
    """Return the first term of a running sum of one module's values; a sum of several modules' values is one of a single step."""
    terms = []
    frontier = [node]
    while frontier:
        value = frontier.pop()
        if hasattr(value, "op") and _named(value) in _ADDS:
            frontier += reversed(value.args[:2])
        elif hasattr(value, "op") and value.op != "get_attr":
            terms.append(value)
    if not terms:
        raise NetworkError("the output is a sum of values that no neuron gives")
    modules = {str((term.args[0] if _named(term) == "getitem" else term).target) for term in terms}
    return terms[0] if len(modules) == 1 else node


def _named(node: Any) -> str:
    """Return the name of the function or method that a node calls."""
    if node.op == "call_method":
        return str(node.target)
    return getattr(node.target, "__name__", "") if node.op == "call_function" else ""


def _argument(node: Any, at: int, name: str) -> Any:
    return node.args[at] if len(node.args) > at else node.kwargs.get(name)
