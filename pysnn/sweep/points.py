"""Points of a sweep: how a space is written out, and what makes two points the same."""

import hashlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from pysnn.errors import DataError
from pysnn.files.container import canonical_json

__all__ = ["Point", "Space", "expand", "make_points", "point_json"]

Space: TypeAlias = Mapping[str, Any] | Iterable[Mapping[str, Any]]
"""A grid, whose lists multiply, or several grids, which are united."""

_EXACT = 2.0**53


@dataclass(frozen=True)
class Point:
    """One point of a sweep.

    Attributes
    ----------
    identity
        SHA-256, in hexadecimal digits, of the canonical JSON of the parameters, the version of the code and the data's digest.
    params
        The parameters by name.
    data
        The digest of the data that the point depends on, or "".
    """

    identity: str
    params: Mapping[str, Any]
    data: str = ""

    @property
    def seed(self) -> int:
        """A seed of 63 bits that belongs to the point, wherever and whenever it is run."""
        return int(self.identity[:16], 16) >> 1

    def in_shard(self, shard: tuple[int, int]) -> bool:
        """Whether the point belongs to shard ``i`` of ``n``, counted from 1."""
        index, count = shard
        return int(self.identity, 16) % count == index - 1


def expand(space: Space) -> Iterator[dict[str, Any]]:
    """Write out a space: each list of a grid multiplies, anything else is one value; several grids are united.

    Raises
    ------
    DataError
        A grid is no mapping, a name is no text, a list is empty.

    Examples
    --------
    >>> list(expand({"method": ["max-norm", "percentile"], "steps": 8}))
    [{'method': 'max-norm', 'steps': 8}, {'method': 'percentile', 'steps': 8}]
    """
    grids = [space] if isinstance(space, Mapping) else space
    for number, grid in enumerate(grids, start=1):
        if not isinstance(grid, Mapping):
            raise DataError(f"space: grid {number}: expected names with values, got {grid!r:.80}")
        for name, values in grid.items():
            if not isinstance(name, str):
                raise DataError(f"space: grid {number}: expected text as names, got {name!r:.80}")
            if isinstance(values, list | tuple) and not values:
                raise DataError(f"space: grid {number}: '{name}' is an empty list, so there is nothing to run")
        lists = [values if isinstance(values, list | tuple) else [values] for values in grid.values()]
        for values in itertools.product(*lists):
            yield dict(zip(grid, values, strict=True))


def make_points(space: Space, code: str, data: str | Callable[[Mapping[str, Any]], str] = "") -> tuple[Point, ...]:
    """Return the points of a space in its order; a point that is written twice is there once.

    Parameters
    ----------
    space
        See :func:`expand`.
    code
        Version of what is run.
    data
        Digest of the data, or a function that gives it for a point's parameters.

    Examples
    --------
    >>> a, b = make_points({"x": [1, 2, 1.0]}, code="1")
    >>> a.params, b.params, a.identity == b.identity
    ({'x': 1}, {'x': 2}, False)
    """
    points: dict[str, Point] = {}
    for given in expand(space):
        params = {name: _plain(value, name) for name, value in given.items()}
        digest = data if isinstance(data, str) else data(params)
        text = point_json({"code": code, "data": digest, "point": params})
        identity = hashlib.sha256(text.encode()).hexdigest()
        points.setdefault(identity, Point(identity, params, digest))
    if not points:
        raise DataError("space: expected at least one grid, got none")
    return tuple(points.values())


def point_json(value: Any) -> str:
    """Return the one JSON text of a point's value; whole numbers have no decimal point, whatever their type.

    Examples
    --------
    >>> point_json({"b": 2.0, "a": [True, None, 0.1]})
    '{"a":[true,null,0.1],"b":2}'
    """
    return canonical_json(_whole(_plain(value, "value")))


def _plain(value: Any, name: str) -> Any:
    """Return a value as JSON has it, or raise :class:`DataError` with the parameter's name."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):
        return [_plain(element, name) for element in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(element, f"{name}.{key}") for key, element in value.items()}
    raise DataError(
        f"space: '{name}': expected text, finite numbers, booleans, lists or tables of them, got {value!r:.80}"
    )


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, list):
        return [_whole(element) for element in value]
    if isinstance(value, dict):
        return {key: _whole(element) for key, element in value.items()}
    return value
