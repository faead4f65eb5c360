"""The numbers of one NIR neuron, checked against the shape of what enters it, and as pysnn's neurons take them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import Parameter
from pysnn.errors import NetworkError
from pysnn.importers.nir.graph import NirNode
from pysnn.nodes.base import Shape

__all__ = ["Fields", "compact", "is_close"]

_ROUNDING = 1e-5


@dataclass(frozen=True, eq=False)
class Fields:
    """A NIR neuron while it is read.

    Parameters
    ----------
    name, node
        The node, and its name for messages.
    shape
        Shape of what enters, as pysnn has it.
    recurrent
        Whether its spikes come back to it.
    """

    name: str
    node: NirNode
    shape: Shape
    recurrent: bool = False

    @property
    def title(self) -> str:
        """Kind and name, for messages."""
        return f"{self.node.kind} '{self.name}'"

    def numbers(self, field: str, default: float | None = None) -> NDArray[np.float64]:
        """Return a field in float64: one number, or one per value of what enters.

        Parameters
        ----------
        default
            What NIR itself takes where the field is missing; by default it must be there.

        Raises
        ------
        NetworkError
            The field is missing, has no finite numbers, or another shape than what enters.
        """
        if default is not None and field not in self.node.fields:
            return np.asarray(default)
        found = self.node.array(self.name, field)
        if found.size == 1:
            return found.reshape(())
        while found.ndim > 1 and found.ndim > len(self.shape) and found.shape[0] == 1:
            found = found[0]
        if found.ndim == 2 and len(self.shape) == 3:
            found = found[:, None, :]
        if found.shape != self.shape:
            raise NetworkError(f"{self.title}: {field} has the shape {found.shape}, and what enters has {self.shape}")
        return found

    def positive(self, field: str, default: float | None = None) -> NDArray[np.float64]:
        """Do the same, and refuse what is not positive."""
        found = self.numbers(field, default)
        if (found <= 0).any():
            raise NetworkError(f"{self.title}: {field} must be positive, got {found.min():g}")
        return found

    def refuse(self, field: str, expected: float, reason: str, default: float | None = None) -> None:
        """Raise :class:`NetworkError` unless a field is one number everywhere, for a reason."""
        found = self.numbers(field, default)
        if not is_close(found, expected):
            bad = found.flat[int(np.argmax(np.abs(found - expected)))]
            raise NetworkError(f"{self.title}: {field} must be {expected:g}, got {bad:g}: {reason}")


def compact(values: NDArray[np.float64] | float) -> Parameter:
    """Return numbers in float32 as one, as one per channel, or as one per neuron, whatever holds them all.

    Examples
    --------
    >>> compact(np.array([0.5, 0.5])), compact(np.array([[[1.0, 1.0]], [[2.0, 2.0]]])).tolist()
    (0.5, [1.0, 2.0])
    """
    found = np.asarray(values).astype(np.float32)
    if (found == found.flat[0]).all():
        return float(found.flat[0])
    if found.ndim == 3 and (found == found[:, :1, :1]).all():
        return np.ascontiguousarray(found[:, 0, 0])
    return found


def is_close(values: NDArray[np.float64], expected: NDArray[np.float64] | float) -> bool:
    """Say whether numbers are what is expected up to the rounding of a file in float32.

    Examples
    --------
    >>> is_close(np.array([9.999997]), 10.0), is_close(np.array([9.9]), 10.0)
    (True, False)
    """
    return bool(np.allclose(values, expected, rtol=_ROUNDING, atol=0))
