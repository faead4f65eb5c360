"""Values of a ``.psnn`` file's graph: Python values from and to its JSON, with arrays kept apart, and the checks of both."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from pysnn.eight_bits import from_units, in_units
from pysnn.errors import FileFormatError
from pysnn.files.container import is_text, quote

__all__ = ["LONGEST", "Reader", "Writer", "as_list", "as_object", "check_keys", "check_same", "listed", "parse"]

LONGEST = 500
"""Characters of a message about a value that a file has: the value may be the whole file."""

_MOST_INTEGER = (1 << 63) - 1
_DEEPEST = 4
# Smaller arrays stay one tensor: they are not what makes a file large.
_FEWEST_WEIGHTS = 1024


@dataclass
class Writer:
    """Collects tensors while values become JSON."""

    tensors: dict[str, NDArray[Any]] = field(default_factory=dict)

    def tensor(self, name: str, array: NDArray[Any]) -> dict[str, str]:
        """Keep an array under a name, and return the JSON that refers to it."""
        if name in self.tensors:
            raise FileFormatError(f"two tensors would be called {quote(name)}: rename a node")
        self.tensors[name] = array
        return {"tensor": name}

    def weights(self, name: str, unit: str, array: NDArray[np.float32], own: int) -> dict[str, Any]:
        """Keep weights under a name; where 8 bits a weight say the same, in those and units under the name ``unit``."""
        found = in_units(array, own)
        if found is None:
            return self.tensor(name, array)
        return {"unit": self.tensor(unit, found[1]), "whole": self.tensor(name, found[0])}

    def value(self, value: Any, where: str, tensor: str) -> Any:
        """Return the JSON of a field's value; arrays in it are kept under names that begin with ``tensor``."""
        if isinstance(value, np.ndarray):
            return self._array(tensor, value)
        if isinstance(value, tuple):
            return [self.value(item, where, f"{tensor}[{i}]") for i, item in enumerate(value)]
        _check_plain(value, where)
        return value

    def _array(self, name: str, array: NDArray[Any]) -> dict[str, Any]:
        if array.dtype == np.float32 and array.ndim >= 2 and array.size >= _FEWEST_WEIGHTS:
            return self.weights(name, f"{name}.unit", array, own=0)
        return self.tensor(name, array)


@dataclass(frozen=True)
class Reader:
    """Returns values from JSON."""

    tensors: Mapping[str, NDArray[Any]]

    def value(self, value: Any, where: str, depth: int = 0) -> Any:
        """Return a field's value."""
        if isinstance(value, dict):
            return self.weights(value, where, own=0)
        if isinstance(value, list):
            if depth == _DEEPEST:
                raise FileFormatError(f"{where}: lists nested more than {_DEEPEST} deep")
            return tuple(self.value(item, where, depth + 1) for item in value)
        _check_plain(value, where)
        return value

    def weights(self, value: Any, where: str, own: int) -> NDArray[Any]:
        """Return an array, which may be in units: one for each index of its axis ``own``."""
        if set(as_object(where, value)) != {"unit", "whole"}:
            return self.tensor(value, where)
        unit, whole = (self.tensor(value[key], f"{where}: {key}") for key in ("unit", "whole"))
        fits = whole.dtype == np.int8 and whole.ndim >= 2 and unit.shape == whole.shape[own : own + 1]
        if not fits or unit.dtype != np.float32:
            raise FileFormatError(
                f"{where}: expected int8 in 2 or more axes and a float32 unit for each index of axis {own}, "
                f"got {whole.dtype} {whole.shape}, {unit.dtype} {unit.shape}"
            )
        if not np.isfinite(unit).all():
            raise FileFormatError(f"{where}: a unit is not finite")
        weight = from_units(whole, unit, own)
        if weight is None:
            raise FileFormatError(f"{where}: a unit is not 1/127 of the largest weight at its index of axis {own}")
        return weight

    def tensor(self, value: Any, where: str) -> NDArray[Any]:
        """Return the array that a JSON value refers to."""
        name = as_object(where, value).get("tensor")
        if len(value) != 1 or not isinstance(name, str):
            raise FileFormatError(f'{where}: expected {{"tensor": name}}, got keys {listed(value)}')
        if name not in self.tensors:
            raise FileFormatError(f"{where}: there is no tensor {quote(name)}")
        return self.tensors[name]


def _check_plain(value: object, where: str) -> None:
    if value is None or type(value) is bool:
        return
    if type(value) is int and abs(value) <= _MOST_INTEGER:
        return
    if type(value) is float and isfinite(value):
        return
    if type(value) is str and is_text(value):
        return
    raise FileFormatError(
        f"{where}: a file holds text, integers of 64 bits, finite numbers, true, false and null, got {type(value).__name__}"
    )


def parse(text: str) -> dict[str, Any]:
    """Return the graph's JSON object."""
    try:
        root = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise FileFormatError("the graph is nested too deeply") from None
    except ValueError as error:
        raise FileFormatError(f"the graph is not JSON: {str(error)[:200]}") from None
    return as_object("the graph", root)


def _refuse_constant(name: str) -> NoReturn:
    raise FileFormatError(f"the graph is not JSON: {name} is no number in it")


def as_object(where: str, value: Any) -> dict[str, Any]:
    """Return the value if it is a JSON object."""
    if not isinstance(value, dict):
        raise FileFormatError(f"{where}: expected a JSON object, got {type(value).__name__}")
    return value


def as_list(where: str, value: Any) -> list[Any]:
    """Return the value if it is a JSON list."""
    if not isinstance(value, list):
        raise FileFormatError(f"{where}: expected a JSON list, got {type(value).__name__}")
    return value


def check_keys(where: str, found: Mapping[str, Any], expected: Any) -> None:
    """Refuse an object with other keys."""
    if set(found) != set(expected):
        raise FileFormatError(f"{where}: expected the keys {', '.join(sorted(expected))}, got {listed(found)}")


def listed(found: Mapping[str, Any]) -> str:
    """Name some of the keys."""
    return ", ".join(quote(key) for key in sorted(found)[:12]) or "none"


def check_same(again: str, arrays: Mapping[str, NDArray[Any]], text: str, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Refuse a graph, ``text`` and ``tensors``, that is not what its content is encoded to, ``again`` and ``arrays``."""
    unused = sorted(set(tensors) - set(arrays))
    if unused:
        raise FileFormatError(f"tensor {quote(unused[0])} belongs to nothing in the graph")
    if again != text:
        at = next((i for i, (a, b) in enumerate(zip(again, text, strict=False)) if a != b), min(len(again), len(text)))
        raise FileFormatError(
            f"the graph is not in canonical form: at character {at} expected {again[at : at + 24]!r}, "
            f"got {text[at : at + 24]!r}"
        )
    for name, array in arrays.items():
        if (array.dtype, array.shape) != (tensors[name].dtype, tensors[name].shape):
            raise FileFormatError(
                f"tensor {quote(name)}: expected {array.dtype} {array.shape}, "
                f"got {tensors[name].dtype} {tensors[name].shape}"
            )
