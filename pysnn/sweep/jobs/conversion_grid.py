"""The tables of a spec whose points are conversions: networks, data, grids."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pysnn.convert import METHODS
from pysnn.datasets.source import parse_source
from pysnn.errors import DataError
from pysnn.sweep.filled import filled
from pysnn.sweep.jobs.convert_run import ConvertRun
from pysnn.sweep.jobs.estimate_run import EstimateRun
from pysnn.sweep.jobs.keys import ESTIMATE_GRID, GRID, NETWORK, TOP, check_keys, checked_text, grids_of, listed
from pysnn.sweep.jobs.sources import SHIPPED, NetworkSource
from pysnn.sweep.points import expand

__all__ = ["read_conversions"]

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


def read_conversions(
    job: type[ConvertRun], path: Path, given: dict[str, Any]
) -> tuple[ConvertRun, list[dict[str, Any]]]:
    """Return the run and the points of a spec of conversions."""
    check_keys("the file", given, TOP, required=("job", "networks", "data", "grid"))
    base = path.parent
    networks = {name: _network_source(name, table, given["data"], base) for name, table in given["networks"].items()}
    points = [
        point for number, grid in enumerate(grids_of(given), start=1) for point in _grid(number, grid, networks, job)
    ]
    return job(networks=networks, backend=given.get("backend", "auto")), points


def _network_source(name: str, table: Any, data: Mapping[str, Any], base: Path) -> NetworkSource:
    where = f"networks.{name}"
    check_keys(where, table, NETWORK, required=("file", "data"))
    if table["data"] not in data:
        raise DataError(f"{where}: key 'data': expected one of {', '.join(data)}, got {table['data']!r}")
    sets = data[table["data"]]
    check_keys(f"data.{table['data']}", sets, {"train": checked_text, "test": checked_text}, required=("train", "test"))
    file = filled(table["file"])
    try:
        return NetworkSource(
            file=Path(file) if file in SHIPPED else base / file,
            train=parse_source(filled(sets["train"]), base),
            test=parse_source(filled(sets["test"]), base),
            mean=tuple(table["mean"]) if "mean" in table else None,
            std=tuple(table["std"]) if "std" in table else None,
            output=table.get("output"),
        )
    except DataError as error:
        raise DataError(f"{where}: {error}") from error


def _grid(
    number: int, table: Any, networks: Mapping[str, NetworkSource], job: type[ConvertRun]
) -> list[dict[str, Any]]:
    """Write out one grid: every list multiplies but that of steps, which are read on the way of one run."""
    where = f"grid {number}"
    keys, more = (ESTIMATE_GRID, ("chip",)) if issubclass(job, EstimateRun) else (GRID, ())
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
