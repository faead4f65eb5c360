"""How tables are made, described and written."""

import io
import json
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pysnn.errors import DataError, FileFormatError
from pysnn.files.aside import check_ending, write_aside
from pysnn.schemas import SCHEMAS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TABLE_ENDINGS", "make_table", "metadata", "pareto_rows", "read_metadata", "table_json", "write_table"]

TABLE_ENDINGS = (".parquet", ".csv", ".json")
"""How a table's file may end, which says its format."""

_META_KEY = "pysnn"


def make_table(schema: str, rows: Iterable[Mapping[str, Any]]) -> "pl.DataFrame":
    """Make a Polars frame with a declared schema; each row has every column.

    Raises
    ------
    DataError
        If a row has other columns, or a value another type.

    Examples
    --------
    >>> make_table("quantisation", []).columns[0]
    'steps'
    """
    import polars as pl

    columns = SCHEMAS[schema]
    types = {name: getattr(pl, kind) for name, kind in columns.items()}
    data: dict[str, list[Any]] = {name: [] for name in columns}
    for row in rows:
        if row.keys() != columns.keys():
            odd = sorted(set(row) ^ set(columns))
            raise DataError(f"table '{schema}': a row and its schema differ in {', '.join(odd)}")
        for name, value in row.items():
            data[name].append(value)
    series = []
    for name, values in data.items():
        try:
            series.append(pl.Series(name, values, dtype=types[name]))
        except (TypeError, OverflowError, pl.exceptions.PolarsError) as error:
            raise DataError(f"table '{schema}': column '{name}' takes {columns[name]}, got {values!r:.100}") from error
    return pl.DataFrame(series)


def metadata(**known: Any) -> dict[str, Any]:
    """Return what every table should say of its making: version, host, time, and what the caller knows.

    Examples
    --------
    >>> metadata(seed=0)["seed"]
    0
    """
    from pysnn.version import __version__

    return {
        "pysnn": __version__,
        "python": platform.python_version(),
        "host": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **known,
    }


def write_table(frame: "pl.DataFrame", path: str | os.PathLike[str], meta: Mapping[str, Any] | None = None) -> Path:
    """Write a table as ``.parquet`` (metadata in the footer), ``.csv`` or ``.json``, aside first, then renamed.

    Raises
    ------
    DataError
        If the path has another ending.
    OSError
        The file cannot be written.
    """
    target = Path(path)
    check_ending(target, TABLE_ENDINGS, needed=True)
    kind = target.suffix.lower()
    data = io.BytesIO()
    if kind == ".parquet":
        footer = {_META_KEY: json.dumps(table_json(frame.clear(), meta)["meta"], sort_keys=True)}
        frame.write_parquet(data, metadata=footer)
    elif kind == ".csv":
        frame.write_csv(data)
    else:
        data.write(json.dumps(table_json(frame, meta), indent=1).encode() + b"\n")
    return write_aside(target, lambda aside: aside.write_bytes(data.getbuffer()))


def table_json(frame: "pl.DataFrame", meta: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return ``{"rows": [...], "meta": {...}}``, the form of every ``--json``. Numbers that are not finite become null."""
    rows = [{name: _plain(value) for name, value in row.items()} for row in frame.to_dicts()]
    return {"rows": rows, "meta": {name: _plain(value) for name, value in (meta or {}).items()}}


def read_metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the metadata of a Parquet table that pysnn wrote.

    Raises
    ------
    FileFormatError
        If it is not one.
    """
    import polars as pl

    try:
        found = json.loads(pl.read_parquet_metadata(Path(path))[_META_KEY])
    except (KeyError, ValueError, pl.exceptions.PolarsError) as error:
        raise FileFormatError(f"'{path}': expected a Parquet table that pysnn wrote") from error
    return dict(found)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value


def pareto_rows(rows: "pl.DataFrame", objective: str, cost: str, group: str | None = None) -> "pl.DataFrame":
    """Return the rows that no other row of their group beats, from the smallest cost on: each is better than all that cost less.

    Parameters
    ----------
    rows
        With a column for each of the names.
    objective, cost
        Columns; with a minus before the name the smallest value is best, otherwise the largest.
    group
        Rows with the same value of this column are compared; all, without it.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"accuracy": [0.9, 0.8, 0.8, 0.7], "synops": [30, 10, 20, 15]})
    >>> pareto_rows(rows, "accuracy", "-synops").rows()
    [(0.8, 10), (0.9, 30)]
    """
    import polars as pl

    names = [name.removeprefix("-") for name in (objective, cost)]
    largest = [not name.startswith("-") for name in (objective, cost)]
    known = rows.drop_nulls(names)
    known = known.filter(*(known[name].is_not_nan() for name in names if known[name].dtype.is_float()))
    ordered = known.sort([names[1], names[0]], descending=[largest[1], largest[0]], maintain_order=True)
    value = pl.col(names[0]).cast(pl.Float64) * (1.0 if largest[0] else -1.0)
    before = value.cum_max().shift(1)
    before = before if group is None else before.over(group)
    return ordered.filter(value > before.fill_null(-float("inf")))
