"""The pair rule in which each spike has one partner at most."""

from dataclasses import dataclass, replace
from typing import ClassVar

from pysnn.plastic.rules.base import Kernel
from pysnn.plastic.rules.nearest_symmetric import NearestSymmetric

__all__ = ["NearestRestricted"]


@dataclass(frozen=True, kw_only=True)
class NearestRestricted(NearestSymmetric):
    """Pairs of spikes next to each other only: a spike counts for the first spike of the other side behind it, and no more.

    An arrival depresses by the latest post spike if no arrival came since that one; a post spike potentiates by the latest arrival if
    no post spike came since. With "causal" a post spike comes behind the arrivals of its step; with "exclusive" neither of the
    two is since the other. Morrison, Diesmann & Gerstner 2008, figure 7c.

    Examples
    --------
    >>> NearestRestricted().kernel().restricted
    True
    """

    title: ClassVar[str] = "NearestRestricted"
    source: ClassVar[str] = "Morrison, Diesmann & Gerstner 2008, fig. 7c"

    def kernel(self) -> Kernel:
        """Return the rule in the terms of engines."""
        return replace(super().kernel(), restricted=True)
