"""The keys of a spec's tables, and the checks of their values."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pysnn.convert import METHODS
from pysnn.errors import DataError
from pysnn.hardware import chip_names
from pysnn.schemas import SCHEMAS

__all__ = [
    "ESTIMATE_GRID",
    "FUNCTION",
    "GRID",
    "NETWORK",
    "PLASTIC",
    "PLASTIC_ESTIMATE",
    "TOP",
    "TRAIN",
    "TRAIN_GRID",
    "check_keys",
    "checked_text",
    "grids_of",
    "listed",
]

Check = Callable[[Any], str | None]
"""Returns what was expected, if a value is not that."""

_MOST_STEPS = 1 << 20
_COLUMNS = ("String", "Int64", "Float64", "Boolean")


def checked_text(value: Any) -> str | None:
    """Text that is not empty."""
    return None if isinstance(value, str) and value else "text"


def listed(value: Any) -> list[Any]:
    """Return a list, or the one value of one."""
    return list(value) if isinstance(value, list) else [value]


def grids_of(given: Mapping[str, Any]) -> list[Any]:
    """Return the grids of a spec, at least one."""
    grids = listed(given["grid"])
    if not grids:
        raise DataError("key 'grid': expected at least one table, got none")
    return grids


def check_keys(where: str, table: Any, known: Mapping[str, Check], required: Iterable[str] = ()) -> None:
    """Raise :class:`DataError` for a key that is unknown, missing, or has a wrong value."""
    if not isinstance(table, Mapping):
        raise DataError(f"{where}: expected a table, got {table!r:.80}")
    for name in required:
        if name not in table:
            raise DataError(f"{where}: key '{name}' is missing")
    for name, value in table.items():
        if name not in known:
            raise DataError(f"{where}: there is no key '{name}', expected {', '.join(known)}")
        expected = known[name](value)
        if expected is not None:
            raise DataError(f"{where}: key '{name}': expected {expected}, got {value!r:.80}")


def _word(*words: str) -> Check:
    return lambda value: None if isinstance(value, str) and value in words else " or ".join(words)


def _integer(least: int) -> Check:
    def check(value: Any) -> str | None:
        good = isinstance(value, int) and not isinstance(value, bool) and least <= value < 1 << 63
        return None if good else f"a whole number from {least} on"

    return check


def _several(check: Check) -> Check:
    """One value, or a list of them with at least one entry."""

    def each(value: Any) -> str | None:
        if value == []:
            return "at least one value"
        wrong = [expected for element in listed(value) if (expected := check(element)) is not None]
        return f"{wrong[0]}, or a list of such" if wrong else None

    return each


def _boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _numbers(value: Any) -> str | None:
    good = isinstance(value, list) and value and all(type(number) in {int, float} for number in value)
    return None if good else "a list of numbers, one per channel"


def _steps(value: Any) -> str | None:
    return _integer(1)(value) or (None if value <= _MOST_STEPS else f"at most {_MOST_STEPS}")


def _convert_steps(value: Any) -> str | None:
    return None if value == "each" or _steps(value) is None else 'a number of time-steps, or "each"'


def _tables(value: Any) -> str | None:
    return None if isinstance(value, dict) and all(isinstance(v, dict) for v in value.values()) and value else "tables"


def _settings(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "a table"
    empty = [name for name, values in value.items() if values == []]
    return f"at least one value for '{empty[0]}'" if empty else None


def _table(value: Any) -> str | None:
    return None if isinstance(value, dict) else "a table"


def _positive(value: Any) -> str | None:
    return None if type(value) in {int, float} and 0 < value < math.inf else "a number above 0"


def _share(value: Any) -> str | None:
    return None if type(value) in {int, float} and 0 <= value < 1 else "a number from 0 below 1"


def _columns(value: Any) -> str | None:
    good = isinstance(value, dict) and value and all(kind in _COLUMNS for kind in value.values())
    reserved = good and set(value) & set(SCHEMAS["sweep_point"])
    if reserved:
        return f"columns beside those that every point has, so none named {min(reserved)}"
    return None if good else f"names with {', '.join(_COLUMNS)}"


def _grids(value: Any) -> str | None:
    return None if isinstance(value, dict | list) else "a table, or several"


TOP: dict[str, Check] = {
    "job": checked_text,
    "out": checked_text,
    "backend": checked_text,
    "networks": _tables,
    "data": _tables,
    "grid": _grids,
}
PLASTIC: dict[str, Check] = {
    "job": checked_text,
    "out": checked_text,
    "backend": checked_text,
    "base": checked_text,
    "grid": _grids,
}
NETWORK: dict[str, Check] = {
    "file": checked_text,
    "mean": _numbers,
    "std": _numbers,
    "output": checked_text,
    "data": checked_text,
}
GRID: dict[str, Check] = {
    "network": _several(checked_text),
    "method": _several(_word(*METHODS)),
    "per_channel": _several(_boolean),
    "precision": _several(_word("float32", "int8")),
    "calibration_samples": _several(_integer(1)),
    "calibration_seed": _several(_integer(0)),
    "split": _several(_word("train", "test")),
    "limit": _several(_integer(1)),
    "steps": _several(_steps),
    "convert_steps": _convert_steps,
    "settings": _settings,
}

FUNCTION: dict[str, Check] = {
    "job": checked_text,
    "out": checked_text,
    "files": _several(checked_text),
    "columns": _columns,
    "best": _several(checked_text),
    "grid": _grids,
}
TRAIN: dict[str, Check] = {
    "job": checked_text,
    "out": checked_text,
    "backend": checked_text,
    "data": _table,
    "grid": _grids,
}
TRAIN_GRID: dict[str, Check] = {
    "rule": _several(_word("stdbp", "sstdp")),
    "hidden": _several(checked_text),
    "epochs": _several(_integer(1)),
    "batch_size": _several(_integer(1)),
    "rate": _several(_positive),
    "weight_decay": _several(_share),
    "validation": _several(_share),
    "training_seed": _several(_integer(0)),
    "limit": _several(_integer(1)),
    "settings": _settings,
}
ESTIMATE_GRID: dict[str, Check] = {**GRID, "chip": _several(_word(*chip_names()))}
PLASTIC_ESTIMATE: dict[str, Check] = {**PLASTIC, "chips": _several(_word(*chip_names()))}
