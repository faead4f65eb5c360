"""The best rows of a sweep."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pysnn.errors import DataError
from pysnn.schemas import SCHEMAS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["best_first", "order_in_words", "telling"]

_SHORT = 12
"""Digits of a point's identity that people are shown."""


def best_first(table: "pl.DataFrame", order: Sequence[str]) -> "pl.DataFrame":
    """Return the rows of points that have not failed, best first.

    Parameters
    ----------
    table
        What a sweep gives.
    order
        Columns; the largest value is best, or with a minus before the name the smallest. Later ones decide between equals; rows without
        a value, or without a number, are last.

    Raises
    ------
    DataError
        There are such rows, and no such column.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"accuracy": [0.9, 0.8, 0.9], "synops": [30, 10, 20], "error": [None] * 3})
    >>> best_first(table, ["accuracy", "-synops"])["synops"].to_list()
    [20, 30, 10]
    """
    good = table.filter(table["error"].is_null())
    if good.is_empty():
        return good
    names = [name.removeprefix("-") for name in order]
    for name in names:
        if name not in table.columns:
            raise DataError(f"best: expected a column, {' or '.join(table.columns)}, got '{name}'")
    smallest = [name.startswith("-") for name in order]
    keys = [good[name].fill_nan(None) if good[name].dtype.is_float() else good[name] for name in names]
    return good.sort(keys, descending=[not least for least in smallest], nulls_last=True, maintain_order=True)


def telling(table: "pl.DataFrame", order: Sequence[str]) -> "pl.DataFrame":
    """Return the columns that tell rows from each other, behind those that they are ordered by; of a point only the first digits.

    Examples
    --------
    >>> import polars as pl
    >>> rows = {"method": ["a", "b"], "data": ["d", "d"], "y": [2, 1], "point": ["0123456789abcdef"] * 2}
    >>> telling(pl.DataFrame(rows), ["y"]).columns
    ['y', 'method', 'point']
    """
    first = [name.removeprefix("-") for name in order]
    own = [name for name in table.columns if name not in SCHEMAS["sweep_point"] and name not in first]
    differing = [name for name in own if table[name].n_unique() > 1]
    return table.select(*first, *differing, table["point"].str.head(_SHORT))


def order_in_words(order: Sequence[str]) -> str:
    """Say what is best.

    Examples
    --------
    >>> order_in_words(["accuracy", "-synops"])
    'largest accuracy, then smallest synops'
    """
    parts = [f"smallest {name[1:]}" if name.startswith("-") else f"largest {name}" for name in order]
    return ", then ".join(parts)
