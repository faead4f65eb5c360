"""Measured rows in a Parquet table, written as they come: what is there is not measured again."""

from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import machine
from pysnn.tables import metadata, write_table

__all__ = ["SCHEMA", "Store"]

SCHEMA: dict[str, Any] = {
    "network": pl.String,
    "steps": pl.Int64,
    "batch": pl.Int64,
    "threads": pl.Int64,
    "peer": pl.String,
    "claim": pl.String,
    "ms": pl.Float64,
    "ms_least": pl.Float64,
    "runs": pl.Int64,
    "busy": pl.Float64,
    "float32_ms": pl.Float64,
    "int8_ms": pl.Float64,
    "int8_avx2_ms": pl.Float64,
    "float32_times_least": pl.Float64,
    "float32_times_most": pl.Float64,
    "int8_times_least": pl.Float64,
    "int8_times_most": pl.Float64,
    "int8_avx2_times_least": pl.Float64,
    "int8_avx2_times_most": pl.Float64,
    "same_predictions": pl.Float64,
    "error": pl.Float64,
    "largest_error": pl.Float64,
    "agrees": pl.Boolean,
    "setup": pl.String,
    "ours": pl.String,
    "versions": pl.String,
    "processor": pl.String,
    "session": pl.String,
}
"""A row is a peer in a cell: medians of milliseconds an image, its own and pysnn's beside it; ``times_least`` and ``times_most`` are
its time over pysnn's of the same round, the least and the most of all rounds; ``busy`` is wall over processor time of the peer's
runs; ``error`` the median over images of the largest difference of a score, over the range of all scores.
"""

KEY = ("network", "steps", "batch", "threads", "peer")


class Store:
    """The table of a file.

    Parameters
    ----------
    path
        A ``.parquet`` file; there need not be one yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frame = pl.read_parquet(path) if path.exists() else pl.DataFrame(schema=SCHEMA)

    def has(self, **key: Any) -> bool:
        """Whether a row is there."""
        return not self._of(key).is_empty()

    def put(self, row: dict[str, Any]) -> None:
        """Add a row, in the place of one that has its key, and write the table."""
        key = {name: row[name] for name in KEY}
        kept = self.frame.join(self._of(key), on=list(KEY), how="anti")
        self.frame = pl.concat([kept, pl.DataFrame([row], schema=SCHEMA)]).sort(KEY)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_table(self.frame, self.path, metadata(benchmark="peers", **machine()))

    def _of(self, key: dict[str, Any]) -> pl.DataFrame:
        return self.frame.filter(*(pl.col(name) == value for name, value in key.items()))
