"""What an importer needs to know of an ONNX file, as plain Python: nodes, constants, inputs, outputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dimension", "Model", "ModelInput", "OnnxNode", "UnsupportedError"]

Dimension = int | str | None
"""A size, the name of a size that the file leaves open, or ``None`` where it says nothing."""


class UnsupportedError(Exception):
    """A node cannot be imported. The message says why, and what to do; the importer adds the node's name and op."""


@dataclass(frozen=True, eq=False)
class OnnxNode:
    """One node of a file. Attributes that only control flow has (graphs) are ``None``."""

    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The node's name, or that of its result where it has none."""
        return self.name or next((output for output in self.outputs if output), "")

    def integer(self, name: str, default: int) -> int:
        """Return an integer attribute."""
        value = self.attributes.get(name, default)
        if type(value) is not int:
            raise UnsupportedError(f"attribute {name}: expected an integer, got {value!r}")
        return value

    def integers(self, name: str, default: tuple[int, ...], *, count: int | None = None) -> tuple[int, ...]:
        """Return a list of integers, ``count`` of them if that is given."""
        value = self.attributes.get(name, default)
        good = isinstance(value, tuple) and all(type(item) is int for item in value)
        if not good or (count is not None and len(value) != count):
            expected = "integers" if count is None else f"{count} integers, for the dimensions of space"
            raise UnsupportedError(f"attribute {name}: expected {expected}, got {value!r}")
        return tuple(value)

    def real(self, name: str, default: float) -> float:
        """Return a finite number."""
        value = self.attributes.get(name, default)
        if not isinstance(value, float | int) or not np.isfinite(value):
            raise UnsupportedError(f"attribute {name}: expected a finite number, got {value!r}")
        return float(value)

    def text(self, name: str, default: str) -> str:
        """Return a text."""
        value = self.attributes.get(name, default)
        if not isinstance(value, str):
            raise UnsupportedError(f"attribute {name}: expected a text, got {value!r}")
        return value


@dataclass(frozen=True)
class ModelInput:
    """An input: the type of its values, ``None`` if it is no tensor, and its dimensions if the file says them."""

    name: str
    kind: str | None
    dimensions: tuple[Dimension, ...] | None


@dataclass(frozen=True, eq=False)
class Model:
    """A file's graph.

    ``constants`` are its initialisers by name, ``unreadable`` says of others why they cannot be read; ``inputs`` are those
    that no initialiser fills.
    """

    nodes: tuple[OnnxNode, ...]
    constants: Mapping[str, NDArray[Any]]
    unreadable: Mapping[str, str]
    inputs: Mapping[str, ModelInput]
    outputs: tuple[str, ...]
    opset: int
