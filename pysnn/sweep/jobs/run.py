"""What every job of a sweep has: a function of a point, its columns, and by which of them its best rows are found."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pysnn.schemas import SCHEMAS
from pysnn.schemas.sweeps import BEST

__all__ = ["SweepRun"]


@dataclass(frozen=True, kw_only=True)
class SweepRun(ABC):
    """A run of a sweep: call it with a point's parameters and its seed.

    Attributes
    ----------
    backend, threads
        As in :func:`pysnn.run`; results do not depend on them.
    """

    schema: ClassVar[str]

    backend: str = "auto"
    threads: int | None = None
    _digests: dict[str, str] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def columns(self) -> Mapping[str, str]:
        """Names and types of what it gives."""
        return SCHEMAS[self.schema]

    @property
    def best(self) -> Sequence[str]:
        """Columns by which rows are ordered, best first: the largest values, or with a minus before the name the smallest."""
        return BEST[self.schema]

    @abstractmethod
    def files(self) -> dict[str, str]:
        """Return the digest of every file that the spec names; files are read anew."""

    def digest(self, params: Mapping[str, Any]) -> str:
        """Return the digest of what a point depends on beside its parameters; files are read once."""
        part = self.part(params)
        if part not in self._digests:
            self._digests[part] = self.digest_of(part)
        return self._digests[part]

    def part(self, params: Mapping[str, Any]) -> str:
        """Return which part of the spec's files a point depends on."""
        return ""

    @abstractmethod
    def digest_of(self, part: str) -> str:
        """Return the digest of a part of the spec's files."""

    @abstractmethod
    def __call__(self, params: Mapping[str, Any], seed: int) -> Sequence[Mapping[str, Any]]:
        """Run one point."""
