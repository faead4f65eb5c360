"""Every table's schema, in one place, and how tables are made, described and written."""

import json
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pysnn.errors import DataError, FileFormatError
from pysnn.files import write_aside

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SCHEMAS", "make_table", "metadata", "read_metadata", "table_json", "write_table"]

_SWEEP_POINT: dict[str, str] = {
    "point": "String",
    "row": "Int64",
    "params": "String",
    "seed": "Int64",
    "error": "String",
    "started_at": "String",
    "seconds": "Float64",
    "code": "String",
    "data": "String",
}

_FIRST_SPIKE: dict[str, str] = {
    "samples": "Int64",
    "accuracy": "Float64",
    "silent": "Float64",
    "ties": "Float64",
    "decision_time_mean": "Float64",
    "decision_time_p50": "Float64",
    "decision_time_p90": "Float64",
    "spikes_per_neuron": "Float64",
    "spikes_per_neuron_decision": "Float64",
    "additions_decision": "Float64",
    "additions_end": "Float64",
    "dense_macs": "Int64",
    "dead": "Float64",
}

SCHEMAS: dict[str, dict[str, str]] = {
    "run": {
        "precision": "String",
        "steps": "Int64",
        "samples": "Int64",
        "accuracy": "Float64",
        "ann_accuracy": "Float64",
        "synops": "Float64",
        "macs": "Float64",
        "ann_macs": "Int64",
        "spikes_per_neuron": "Float64",
        "ms_per_sample": "Float64",
    },
    "layers": {
        "layer": "String",
        "type": "String",
        "steps": "Int64",
        "samples": "Int64",
        "neurons": "Int64",
        "events": "Int64",
        "synops": "Int64",
        "synops_zero": "Int64",
        "macs": "Int64",
        "updates": "Int64",
        "spikes": "Int64",
        "silent": "Int64",
        "saturated": "Int64",
    },
    "list": {"name": "String", "title": "String", "source": "String", "needs": "String"},
    "thresholds": {
        "method": "String",
        "layer": "String",
        "depth": "Int64",
        "neurons": "Int64",
        "threshold": "Float64",
        "threshold_min": "Float64",
        "threshold_max": "Float64",
        "largest": "Float64",
        "clipped": "Float64",
        "silent_channels": "Int64",
    },
    "errors": {
        "method": "String",
        "layer": "String",
        "depth": "Int64",
        "steps": "Int64",
        "samples": "Int64",
        "threshold": "Float64",
        "signal": "Float64",
        "e_p": "Float64",
        "e_c": "Float64",
        "e_q": "Float64",
        "e_d": "Float64",
        "e_total": "Float64",
        "bias_p": "Float64",
        "bias_c": "Float64",
        "bias_q": "Float64",
        "bias_d": "Float64",
        "sigma_per_threshold": "Float64",
        "saturated": "Float64",
        "silent": "Float64",
    },
    "blame": {
        "method": "String",
        "layer": "String",
        "depth": "Int64",
        "steps": "Int64",
        "samples": "Int64",
        "error": "Float64",
        "error_input": "Float64",
        "error_output": "Float64",
        "agreement": "Float64",
        "agreement_input": "Float64",
        "agreement_output": "Float64",
        "accuracy": "Float64",
        "accuracy_input": "Float64",
        "accuracy_output": "Float64",
    },
    "quantisation": {
        "steps": "Int64",
        "samples": "Int64",
        "accuracy_float32": "Float64",
        "accuracy_int8": "Float64",
        "agreement": "Float64",
        "spikes_float32": "Int64",
        "spikes_int8": "Int64",
    },
    "sweep_point": _SWEEP_POINT,
    "sweep": {
        "network": "String",
        "method": "String",
        "per_channel": "Boolean",
        "settings": "String",
        "convert_steps": "Int64",
        "precision": "String",
        "calibration_samples": "Int64",
        "calibration_seed": "Int64",
        "split": "String",
        "steps": "Int64",
        "samples": "Int64",
        "ann_accuracy": "Float64",
        "accuracy": "Float64",
        "agreement": "Float64",
        "synops": "Float64",
        "macs": "Float64",
        "spikes_per_neuron": "Float64",
        "ms_per_sample": "Float64",
        "version": "String",
        "backend": "String",
        "simd": "String",
        "warnings": "String",
        **_SWEEP_POINT,
    },
    "sweep_status": {
        "points": "Int64",
        "done": "Int64",
        "failed": "Int64",
        "left": "Int64",
        "rows": "Int64",
        "parts": "Int64",
        "other_points": "Int64",
        "started_at": "String",
        "newest_part": "String",
    },
    "first_spike": _FIRST_SPIKE,
    "first_spike_run": {**_FIRST_SPIKE, "ms_per_sample": "Float64"},
    "training": {
        "epoch": "Int64",
        "loss": "Float64",
        "accuracy": "Float64",
        "validation_accuracy": "Float64",
        "dead": "Float64",
        "spikes_per_neuron": "Float64",
        "decision_time": "Float64",
        "silent": "Float64",
        "redrawn": "Int64",
        "learning_rate": "Float64",
        "seconds": "Float64",
    },
    "ttrbr": {
        "epoch": "Int64",
        "steps": "Int64",
        "loss": "Float64",
        "accuracy": "Float64",
        "validation_accuracy": "Float64",
        "threshold_mean": "Float64",
        "threshold_min": "Float64",
        "learning_rate": "Float64",
        "seconds": "Float64",
    },
}
"""Columns of each table and their types; only String, Int64, Float64 and Boolean, so that any reader takes them."""

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
    """Give what every table should say of its making: version, host, time, and what the caller knows.

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
    """
    target = Path(path)
    kind = target.suffix.lower()
    if kind == ".parquet":
        footer = {_META_KEY: json.dumps(table_json(frame.clear(), meta)["meta"], sort_keys=True)}
        return write_aside(target, lambda aside: frame.write_parquet(aside, metadata=footer))
    if kind == ".csv":
        return write_aside(target, frame.write_csv)
    if kind == ".json":
        text = json.dumps(table_json(frame, meta), indent=1)
        return write_aside(target, lambda aside: aside.write_text(text + "\n", encoding="utf-8"))
    raise DataError(f"table file '{target}': expected .parquet, .csv or .json, got '{kind}'")


def table_json(frame: "pl.DataFrame", meta: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Give ``{"rows": [...], "meta": {...}}``, the form of every ``--json``. Numbers that are not finite become null."""
    rows = [{name: _plain(value) for name, value in row.items()} for row in frame.to_dicts()]
    return {"rows": rows, "meta": {name: _plain(value) for name, value in (meta or {}).items()}}


def read_metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Give the metadata of a Parquet table that pysnn wrote.

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
