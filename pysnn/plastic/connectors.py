"""Which synapses there are, and their first weights: recipes that engines carry out, and arrays."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric
from pysnn.errors import DataError, NetworkError
from pysnn.frozen import Frozen
from pysnn.plastic.rules.base import check_positive

__all__ = ["AllToAll", "Connector", "FixedProbability", "OneToOne", "Synapses", "Uniform", "check_seed"]


@dataclass(frozen=True)
class FixedProbability:
    """Each pair is connected with probability ``p``, by a seeded generator; neurons of one population not with themselves.

    Examples
    --------
    >>> FixedProbability(0.1, seed=1).p
    0.1
    """

    p: float
    seed: int = 0

    def __post_init__(self) -> None:
        p = check_positive(self.p, "FixedProbability: p")
        if p > 1:
            raise NetworkError(f"FixedProbability: p: expected a probability in 0..1, got {p}")
        object.__setattr__(self, "p", p)
        check_seed(self.seed, "FixedProbability: seed")


@dataclass(frozen=True)
class AllToAll:
    """Every source is connected to every target; neurons of one population not with themselves."""


@dataclass(frozen=True)
class OneToOne:
    """Source i is connected to target i; both populations have one size."""


@dataclass(frozen=True)
class Uniform:
    """Weights drawn evenly between two values, by a seeded generator.

    Examples
    --------
    >>> Uniform(0.0, 0.5).high
    0.5
    """

    low: float
    high: float
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", check_positive(self.low, "Uniform: low", strict=False))
        object.__setattr__(self, "high", check_positive(self.high, "Uniform: high", strict=False))
        if self.high < self.low:
            raise NetworkError(f"Uniform: expected low <= high, got {self.low} and {self.high}")
        check_seed(self.seed, "Uniform: seed")


@dataclass(frozen=True, eq=False)
class Synapses(Frozen):
    """Given synapses, sorted by source and target; equal ones keep their order.

    Attributes
    ----------
    pre, post
        int64, of each synapse.
    weight
        float32, of each synapse, or ``None`` where the projection says one for all.
    """

    pre: NDArray[np.int64]
    post: NDArray[np.int64]
    weight: NDArray[np.float32] | None

    @classmethod
    def of(cls, pre: Any, post: Any, weight: Any = None) -> "Synapses":
        """Return the synapses of three arrays of one length.

        Raises
        ------
        NetworkError
            Lengths differ, indices are no whole numbers from 0 on, weights are not finite.

        Examples
        --------
        >>> Synapses.of([1, 0], [0, 0], [0.5, 0.25]).weight.tolist()
        [0.25, 0.5]
        """
        first, second = _indices(pre, "pre"), _indices(post, "post")
        if first.shape != second.shape:
            raise NetworkError(f"Synapses: expected as many pre as post, got {first.size} and {second.size}")
        order = np.lexsort((second, first))
        weights = None if weight is None else _weights(weight, first.size)[order]
        arrays = (first[order], second[order], weights)
        for array in arrays:
            if array is not None:
                array.flags.writeable = False
        return cls(*arrays)

    @classmethod
    def of_matrix(cls, matrix: Any) -> "Synapses":
        """Return the stored entries of a SciPy sparse array ``(sources, targets)``.

        Raises
        ------
        NetworkError
            It is none.
        """
        if not hasattr(matrix, "tocoo"):
            raise NetworkError(f"Synapses: expected a SciPy sparse array, got {type(matrix).__name__}")
        entries = matrix.tocsr().tocoo()
        return cls.of(entries.row, entries.col, entries.data)


Connector: TypeAlias = FixedProbability | AllToAll | OneToOne | Synapses


def check_seed(seed: Any, what: str) -> None:
    """Check that a seed is a whole number of 64 bits.

    Raises
    ------
    NetworkError
        It is none.

    Examples
    --------
    >>> check_seed(3, "seed")
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**64:
        raise NetworkError(f"{what}: expected a whole number in 0..2^64-1, got {seed!r}")


def _indices(values: Any, what: str) -> NDArray[np.int64]:
    array = _numeric(values, what)
    if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
        raise NetworkError(f"Synapses: {what}: expected whole numbers, got {array.dtype} of shape {array.shape}")
    if array.size and array.min() < 0:
        raise NetworkError(f"Synapses: {what}: expected indices from 0 on, got {array.min()}")
    return array.astype(np.int64)


def _weights(values: Any, count: int) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        array = _numeric(values, "weight").astype(np.float32)
    if array.shape != (count,):
        raise NetworkError(f"Synapses: weight: expected {count} (one a synapse), got shape {array.shape}")
    if not np.isfinite(array).all():
        raise NetworkError(f"Synapses: weight: expected finite float32 values, got {array[~np.isfinite(array)][0]}")
    return array


def _numeric(values: Any, what: str) -> NDArray[Any]:
    try:
        return as_numeric(values, f"Synapses: {what}")
    except DataError as error:
        raise NetworkError(str(error)) from error
