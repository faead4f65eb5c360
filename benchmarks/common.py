"""What every benchmark needs: medians, the machine's description, a table written and printed."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl

from pysnn.tables import metadata, write_table

__all__ = [
    "TABLES",
    "best_of",
    "data_folder",
    "least_seconds",
    "machine",
    "median_seconds",
    "printed",
    "put_into",
    "report",
    "results_option",
]

RESULTS = Path(__file__).parent / "results"
"""Parts of measurements that have not ended; not in the repository."""

TABLES = Path(__file__).parent / "tables"
"""What pages quote."""


def median_seconds(work: Callable[[], object], repeats: int = 7) -> float:
    """Return the median time of ``work`` over ``repeats`` calls, after one that does not count."""
    work()
    return statistics.median(_seconds(work) for _ in range(repeats))


def best_of(a: Callable[[], object], b: Callable[[], object], repeats: int = 25) -> tuple[float, float]:
    """Return the least processor times of two works; see :func:`least_seconds`."""
    first, second = least_seconds([a, b], repeats)
    return first, second


def least_seconds(works: Sequence[Callable[[], object]], repeats: int = 25) -> list[float]:
    """Return the least processor times of works on this thread, called in turn: what other processes disturb least."""

    def seconds(work: Callable[[], object]) -> float:
        start = time.thread_time()
        work()
        return time.thread_time() - start

    rounds = [[seconds(work) for work in works] for _ in range(repeats)]
    return [min(times) for times in zip(*rounds, strict=True)]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def data_folder(content: str = "cifar10/ and pretrained/") -> Path:
    """Return the folder that PYSNN_DATA names, or end saying what should lie there."""
    folder = os.environ.get("PYSNN_DATA")
    if not folder:
        sys.exit(f"PYSNN_DATA is not set: it names the folder with {content}")
    return Path(folder)


def put_into(
    table: Path, rows: pl.DataFrame, *keys: str, how: Literal["vertical", "diagonal"] = "vertical"
) -> pl.DataFrame:
    """Return the rows of a table, if there is one, with others behind them, which take the place of those that have the same keys."""
    if not table.exists():
        return rows
    others = pl.read_parquet(table).join(rows, on=keys, how="anti", maintain_order="left")
    return pl.concat([others, rows], how=how)


def printed(*command: str | Path, given: str | None = None, cwd: Path | None = None) -> dict[str, Any]:
    """Run a program, which may be another Python's, and return the JSON object that it prints last.

    Examples
    --------
    >>> printed(sys.executable, "-c", "print('ready'); print({})")
    {}
    """
    words = [str(word) for word in command]
    done = subprocess.run(words, input=given, cwd=cwd, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def machine() -> dict[str, str]:
    """Describe the processor: its name, and its family and model, since names are shared."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {"processor": platform.processor() or platform.machine()}
    first = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines)) if value}
    known = [first[name] for name in ("model name",) if name in first]
    known += [f"{said} {first[name]}" for name, said in (("cpu family", "family"), ("model", "model")) if name in first]
    return {"processor": ", ".join(known) or platform.machine()}


def results_option(description: str) -> bool:
    """Read the command line; return whether the result is to be kept under ``benchmarks/tables``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--save", action="store_true", help="write benchmarks/tables/claim_NAME.parquet")
    return bool(parser.parse_args().save)


def report(name: str, rows: list[dict[str, Any]], *, save: bool, **known: Any) -> None:
    """Print a table, and keep it with the machine's description if asked to."""
    frame = pl.DataFrame(rows)
    meta = metadata(benchmark=name, **machine(), **known)
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=160, tbl_hide_dataframe_shape=True):
        print(frame)
    print(", ".join(f"{key}: {value}" for key, value in meta.items()), file=sys.stderr)
    if save:
        print(f"written: {write_table(frame, TABLES / f'claim_{name}.parquet', meta)}", file=sys.stderr)
