"""The compiled core, where there is one; rules without it are worked out in Python, with the same numbers."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["compiled_core"]


@cache
def compiled_core() -> "ModuleType | None":
    """Return the compiled core, or ``None`` where it was not built."""
    try:
        from pysnn import _core
    except ImportError:
        return None
    return _core
