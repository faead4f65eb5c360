"""A sweep of 10,000 cheap points with each executor of one machine, and one whose coordinator is killed half-way.

    python -m benchmarks.experiments.many_points --run      measures (a few minutes), writes the table, then the page's
    python -m benchmarks.experiments.many_points            writes the table of docs/sweeps_cluster.md

A point is the firing rate of a leaky integrate-and-fire neuron with one time constant and one input, over 500 steps.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import TABLES, machine
from benchmarks.markdown import fill, table
from pysnn import LIF, Input, Network, Output, run
from pysnn.sweep import sweep
from pysnn.sweep.folder import SweepFolder
from pysnn.tables import metadata, write_table

__all__ = ["PAGE", "SPACE", "TABLE", "page", "rate"]

PAGE = Path(__file__).parents[2] / "docs" / "sweeps_cluster.md"
TABLE = TABLES / "sweep_many_points.parquet"

SPACE = {"tau": [0.005 + 0.001 * k for k in range(100)], "input": [1.0 + 0.02 * k for k in range(100)]}
POINTS = 10_000
EXECUTORS = ("processes", "loky", "dask-local")
WORKERS = 2
_STEPS, _DT = 500, 1e-3


def rate(params: Mapping[str, Any], seed: int) -> dict[str, float]:
    """Return the firing rate of one neuron in Hz."""
    del seed
    net = Network.chain({"in": Input((1,)), "lif": LIF(tau=params["tau"]), "out": Output("count")})
    result = run(net, [[params["input"]]], steps=_STEPS, dt=_DT, threads=1, backend="rust")
    return {"rate": result.total("spikes")[0] / (_STEPS * _DT)}


def page(text: str, path: Path = TABLE) -> str:
    """Return the page with its table made again."""
    return fill(text, lambda _: _shown(pl.read_parquet(path)))


def _shown(frame: pl.DataFrame) -> str:
    head = ["run", "points", "seconds", "points a second", "share of the workers' time in points", "parts", "MB"]
    rows = [
        [
            row["run"],
            f"{row['points']:,}",
            f"{row['seconds']:.1f}",
            f"{row['points'] / row['seconds']:,.0f}",
            f"{100 * row['seconds_in_points'] / (WORKERS * row['seconds']):.0f} %",
            str(row["parts"]),
            f"{row['bytes'] / 1e6:.1f}",
        ]
        for row in frame.to_dicts()
    ]
    return table(head, rows)


def _measured(name: str, folder: Path, seconds: float, known: Mapping[str, bool]) -> dict[str, Any]:
    """Return the row of a run that has ended, beside which ``known`` points were there before."""
    here = SweepFolder(folder)
    found = here.table([point for point in here.states() if point not in known])
    return {
        "run": name,
        "points": found.height,
        "seconds": seconds,
        "seconds_in_points": float(found["seconds"].sum()),
        "parts": len(here.parts()),
        "bytes": sum(file.stat().st_size for file in folder.iterdir()),
    }


def _run(name: str, executor: str, folder: Path) -> dict[str, Any]:
    known = SweepFolder(folder).states()
    start = time.perf_counter()
    sweep(rate, SPACE, executor, out=folder, workers=WORKERS)
    return _measured(name, folder, time.perf_counter() - start, known)


def _killed(folder: Path) -> dict[str, Any]:
    """Kill a sweep when about half of its points are there."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.experiments.many_points", "--out", str(folder)])
    while len(SweepFolder(folder).states()) < POINTS // 2:
        if process.poll() is not None:
            raise SystemExit("the sweep ended before it was to be killed")
        time.sleep(0.1)
    process.kill()
    process.wait()
    return _measured("processes, killed half-way", folder, time.perf_counter() - start, {})


def main() -> None:
    """Measure if asked to, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", action="store_true", help="measure")
    parser.add_argument("--out", type=Path, help="run the sweep into a folder, and do nothing else")
    given = parser.parse_args()
    if given.out:
        sweep(rate, SPACE, out=given.out, workers=WORKERS)
        return
    if given.run:
        with tempfile.TemporaryDirectory() as folder:
            rows = [_run(executor, executor, Path(folder) / executor) for executor in EXECUTORS]
            rows.append(_killed(Path(folder) / "killed"))
            rows.append(_run("the same command again", "processes", Path(folder) / "killed"))
        write_table(pl.DataFrame(rows), TABLE, metadata(host=machine()))
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
