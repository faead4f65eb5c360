"""Chips by name: one data file each in ``pysnn/hardware/data``."""

import difflib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pysnn.errors import DataError
from pysnn.hardware.chip import Chip
from pysnn.hardware.chip_file import parse_chip

if TYPE_CHECKING:
    import polars as pl

__all__ = ["chip_names", "chip_table", "load_chip"]


@cache
def chip_names() -> tuple[str, ...]:
    """Return the names of all chips, in alphabetical order.

    Examples
    --------
    >>> "loihi1" in chip_names()
    True
    """
    found = (entry.name for entry in files("pysnn.hardware").joinpath("data").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


@cache
def _read(name: str) -> Chip:
    path = files("pysnn.hardware").joinpath("data", f"{name}.toml")
    return parse_chip(name, path.read_text(encoding="utf-8"))


def load_chip(chip: str | Chip) -> Chip:
    """Return a chip by its name; a :class:`Chip` is returned as it is.

    Raises
    ------
    DataError
        There is no such chip; the message has names like it.

    Examples
    --------
    >>> load_chip("truenorh")
    Traceback (most recent call last):
    pysnn.errors.DataError: chip 'truenorh': there is none; did you mean truenorth? ...
    """
    if isinstance(chip, Chip):
        return chip
    if not isinstance(chip, str):
        raise DataError(f"chip: expected a name, got {chip!r:.60}")
    if chip not in chip_names():
        near = difflib.get_close_matches(chip, chip_names(), 3, 0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else "."
        raise DataError(f"chip '{chip}': there is none{hint} There are {', '.join(chip_names())}")
    return _read(chip)


def chip_table() -> "pl.DataFrame":
    """Return one row a chip, schema "chips".

    Examples
    --------
    >>> chip_table().columns
    ['chip', 'title', 'kind', 'source']
    """
    from pysnn.tables import make_table

    chips = [load_chip(name) for name in chip_names()]
    return make_table("chips", [{"chip": c.name, "title": c.title, "kind": c.kind, "source": c.source} for c in chips])
