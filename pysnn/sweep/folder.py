"""The folder of a sweep: ``sweep.json`` says what belongs to it, Parquet parts hold what is done.

A part is written aside and renamed, and holds all rows of its points; so a point is there in full or not at all, whenever
the sweep was killed. Nothing is ever changed in a part: a point that failed and was run again has a second part, and what
is read is its success, or else its newest failure.
"""

import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysnn.errors import DataError, FileFormatError
from pysnn.files.aside import make_folder, write_aside
from pysnn.schemas import SCHEMAS
from pysnn.sweep.points import Point
from pysnn.sweep.worker import Columns, Outcome
from pysnn.tables import metadata, write_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SweepFolder"]

_PLAN = "sweep.json"
_FORMAT = 1


class SweepFolder:
    """A sweep's folder; several processes, on several machines, may write parts into it at once.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     SweepFolder(folder).states()
    {}
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def begin(self, points: Sequence[Point], about: Mapping[str, Any]) -> None:
        """Write down which points the sweep has; the time of the first start stays as long as they are the same."""
        identities = [point.identity for point in points]
        digest = hashlib.sha256("".join(identities).encode()).hexdigest()
        started = _now()
        if (self.path / _PLAN).exists():
            known = self.plan()
            started = known["started_at"] if known["digest"] == digest else started
        plan = {**about, "format": _FORMAT, "started_at": started, "digest": digest, "points": identities}
        text = json.dumps(plan, indent=1)
        make_folder(self.path)
        write_aside(self.path / _PLAN, lambda aside: aside.write_text(text + "\n", encoding="utf-8"))

    def plan(self) -> dict[str, Any]:
        """Return what :meth:`begin` wrote.

        Raises
        ------
        DataError
            There is no sweep in this folder.
        FileFormatError
            The file is damaged, or a newer pysnn wrote it.
        """
        file = self.path / _PLAN
        try:
            plan = json.loads(file.read_text(encoding="utf-8"))
            if plan["format"] != _FORMAT:
                raise FileFormatError(f"'{file}': expected format {_FORMAT}, got {plan['format']!r}")
            return {**plan, "points": list(plan["points"]), "digest": str(plan["digest"])}
        except (FileNotFoundError, NotADirectoryError) as error:
            raise DataError(f"'{self.path}': there is no sweep here: no {_PLAN}") from error
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, FileFormatError):
                raise
            raise FileFormatError(f"'{file}': expected what a sweep writes, got something else") from error

    def parts(self) -> list[Path]:
        """Return the parts, oldest first."""
        return sorted(self.path.glob("part-*.parquet"))

    def add(self, outcomes: Iterable[Outcome], columns: Columns | None) -> Path:
        """Write a part with the rows of some points."""
        import polars as pl

        fixed = {name: getattr(pl, kind) for name, kind in (columns or SCHEMAS["sweep_point"]).items()}
        rows = [row for outcome in outcomes for row in outcome.rows]
        if columns is None:
            # A column's type is what its values have in common: 1 and 0.5 are Float64, 1 and "a" are String.
            frame = pl.DataFrame(rows, schema_overrides=fixed, infer_schema_length=None, strict=False)
        else:
            frame = pl.DataFrame(rows, schema=fixed)
        name = f"part-{time.time_ns():020d}-{secrets.token_hex(4)}.parquet"
        return write_table(frame, self.path / name, metadata())

    def index(self) -> "pl.DataFrame":
        """Return one row a point of each part: ``point``, ``part`` (its place in :meth:`parts`), ``failed``, ``rows``."""
        import polars as pl

        schema = {"point": pl.String, "part": pl.Int64, "failed": pl.Boolean, "rows": pl.Int64}
        frames = [pl.DataFrame(schema=schema)]
        for number, part in enumerate(self.parts()):
            found = _read(part, ["point", "error"])
            summed = found.group_by("point", maintain_order=True).agg(
                pl.lit(number, dtype=pl.Int64).alias("part"),
                pl.col("error").is_not_null().any().alias("failed"),
                pl.len().cast(pl.Int64).alias("rows"),
            )
            frames.append(summed.select(*schema))
        return pl.concat(frames)

    def chosen(self) -> "pl.DataFrame":
        """Return of each point the part that counts: its first success, or else its newest failure."""
        import polars as pl

        newest_failure = pl.when("failed").then(-pl.col("part")).otherwise(pl.col("part"))
        return self.index().sort("failed", newest_failure).unique("point", keep="first", maintain_order=True)

    def states(self) -> dict[str, bool]:
        """Return the points that are done, and of each whether it failed."""
        chosen = self.chosen()
        return dict(zip(chosen["point"].to_list(), chosen["failed"].to_list(), strict=True))

    def table(self, identities: Sequence[str]) -> "pl.DataFrame":
        """Return the rows of some points, in the order of ``identities``: each point once.

        Columns are those that the sweep has fixed, or else what its points gave, by name, and then "sweep_point".
        """
        import polars as pl

        order = pl.DataFrame({"point": list(identities)}, schema={"point": pl.String}).with_row_index("__order")
        wanted = self.chosen().join(order, on="point", how="inner").select("point", "part", "__order")
        parts = self.parts()
        fixed = self.plan().get("columns")
        columns = {name: getattr(pl, kind) for name, kind in (fixed or SCHEMAS["sweep_point"]).items()}
        frames = [pl.DataFrame(schema={**columns, "__order": order.schema["__order"]})]
        for (number,), few in wanted.group_by("part", maintain_order=True):
            frames.append(_read(parts[int(number)], None).join(few.drop("part"), on="point", how="inner"))
        found = pl.concat(frames, how="diagonal_relaxed").sort("__order", "row")
        own = sorted(set(found.columns) - set(columns) - {"__order"})
        return found.select(*own, *columns).with_columns(pl.col(pl.Null).cast(pl.String))


def _read(part: Path, columns: list[str] | None) -> "pl.DataFrame":
    import polars as pl

    try:
        return pl.read_parquet(part, columns=columns, glob=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileFormatError(
            f"'{part}': expected a part of a sweep, got something else ({error}); without it its points are run again"
        ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
