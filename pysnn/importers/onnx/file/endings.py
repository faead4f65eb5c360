"""Where a model is read: the value that was asked for, or the scores before what only names the class that wins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pysnn.errors import NetworkError
from pysnn.importers.onnx.file.model import Model, OnnxNode

__all__ = ["Reading", "makers_of", "reading"]

_MOST_NAMES = 8
_LARGEST_WINS = "it does not change which class wins"
_SAME_ORDER = "scores come in the order of its list"

_ENDINGS: Mapping[tuple[str, str], tuple[int, str]] = {
    ("", "Softmax"): (0, _LARGEST_WINS),
    ("", "LogSoftmax"): (0, _LARGEST_WINS),
    ("", "Hardmax"): (0, _LARGEST_WINS),
    ("", "Sigmoid"): (0, "the network gives what it is applied to, above 0 where the sigmoid is above 0.5"),
    ("", "ArgMax"): (0, "the class with the largest score wins"),
    ("", "ArgMin"): (0, "the class with the smallest score wins"),
    ("", "TopK"): (0, "the network gives the scores of all classes"),
    ("ai.onnx.ml", "ZipMap"): (0, _SAME_ORDER),
    ("ai.onnx.ml", "LabelEncoder"): (0, _SAME_ORDER),
    ("ai.onnx.ml", "ArrayFeatureExtractor"): (1, _SAME_ORDER),
}
"""By domain and op: the input that is read instead, and what that means."""

_DEFAULT_AXIS = {"ArgMax": 0, "ArgMin": 0}
_BETWEEN = frozenset(["Cast", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"])


@dataclass(frozen=True)
class Reading:
    """The value that a model is read at, and a sentence on each node behind it that is left out."""

    value: str
    notes: tuple[str, ...]


def reading(model: Model, wanted: str | None) -> Reading:
    """Return where to read a model.

    Raises
    ------
    NetworkError
        There is no such value, or several outputs to choose from.
    """
    makers = makers_of(model)
    if wanted is not None:
        if not wanted or (wanted not in makers and wanted not in model.inputs):
            raise NetworkError(
                f"output '{wanted}': the model computes no value of that name; {_readable(model, makers, wanted)}"
            )
        return _before_endings(makers, wanted)
    found = {each.value: each for each in reversed([_before_endings(makers, name) for name in model.outputs])}
    if len(found) == 1:
        return found.popitem()[1]
    raise NetworkError(
        f"the model has {len(model.outputs)} outputs ({_quoted(model.outputs)}): choose one with output=NAME"
    )


def makers_of(model: Model) -> dict[str, OnnxNode]:
    """Return the node that computes each value."""
    makers: dict[str, OnnxNode] = {}
    for node in model.nodes:
        if not node.outputs or not node.outputs[0]:
            raise NetworkError(f"{node.op} '{node.label}': it has no result")
        for name in filter(None, node.outputs):
            if name in makers or name in model.constants or name in model.inputs:
                raise NetworkError(f"{node.op} '{node.label}': its result '{name}' has a second origin")
            makers[name] = node
    return makers


def _before_endings(makers: Mapping[str, OnnxNode], wanted: str) -> Reading:
    value, notes, name = wanted, [], wanted
    passed: set[str] = set()
    while name in makers and name not in passed:
        passed.add(name)
        node = makers[name]
        ending = _ENDINGS.get((node.domain, node.op))
        if ending and len(node.inputs) > ending[0] and _is_over_classes(node):
            name = value = node.inputs[ending[0]]
            notes.append(f"{node.op} '{node.label}' at the end is left out: {ending[1]}")
        elif not node.domain and node.op in _BETWEEN and node.inputs:
            name = node.inputs[0]
        elif _is_both_classes(makers, node):
            name = node.inputs[1]
            notes.append(
                f"Concat '{node.label}' at the end is left out: two classes have one score, that of the second one"
            )
        else:
            break
    if notes:
        notes.append(f"the network is read at '{value}', before what is left out")
    return Reading(value, tuple(notes))


def _is_over_classes(node: OnnxNode) -> bool:
    """Return whether a node compares the values of one sample: not along the batch."""
    axis: Any = node.attributes.get("axis", _DEFAULT_AXIS.get(node.op, -1))
    return bool(axis != 0)


def _is_both_classes(makers: Mapping[str, OnnxNode], node: OnnxNode) -> bool:
    """Return whether a node puts 1 - p before the p of a Sigmoid, as scikit-learn does for two classes."""
    if node.op != "Concat" or len(node.inputs) != 2:
        return False
    first, second = (makers.get(name) for name in node.inputs)
    if first is None or second is None or (first.op, second.op) != ("Sub", "Sigmoid"):
        return False
    return len(first.inputs) == 2 and first.inputs[1] == node.inputs[1]


def _readable(model: Model, makers: Mapping[str, OnnxNode], wanted: str) -> str:
    """Return the names that could be read: the outputs, those like the wanted one, and the last ones."""
    inside = [name for name in makers if name not in model.outputs]
    names = dict.fromkeys([*get_close_matches(wanted, inside, 3), *reversed(inside)])
    shown = list(names)[:_MOST_NAMES]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    values = f"; values inside are {_quoted(shown)}{more}" if shown else ""
    return f"its outputs are {_quoted(model.outputs)}{values}"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:_MOST_NAMES])
