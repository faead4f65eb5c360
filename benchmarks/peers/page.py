"""Write the tables about peers into docs/performance.md from benchmarks/tables/peers.parquet; no figure is typed by hand."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.claims.page import claim_table
from benchmarks.markdown import fill, table
from benchmarks.peers.claims import CLAIMS, TABLE
from benchmarks.peers.processes import OURS
from pysnn.tables import read_metadata

__all__ = ["PAGE", "page", "times_cell"]

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
WITH_AMX = TABLE.with_name("peers_amx.parquet")

_WORDS = {"float32": "float32", "int8": "int8", "int8_avx2": "int8 with AVX2 alone"}
BARS = {"float32": 3, "int8": 8, "int8_avx2": 4}
"""How many times faster than the best library pysnn sets out to be, at T = 16 with one thread."""
BAR_WITH_AMX = 20
"""How many times faster than SpikingJelly int8 sets out to be at T = 16 with one thread, on a machine that has AMX."""


def page(text: str, frame: pl.DataFrame, host: str) -> str:
    """Return the page with its tables made again: a mark is ``<!-- table: CLAIM -->`` of a peer, "setup", "bars", "bars amx", or "claim NAME".

    Raises
    ------
    KeyError
        The page has a mark that is none of these.
    """
    claims: dict[str, Callable[[pl.DataFrame, str, str], str]] = dict.fromkeys(CLAIMS, _claim)
    made = {
        **claims,
        "setup": _setup,
        "bars": lambda *_: _bars(frame),
        "bars amx": lambda *_: _bars_with_amx(pl.read_parquet(WITH_AMX)),
    }

    def table_of(key: str) -> str:
        kind, _, name = key.partition(" ")
        return claim_table(name) if kind == "claim" else made[key](frame, key, host)

    return fill(text, table_of)


def _bars(frame: pl.DataFrame) -> str:
    """Return what was set out for and what was reached, beside the best library of each cell."""
    own = frame.filter(pl.col("claim") == "libraries", pl.col("steps") == 16, pl.col("threads") == 1)
    head = [
        "network",
        "batch",
        "best library",
        "ms an image",
        *(f"pysnn {_WORDS[name]}: times as fast (asked {bar})" for name, bar in BARS.items()),
    ]
    rows = []
    for _cell, group in own.sort("network", "batch", "ms").group_by("network", "batch", maintain_order=True):
        best = group.row(0, named=True)
        times = [times_cell(best, name) for name in BARS]
        rows.append([best["network"], str(best["batch"]), best["peer"], f"{best['ms']:.3g}", *times])
    return table(head, rows)


def _bars_with_amx(frame: pl.DataFrame) -> str:
    """Return what was reached beside each peer in float32 and in bfloat16, and the share of float32's predictions that it makes."""
    head = [
        "network",
        "batch",
        "peer",
        "ms an image",
        "same predictions",
        f"pysnn int8: times as fast (asked {BAR_WITH_AMX})",
    ]
    rows = [
        [
            row["network"],
            str(row["batch"]),
            f"{row['peer']}, {row['setup']}",
            f"{row['ms']:.3g}",
            f"{row['same_predictions']:.3f}",
            times_cell(row, "int8"),
        ]
        for row in frame.sort("network", "batch", "claim", descending=[False, False, True]).to_dicts()
    ]
    return table(head, rows)


def times_cell(row: Mapping[str, Any], own: str) -> str:
    """Return how many times pysnn's a peer's time is, with the least and the most of all rounds."""
    times = row["ms"] / row[f"{own}_ms"], row[f"{own}_times_least"], row[f"{own}_times_most"]
    median, least, most = (f"{time:.1f}" if time >= 1 else f"{time:.2f}" for time in times)
    return f"{median} ({least} to {most})"


def _claim(frame: pl.DataFrame, claim: str, _: str) -> str:
    """Return a table with a row a cell: ms an image of pysnn and of each peer."""
    own = frame.filter(pl.col("claim") == claim).sort("network", "batch", "threads", "steps")
    peers = own["peer"].unique().sort().to_list()
    head = ["network", "batch", "threads", "T", *(f"pysnn {_WORDS[name]}" for name in OURS), *peers]
    rows = []
    for cell, group in own.group_by("network", "batch", "threads", "steps", maintain_order=True):
        times = {row["peer"]: f"{row['ms']:.3g}" for row in group.to_dicts()}
        first = group.row(0, named=True)
        ours = [f"{first[f'{name}_ms']:.3g}" for name in OURS]
        rows.append([*map(str, cell), *ours, *(times.get(peer, "") for peer in peers)])
    return f"pysnn {CLAIMS[claim]}, ms an image:\n\n{table(head, rows)}"


def _setup(frame: pl.DataFrame, _: str, host: str) -> str:
    """Say what ran: the machine, versions, and each peer's fastest ways with the number of cells in which they were it."""
    processors = ", ".join(frame["processor"].unique().sort())
    head = ["peer", "versions", "ways, cells", "same predictions, least"]
    rows = []
    for (peer,), group in frame.sort("claim", "peer").group_by("peer", maintain_order=True):
        found = json.loads(group["versions"][0])
        versions = ", ".join(f"{name} {version}" for name, version in found.items())
        counts = group["setup"].value_counts(sort=True)
        ways = "; ".join(f"{way} ({count})" for way, count in counts.iter_rows())
        rows.append([str(peer), versions, ways, f"{group['same_predictions'].to_numpy().min():.3f}"])
    return f"Measured on {processors} ({host}).\n\n{table(head, rows)}"


if __name__ == "__main__":
    known = read_metadata(TABLE)
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), pl.read_parquet(TABLE), known["host"]), encoding="utf-8")
    print(f"wrote {PAGE}")
