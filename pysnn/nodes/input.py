"""Where data enters a network."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pysnn.arrays import as_numeric, as_weight
from pysnn.data_range import DataRange
from pysnn.errors import DataError, NetworkError
from pysnn.nodes.base import LATER_FIELD, UNDIGESTED_FIELD, Array, Builder, Node, Shape, Value
from pysnn.nodes.scaling import apply_scaling, checked_scaling

__all__ = ["Input"]


_MOST_LOST = 1e-3
"""Share of a std by which rounding to float32 may move a mean."""


@dataclass(frozen=True, eq=False)
class Input(Node):
    """The input: a vector ``(n,)`` or a map ``(channels, height, width)``.

    Parameters
    ----------
    shape
        Shape of one sample.
    mean, std
        If given, each sample becomes ``(x - mean) / std``, one value per channel, in float32, before anything else.
    scaling
        In place of mean and std: operations in float64, applied in order before data become float32, so that large offsets
        do no harm. Pairs of "subtract", "add", "multiply", "divide", "at_least" or "at_most" and one value per channel. Data of
        every dtype are taken as they are, uint8 too.
    data_range
        Range of the data that the network was made for, so that a run can say where other data do not fit; no part of what
        is computed.

    Raises
    ------
    NetworkError
        A field is not as described, or a mean is too large beside its std for float32.

    Examples
    --------
    >>> Input((3, 32, 32), mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2)).shape
    (3, 32, 32)
    >>> stamps = Input((1,), scaling=[("subtract", [1.7e12]), ("divide", [1000.0])])
    >>> stamps.normalise(np.array([[1_700_000_000_500]])).tolist()
    [[0.5]]
    """

    shape: tuple[int, ...]
    mean: Any = None
    std: Any = None
    scaling: Any = field(default=None, metadata=UNDIGESTED_FIELD)
    data_range: DataRange | None = field(default=None, compare=False, metadata=LATER_FIELD)

    def __post_init__(self) -> None:
        shape = (self.shape,) if isinstance(self.shape, int | np.integer) else self.shape
        good = isinstance(shape, tuple | list) and len(shape) in (1, 3)
        if not good or not all(isinstance(n, int | np.integer) and type(n) is not bool and n > 0 for n in shape):
            raise NetworkError(f"Input: shape must be (n,) or (channels, height, width), all positive, got {shape!r}")
        object.__setattr__(self, "shape", tuple(int(n) for n in shape))
        if (self.mean is None) != (self.std is None):
            raise NetworkError("Input: mean and std go together, got only one of them")
        if self.mean is not None:
            self._check_normalisation(int(shape[0]))
        object.__setattr__(self, "scaling", checked_scaling(self.scaling, int(shape[0])))
        if self.scaling is not None and self.mean is not None:
            raise NetworkError("Input: expected mean and std, or scaling, got both")
        if self.data_range is not None:
            try:
                object.__setattr__(self, "data_range", DataRange.checked(self.data_range, self.shape[0]))
            except DataError as error:
                raise NetworkError(f"Input: {error}") from error

    def _check_normalisation(self, channels: int) -> None:
        given = as_numeric(self.mean, "Input: mean")
        for name in ("mean", "std"):
            array = as_weight(getattr(self, name), f"Input: {name}", 1)
            if array.shape != (channels,):
                raise NetworkError(f"Input: {name} needs {channels} values (one per channel), got {array.shape[0]}")
            object.__setattr__(self, name, array)
        if (self.std <= 0).any():
            raise NetworkError(f"Input: std must be positive, got {self.std.tolist()}")
        lost = np.abs(given.astype(np.float64) - self.mean) > _MOST_LOST * self.std
        if lost.any():
            at = int(np.argmax(lost))
            raise NetworkError(
                f"Input: mean {float(given[at]):.10g} is too large for float32 beside std {self.std[at]:.4g} "
                f"(channel {at}); give scaling=[('subtract', mean), ('divide', std)], which is float64"
            )

    @property
    def normalises(self) -> bool:
        """Whether data pass through mean and std, or through scaling."""
        return self.mean is not None or self.scaling is not None

    def normalise(self, x: Array) -> Array:
        """Return ``(batch, ...)`` behind mean and std, in float32, or behind scaling, in float64; ``x`` where there is neither."""
        if self.scaling is not None:
            return apply_scaling(self.scaling, x, len(self.shape))
        if self.mean is None:
            return x
        spread = (-1,) + (1,) * (len(self.shape) - 1)
        return np.asarray((x - self.mean.reshape(spread)) / self.std.reshape(spread))

    def output_shape(self, name: str, shapes: tuple[Shape, ...]) -> Shape:
        """Return the input's own shape; nothing leads into it."""
        if shapes:
            raise NetworkError(f"Input '{name}': expected no edge into the input, got {len(shapes)}")
        return self.shape

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node in operations of a plan."""
        return builder.input(name)
