"""A sweep in a file: ``SPEC.toml``, read and checked key by key (``docs/sweeps.md``)."""

import codecs
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pysnn.errors import DataError
from pysnn.file_kinds import file_kind
from pysnn.sweep.filled import filled
from pysnn.sweep.jobs.registry import job_named
from pysnn.sweep.jobs.run import SweepRun

__all__ = ["Spec", "load_spec"]


@dataclass(frozen=True)
class Spec:
    """A sweep as its file says: the run, every point's parameters, and where results go."""

    path: Path
    run: SweepRun
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
    if "job" not in given:
        raise DataError("the file: key 'job' is missing")
    job = given["job"]
    run, points = job_named(job)(path, given)
    out = path.parent / filled(given["out"]) if "out" in given else path.with_suffix(".sweep")
    return Spec(path, run, tuple(points), out, job)
