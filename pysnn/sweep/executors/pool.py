"""What a sweep needs of whatever runs its points: chunks go in, and come back done, or lost with their worker."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pysnn.sweep.points import Point
from pysnn.sweep.worker import Outcome

__all__ = ["Done", "Ended", "Lost", "WorkerPool"]


@dataclass(frozen=True)
class Done:
    """A chunk whose points have all been run, well or not."""

    outcomes: Sequence[Outcome]


@dataclass(frozen=True)
class Lost:
    """A chunk whose worker died.

    Attributes
    ----------
    chunk
        Its points; none of them has a result.
    death
        How the worker died, as the error of a point says it.
    alone
        Whether nothing else can have killed the worker.
    """

    chunk: tuple[Point, ...]
    death: str
    alone: bool


Ended: TypeAlias = Done | Lost


class WorkerPool(Protocol):
    """Workers that take chunks of points; each of them checks itself before its first one (:func:`pysnn.sweep.worker.check_worker`)."""

    @property
    def workers(self) -> int:
        """How many workers there are now."""

    @property
    def shares_fate(self) -> bool:
        """Whether the death of one worker loses what all others work at, so that a suspect has to be run by itself."""

    def submit(self, chunk: tuple[Point, ...]) -> bool:
        """Hand out a chunk; ``False``: it was not taken, since workers have died, which :meth:`take` will say."""

    def take(self, seconds: float) -> list[Ended]:
        """Return what has ended, waiting for the first for so many seconds at most.

        Raises
        ------
        SweepError
            There are no workers any more, or they are not fit for this sweep.
        """

    def close(self) -> list[Done]:
        """Stop, and return what had ended by then."""
