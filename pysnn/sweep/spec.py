"""A sweep in a file: ``SPEC.toml``, read and checked key by key (``docs/sweeps.md``)."""

import codecs
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pysnn.convert import METHODS
from pysnn.datasets.source import parse_source
from pysnn.errors import DataError
from pysnn.file_kinds import file_kind
from pysnn.sweep.convert_run import ConvertRun
from pysnn.sweep.estimate_run import EstimateRun
from pysnn.sweep.keys import ESTIMATE_GRID, GRID, NETWORK, TOP, check_keys, checked_text, listed
from pysnn.sweep.points import expand
from pysnn.sweep.sources import SHIPPED, NetworkSource

__all__ = ["JOBS", "Spec", "load_spec"]

JOBS: Mapping[str, type[ConvertRun]] = {"convert-run": ConvertRun, "estimate": EstimateRun}
"""What a sweep may do at its points."""

_VARIABLE = re.compile(r"\$\{(\w+)\}")
# Outermost first: workers keep a network and its data from point to point.
_ORDER: dict[str, Any] = {
    "network": None,
    "split": "test",
    "limit": None,
    "method": None,
    "settings": None,
    "per_channel": False,
    "precision": "float32",
    "calibration_samples": 1000,
    "calibration_seed": 0,
}


@dataclass(frozen=True)
class Spec:
    """A sweep as its file says: the run, every point's parameters, and where results go."""

    path: Path
    run: ConvertRun
    points: tuple[dict[str, Any], ...]
    out: Path
    job: str = "convert-run"

    @property
    def space(self) -> list[dict[str, Any]]:
        """The points as :func:`pysnn.sweep.sweep` takes them, where a list alone would multiply."""
        return [{name: [value] for name, value in point.items()} for point in self.points]


def load_spec(path: Path) -> Spec:
    """Read a spec and check all of it; data and weights are only looked for.

    Raises
    ------
    DataError
        One sentence: the file, the table, the key, what was expected and what came.
    """
    try:
        given = tomllib.loads(_text(path.read_bytes()))
    except (tomllib.TOMLDecodeError, UnicodeError, RecursionError) as error:
        kind = file_kind(path)
        said = f"'{path}': expected TOML: {error}"
        raise DataError(said if kind in ("text", "") else f"{said}; it looks like {kind}") from error
    try:
        return _spec(path, given)
    except DataError as error:
        raise DataError(f"'{path}': {error}") from error


def _text(data: bytes) -> str:
    """Decode a file that may begin with a byte order mark, as Windows tools write it."""
    return data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")


def _spec(path: Path, given: dict[str, Any]) -> Spec:
    check_keys("the file", given, TOP, required=("job", "networks", "data", "grid"))
    if given["job"] not in JOBS:
        raise DataError(f"key 'job': expected {' or '.join(JOBS)}, got {given['job']!r}")
    base = path.parent
    networks = {name: _network_source(name, table, given["data"], base) for name, table in given["networks"].items()}
    grids = given["grid"] if isinstance(given["grid"], list) else [given["grid"]]
    if not grids:
        raise DataError("key 'grid': expected at least one table, got none")
    points = [
        point for number, grid in enumerate(grids, start=1) for point in _grid(number, grid, networks, given["job"])
    ]
    out = base / _filled(given["out"]) if "out" in given else path.with_suffix(".sweep")
    return Spec(path, JOBS[given["job"]](networks, given.get("backend", "auto")), tuple(points), out, given["job"])


def _network_source(name: str, table: Any, data: Mapping[str, Any], base: Path) -> NetworkSource:
    where = f"networks.{name}"
    check_keys(where, table, NETWORK, required=("file", "data"))
    if table["data"] not in data:
        raise DataError(f"{where}: key 'data': expected one of {', '.join(data)}, got {table['data']!r}")
    sets = data[table["data"]]
    check_keys(f"data.{table['data']}", sets, {"train": checked_text, "test": checked_text}, required=("train", "test"))
    file = _filled(table["file"])
    try:
        return NetworkSource(
            file=Path(file) if file in SHIPPED else base / file,
            train=parse_source(_filled(sets["train"]), base),
            test=parse_source(_filled(sets["test"]), base),
            mean=tuple(table["mean"]) if "mean" in table else None,
            std=tuple(table["std"]) if "std" in table else None,
            output=table.get("output"),
        )
    except DataError as error:
        raise DataError(f"{where}: {error}") from error


def _grid(number: int, table: Any, networks: Mapping[str, NetworkSource], job: str) -> list[dict[str, Any]]:
    """Write out one grid: every list multiplies but that of steps, which are read on the way of one run."""
    where = f"grid {number}"
    keys, more = (ESTIMATE_GRID, ("chip",)) if job == "estimate" else (GRID, ())
    check_keys(where, table, keys, required=("network", "method", "steps", *more))
    for name in listed(table["network"]):
        if name not in networks:
            raise DataError(f"{where}: key 'network': expected one of {', '.join(networks)}, got {name!r}")
    steps = sorted(set(listed(table["steps"])))
    settings = list(expand(table.get("settings", {})))
    convert_steps = table.get("convert_steps")
    lists = {name: value for name, value in table.items() if name not in {"steps", "settings", "convert_steps"}}
    points = []
    for values in expand({**_ORDER, **lists, "settings": settings}):
        wanted = convert_steps if convert_steps is not None else _default_steps(values)
        if wanted == "each":
            points += [{**values, "convert_steps": one, "steps": [one]} for one in steps]
        else:
            points.append({**values, "convert_steps": wanted, "steps": steps})
    return points


def _default_steps(values: Mapping[str, Any]) -> str | None:
    """Say whether a conversion is for one number of steps, so that each needs one of its own."""
    fitted = any(field.name == "steps" for field in fields(METHODS[values["method"]].method))
    return "each" if fitted or values["settings"].get("calibrate") else None


def _filled(text: str) -> str:
    """Put environment variables in place of ``${NAME}``."""

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if not found:
            raise DataError(f"'{text}': the environment variable {match[1]} is not set")
        return found

    return _VARIABLE.sub(value, text)
