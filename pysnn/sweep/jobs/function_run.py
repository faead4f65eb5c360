"""The job ``module:function``: a function of one's own, called with the values of a point and its seed."""

import hashlib
import importlib
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from pysnn.errors import DataError
from pysnn.schemas import SCHEMAS
from pysnn.sweep.filled import filled
from pysnn.sweep.jobs.keys import FUNCTION, check_keys, grids_of, listed
from pysnn.sweep.jobs.run import SweepRun
from pysnn.sweep.points import expand
from pysnn.sweep.worker import Run

__all__ = ["FunctionRun", "read_function"]

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_KINDS: dict[type, str] = {bool: "Boolean", int: "Int64", float: "Float64", str: "String"}


@dataclass(frozen=True, kw_only=True)
class FunctionRun(SweepRun):
    """A run of a sweep that calls a function of a module.

    Attributes
    ----------
    place
        ``module:function``; the module is a file in ``folder``, or else one that is installed.
    folder
        Where the spec is.
    reads
        Files that the function depends on.
    own_columns
        Names and types of what it gives, and of the values of its points.
    order
        By which columns its best rows are found.
    """

    place: str
    folder: Path
    reads: tuple[Path, ...] = ()
    own_columns: Mapping[str, str]
    order: tuple[str, ...]

    @property
    def columns(self) -> Mapping[str, str]:
        """Names and types of what it gives."""
        return {**self.own_columns, **SCHEMAS["sweep_point"]}

    @property
    def best(self) -> Sequence[str]:
        """What the spec says is best."""
        return self.order

    def files(self) -> dict[str, str]:
        """Return the digests of the module's file, and of the files that the spec names."""
        module = self._module()
        self._function(module)
        source = [Path(module.__file__)] if module.__file__ else []
        return {f"file '{file}'": _digest(file) for file in (*source, *self.reads)}

    def digest_of(self, part: str) -> str:
        """Return the digest of all files together."""
        return hashlib.sha256("".join(self.files().values()).encode()).hexdigest()

    def __call__(self, params: Mapping[str, Any], seed: int) -> Sequence[Mapping[str, Any]]:
        """Call the function."""
        found = self._function(self._module())(params, seed)
        return [found] if isinstance(found, Mapping) else list(found)

    def _module(self) -> ModuleType:
        """Import the module, whose code is run, with all that it does; a file beside the spec as it is now."""
        name = self.place.partition(":")[0]
        file = self.folder.absolute() / f"{name}.py"
        try:
            return _loaded(file, file.read_bytes()) if file.is_file() else importlib.import_module(name)
        # The module's own code can raise anything.
        except Exception as error:
            raise DataError(f"job '{self.place}' cannot be imported: {type(error).__name__}: {error}") from error

    def _function(self, module: ModuleType) -> Run:
        name, _, function = self.place.partition(":")
        found = getattr(module, function, None)
        if not callable(found):
            raise DataError(f"job '{self.place}': expected a function '{function}' in the module '{name}', found none")
        return cast("Run", found)


@lru_cache(maxsize=4)
def _loaded(file: Path, source: bytes) -> ModuleType:
    """Run a module's source. Workers live longer than its file stays as it is, so it is not found by its name."""
    module = ModuleType(f"pysnn_sweep_{hashlib.sha256(source).hexdigest()[:16]}")
    module.__file__ = str(file)
    folder = str(file.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    sys.modules[module.__name__] = module
    exec(compile(source, str(file), "exec"), module.__dict__)  # noqa: S102 - what a sweep is asked to run
    return module


def read_function(path: Path, given: dict[str, Any]) -> tuple[FunctionRun, list[dict[str, Any]]]:
    """Return the run and the points of a spec whose job is a function; the function is imported when it is run."""
    check_keys("the file", given, FUNCTION, required=("job", "columns", "best", "grid"))
    if not _NAME.fullmatch(given["job"]):
        raise DataError(f"key 'job': expected module:function, got {given['job']!r}")
    points = [point for number, grid in enumerate(grids_of(given), start=1) for point in expand(_checked(number, grid))]
    columns = {**_columns_of(points), **given["columns"]}
    order = tuple(listed(given["best"]))
    for name in order:
        if name.removeprefix("-") not in columns:
            raise DataError(f"key 'best': expected a column, {' or '.join(columns)}, got {name!r}")
    reads = tuple(path.parent / filled(file) for file in listed(given.get("files", [])))
    return FunctionRun(place=given["job"], folder=path.parent, reads=reads, own_columns=columns, order=order), points


def _checked(number: int, grid: Any) -> Mapping[str, Any]:
    if not isinstance(grid, Mapping):
        raise DataError(f"grid {number}: expected a table, got {grid!r:.80}")
    return grid


def _columns_of(points: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the columns of values that a table can hold: what all points have of a name in common."""
    kinds: dict[str, set[str | None]] = {}
    for point in points:
        for name, value in point.items():
            kinds.setdefault(name, set()).add(_KINDS.get(type(value)))
    found = {name: reduce(_common, kinds[name]) for name in kinds}
    return {name: kind for name, kind in found.items() if kind is not None and name not in SCHEMAS["sweep_point"]}


def _common(a: str | None, b: str | None) -> str | None:
    if a == b:
        return a
    return "Float64" if {a, b} == {"Int64", "Float64"} else None


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"file '{file}': {error.strerror or error}") from error
