"""Environment variables in a spec's texts."""

import os
import re

from pysnn.errors import DataError

__all__ = ["filled"]

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def filled(text: str) -> str:
    """Put environment variables in place of ``${NAME}``.

    Examples
    --------
    >>> os.environ["PYSNN_EXAMPLE"] = "data"
    >>> filled("npz:${PYSNN_EXAMPLE}/x.npz")
    'npz:data/x.npz'
    """

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if not found:
            raise DataError(f"'{text}': the environment variable {match[1]} is not set")
        return found

    return _VARIABLE.sub(value, text)
