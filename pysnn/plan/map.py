"""What one operation of a plan computes."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["MapSpec"]


@dataclass(frozen=True, eq=False)
class MapSpec:
    """Shape and kind of one map; ``max_count`` bounds counts (1 = binary spikes) and levels, and is 0 elsewhere."""

    shape: tuple[int, int, int]
    kind: Literal["real", "count", "current", "level"]
    static: bool
    max_count: int = 0

    @property
    def holds_spikes(self) -> bool:
        """Whether it holds spikes, as counts or as levels."""
        return self.kind in ("count", "level")

    @property
    def size(self) -> int:
        """Number of values, ``C * H * W``."""
        return self.shape[0] * self.shape[1] * self.shape[2]
