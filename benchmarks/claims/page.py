"""Tables of measured claims as pages show them: what was measured, and on what."""

from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import TABLES
from benchmarks.markdown import table
from pysnn.tables import read_metadata

__all__ = ["claim_table"]

_MAKING = ("pysnn", "python", "host", "written_at", "benchmark", "processor", "options")


def claim_table(name: str, tables: Path = TABLES) -> str:
    """Return the committed table of a claim, with the machine, the version and the settings in front of it."""
    file = tables / f"claim_{name}.parquet"
    frame, meta = pl.read_parquet(file), read_metadata(file)
    settings = [
        f"{key.replace('_', ' ')} {_cell(value)}" for key, value in meta.items() if key not in _MAKING and value
    ]
    on = f"{meta['processor']} ({meta['host']}), pysnn {meta['pysnn']}, {meta['written_at'][:10]}"
    said = "; ".join([f"`{meta['benchmark']}` on {on}", *settings])
    rows = [[_cell(value) for value in row] for row in frame.iter_rows()]
    return f"{said}:\n\n{table([column.replace('_', ' ') for column in frame.columns], rows)}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
