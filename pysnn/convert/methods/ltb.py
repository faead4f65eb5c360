"""Thresholds that balance what they clip: local threshold balancing."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.methods.method import Method
from pysnn.errors import DataError

__all__ = ["LocalThresholdBalancing"]


@dataclass(frozen=True)
class LocalThresholdBalancing(Method):
    """``th = 0``, then K rounds of ``th += 2 E[max(a - th, 0)]``, behind layers that are clipped already (Bu et al. 2025).

    A threshold rises by twice what it clips on average: quickly while that is much, and ever more slowly towards the
    largest activation. Few rounds ask for few time-steps, many clip nothing.

    In the original a round is a batch that goes through the whole network, so that its result depends on the order of the
    data and creeps on as long as there are more. Here the expectation is over all the data, and a layer has all its rounds
    before the next layer sees what it lets through.

    Parameters
    ----------
    rounds
        K, at least 1.

    Examples
    --------
    Values 1 and 3: from 0 to 2 (1 + 3) / 2 = 4, above which nothing is left.

    >>> LocalThresholdBalancing().thresholds(np.float32([[1, 3]])).tolist()
    [4.0]
    """

    clips: ClassVar[bool] = True

    rounds: int = 128

    def __post_init__(self) -> None:
        if isinstance(self.rounds, bool) or not isinstance(self.rounds, int | np.integer) or self.rounds < 1:
            raise DataError(f"ltb: rounds must be an integer, at least 1, got {self.rounds!r}")

    def thresholds(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Balance each group."""
        return np.array([self._of(group) for group in activations])

    def _of(self, group: NDArray[np.float32]) -> float:
        ordered = np.sort(group[group > 0]).astype(np.float64)
        # sums[i]: of the values from the i-th smallest on.
        sums = np.append(np.cumsum(ordered[::-1])[::-1], 0.0)
        threshold = 0.0
        for _ in range(self.rounds):
            first = int(np.searchsorted(ordered, threshold, side="right"))
            above = sums[first] - threshold * (ordered.size - first)
            threshold += 2 * above / group.size
        return float(threshold)
