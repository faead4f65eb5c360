"""The tables of a spec whose points are runs of a plastic network: a base spec, and what changes in it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pysnn.errors import DataError
from pysnn.plastic.spec import plastic_spec, read_plastic_toml
from pysnn.sweep.filled import filled
from pysnn.sweep.jobs.keys import PLASTIC, PLASTIC_ESTIMATE, check_keys, grids_of, listed
from pysnn.sweep.jobs.plastic_estimate import PlasticEstimateRun
from pysnn.sweep.jobs.plastic_run import PlasticRun, changed
from pysnn.sweep.points import expand

__all__ = ["read_plastic", "read_plastic_estimate"]


def read_plastic(path: Path, given: dict[str, Any]) -> tuple[PlasticRun, list[dict[str, Any]]]:
    """Return the run and the points of a spec of plastic networks; each point is looked at before any is run."""
    check_keys("the file", given, PLASTIC, required=("job", "base", "grid"))
    run = PlasticRun(base=path.parent / filled(given["base"]), backend=given.get("backend", "auto"))
    return run, _points(run, given)


def read_plastic_estimate(path: Path, given: dict[str, Any]) -> tuple[PlasticRun, list[dict[str, Any]]]:
    """Do :func:`read_plastic` for runs that are estimated on chips."""
    check_keys("the file", given, PLASTIC_ESTIMATE, required=("job", "base", "chips", "grid"))
    chips = tuple(dict.fromkeys(listed(given["chips"])))
    run = PlasticEstimateRun(
        base=path.parent / filled(given["base"]), backend=given.get("backend", "auto"), chips=chips
    )
    return run, _points(run, given)


def _points(run: PlasticRun, given: dict[str, Any]) -> list[dict[str, Any]]:
    tables = read_plastic_toml(run.base)
    points = []
    for number, grid in enumerate(grids_of(given), start=1):
        if not isinstance(grid, Mapping):
            raise DataError(f"grid {number}: expected a table, got {grid!r:.80}")
        for point in expand(dict(_flat(grid))):
            try:
                plastic_spec(run.base, changed(tables, point))
            except DataError as error:
                raise DataError(f"grid {number}: {error}") from error
            points.append(point)
    return points


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Go through the values of nested tables, their names joined by dots."""
    for name, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
