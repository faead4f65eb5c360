"""Values of a file's graph: those that depend on the input, and the inputs of one node."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.onnx.file.model import UnsupportedError
from pysnn.importers.onnx.layout.views import View

__all__ = ["Operand", "Operands", "Signal"]


@dataclass(frozen=True, eq=False)
class Signal:
    """A value that depends on the input: the sum of what ``terms`` (names of layers) compute.

    Attributes
    ----------
    terms
        Layers of one shape.
    shape
        The ONNX shape, the batch included.
    view
        In which order the value reads the layers' own values, see :mod:`pysnn.importers.onnx.layout.views`.
    label
        Name for the Flatten that turns the layers' map into a vector where one is needed.
    ceiling
        What the value is limited to from above, where that limit is not computed yet: only together with a limit of 0
        from below is it a ReLU.
    """

    terms: tuple[str, ...]
    shape: tuple[int, ...]
    view: View
    label: str = ""
    ceiling: Any = None


Operand = Signal | NDArray[Any] | None
"""An input of an ONNX node: a signal, a constant, or ``None`` where an optional one is left out."""

_DIMENSIONS = {2: "(batch, n)", 3: "(batch, channels, length)", 4: "(batch, channels, height, width)"}


@dataclass(frozen=True, eq=False)
class Operands:
    """The inputs of one ONNX node."""

    values: tuple[Operand, ...]

    def __len__(self) -> int:
        return len(self.values)

    def at(self, index: int) -> Operand:
        """Return an input, ``None`` where there is none."""
        return self.values[index] if index < len(self.values) else None

    def signal(self, index: int, *ranks: int) -> Signal:
        """Return an input that must depend on the network's input, and have one of the numbers of dimensions."""
        signal = self.limited(index)
        if signal.ceiling is not None:
            raise UnsupportedError(
                "its input is limited from above alone; only with a limit of 0 from below, by Relu, Clip or Max, is that "
                "supported (a ReLU with a maximum)"
            )
        if ranks and len(signal.shape) not in ranks:
            expected = " or ".join(_DIMENSIONS[rank] for rank in ranks)
            raise UnsupportedError(f"expected an input of shape {expected}, got {signal.shape}")
        return signal

    def limited(self, index: int) -> Signal:
        """Return an input that must depend on the network's input, and may have a ceiling."""
        value = self.at(index)
        if not isinstance(value, Signal):
            raise UnsupportedError(f"its input {index} must come from the network's input; it is constant or missing")
        return value

    def constant(self, index: int, what: str) -> NDArray[Any]:
        """Return an input that must be constant."""
        value = self.optional(index, what)
        if value is None:
            raise UnsupportedError(f"it has no {what}")
        return value

    def optional(self, index: int, what: str) -> NDArray[np.generic] | None:
        """Return an input that must be constant if it is there."""
        value = self.at(index)
        if isinstance(value, Signal):
            raise UnsupportedError(f"its {what} is computed from the network's input; only constant ones are supported")
        return value
