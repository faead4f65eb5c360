"""What a file says, before it is checked."""

from dataclasses import dataclass
from typing import Any

__all__ = ["RawRecording"]


@dataclass(frozen=True, eq=False)
class RawRecording:
    """Vectors x, y, t (microseconds) and p, and (height, width) of the sensor where the file says it."""

    columns: dict[str, Any]
    sensor: tuple[int, int] | None = None
