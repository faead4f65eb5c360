"""Layers in a short notation, as papers write them: ``16C5-P2-32C5-P2-800``."""

import re
from collections.abc import Callable, Mapping

from pysnn.errors import DataError
from pysnn.first_spike.layers import Conv, Dense, EarliestPool, Layer

__all__ = ["parse_layers"]

_FORMS: tuple[tuple[re.Pattern[str], Callable[..., Layer]], ...] = (
    (re.compile(r"(\d+)"), lambda units, **first: Dense(units=units, **first)),
    (re.compile(r"(\d+)C(\d+)"), lambda channels, kernel, **first: Conv(channels=channels, kernel=kernel, **first)),
    (re.compile(r"P(\d+)"), lambda size, **_: EarliestPool(size)),
)


def parse_layers(text: str, **first: float) -> list[Layer]:
    """Return layers: ``800`` a dense one, ``16C5`` 16 channels of kernel 5, ``P2`` an earliest-spike pool of 2 x 2.

    ``first``: ``gain`` and ``spread`` of the first weights of all of them.

    Raises
    ------
    DataError
        A part is none of these.

    Examples
    --------
    >>> [type(layer).__name__ for layer in parse_layers("16C5-P2-800")]
    ['Conv', 'EarliestPool', 'Dense']
    """
    return [_layer(part, text, first) for part in text.split("-")] if text else []


def _layer(part: str, text: str, first: Mapping[str, float]) -> Layer:
    for form, make in _FORMS:
        found = form.fullmatch(part)
        if found is not None:
            return make(*(int(number) for number in found.groups()), **first)
    raise DataError(f"layers '{text}': expected parts like 800 (dense), 16C5 (convolution) or P2 (pool), got '{part}'")
