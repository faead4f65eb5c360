"""The pair rule with nearest spikes only."""

from dataclasses import dataclass, replace
from typing import ClassVar

from pysnn.plastic.rules.base import Kernel
from pysnn.plastic.rules.pair import PairSTDP

__all__ = ["NearestSymmetric"]


@dataclass(frozen=True, kw_only=True)
class NearestSymmetric(PairSTDP):
    """Each spike is paired with the latest one of the other side: traces become 1 at a spike. Else as :class:`PairSTDP`.

    Morrison, Diesmann & Gerstner 2008, figure 7a.

    Examples
    --------
    >>> NearestSymmetric().kernel().x.nearest
    True
    """

    title: ClassVar[str] = "NearestSymmetric"
    source: ClassVar[str] = "Morrison, Diesmann & Gerstner 2008, fig. 7a"

    def kernel(self) -> Kernel:
        """Return the rule in the terms of engines."""
        kernel = super().kernel()
        return replace(kernel, x=replace(kernel.x, nearest=True), y=replace(kernel.y, nearest=True))
