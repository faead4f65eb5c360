"""Write the tables about peers into docs/performance.md from benchmarks/tables/peers.parquet; no figure is typed by hand."""

import json
from pathlib import Path

import polars as pl

from benchmarks.peers.claims import CLAIMS, TABLE
from benchmarks.peers.processes import OURS
from pysnn.tables import read_metadata

__all__ = ["PAGE", "page"]

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"

_MARK = "<!-- peers: {} -->"
_END = "<!-- end of peers -->"


def page(text: str, frame: pl.DataFrame, host: str) -> str:
    """Give the page with each stretch between ``<!-- peers: CLAIM -->`` and its end made again.

    Raises
    ------
    KeyError
        The page has a mark that is no claim and not "setup".
    """
    parts = text.split("<!-- peers: ")
    made = [parts[0]]
    for part in parts[1:]:
        name, _, rest = part.partition(" -->\n")
        table = _setup(frame, host) if name == "setup" else _claim(frame, name)
        made.append(f"{_MARK.format(name)}\n{table}\n{_END}{rest.partition(_END)[2]}")
    return "".join(made)


def _claim(frame: pl.DataFrame, claim: str) -> str:
    """Give a table with a row a cell and peer: its time, ours beside it, and how many times faster ours are."""
    own = frame.filter(pl.col("claim") == claim).sort("network", "batch", "threads", "steps", "ms")
    head = ["network", "batch", "threads", "T", "peer", "ms an image", *(f"{name}: ms (x)" for name in OURS)]
    lines = [f"pysnn {CLAIMS[claim]}:", "", _line(head), _line(["---"] * len(head))]
    for row in own.iter_rows(named=True):
        cells = [str(row[key]) for key in ("network", "batch", "threads", "steps", "peer")]
        ours = [f"{row[f'{name}_ms']:.3g} ({row['ms'] / row[f'{name}_ms']:.1f})" for name in OURS]
        lines.append(_line([*cells, f"{row['ms']:.3g}", *ours]))
    return "\n".join(lines)


def _setup(frame: pl.DataFrame, host: str) -> str:
    """Say what ran: the machine, versions, and each peer's fastest ways with the number of cells in which they were it."""
    processors = ", ".join(frame["processor"].unique().sort())
    head = ["peer", "versions", "ways, cells", "same predictions, least"]
    lines = [f"Measured on {processors} ({host}).", "", _line(head), _line(["---"] * len(head))]
    for (peer,), group in frame.sort("claim", "peer").group_by("peer", maintain_order=True):
        found = json.loads(group["versions"][0])
        versions = ", ".join(f"{name} {version}" for name, version in found.items())
        counts = group["setup"].value_counts(sort=True)
        ways = "; ".join(f"{way} ({count})" for way, count in counts.iter_rows())
        lines.append(_line([str(peer), versions, ways, f"{group['same_predictions'].to_numpy().min():.3f}"]))
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    known = read_metadata(TABLE)
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), pl.read_parquet(TABLE), known["host"]), encoding="utf-8")
    print(f"wrote {PAGE}")
