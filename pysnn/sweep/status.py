"""How far a sweep is."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pysnn.sweep.folder import SweepFolder
from pysnn.tables import make_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["failures", "status_table"]


def status_table(folder: SweepFolder) -> "pl.DataFrame":
    """Return one row, schema "sweep_status"; ``other_points`` are done, but not of the sweep as it was last started."""
    import polars as pl

    plan = folder.plan()
    parts = folder.parts()
    chosen = folder.chosen()
    own = chosen.filter(pl.col("point").is_in(plan["points"]))
    failed = int(own["failed"].sum())
    row = {
        "points": len(plan["points"]),
        "done": own.height - failed,
        "failed": failed,
        "left": len(plan["points"]) - own.height,
        "rows": int(own["rows"].sum()),
        "parts": len(parts),
        "other_points": chosen.height - own.height,
        "started_at": str(plan["started_at"]),
        "newest_part": _time_of(parts[-1].stat().st_mtime) if parts else None,
    }
    return make_table("sweep_status", [row])


def failures(folder: SweepFolder, most: int = 20) -> list[dict[str, Any]]:
    """Return the first points that failed: their identity, parameters and error."""
    failed = {point for point, bad in folder.states().items() if bad}
    wanted = [point for point in folder.plan()["points"] if point in failed][:most]
    return folder.table(wanted).select("point", "params", "error").to_dicts()


def _time_of(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
