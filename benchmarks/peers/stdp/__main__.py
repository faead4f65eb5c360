"""Synaptic updates a second beside Brian2 and NEST, each case in one go, best of some runs.

    python -m benchmarks.peers.stdp [--cases small,wide] [--python PATH] [--prototype PATH] [--repeat 3] [--threads 1,2] [--json] [--save]

An update is one plastic synapse visited by an arrival or by a post spike. PATH of ``--python`` is a Python with brian2 and nest-simulator
(from the package index); without it pysnn runs alone. PATH of ``--prototype`` is the built program that the engine was developed from.

Simulators are compared at output rates within 10 % of pysnn's, which each row states. Brian2 is told to deliver arrivals as pysnn does
(``brian2_run.py``). NEST pairs spikes with a dendritic delay of a step, which at dt = 1 ms favours depression; its rates are what they are.
"""

import argparse
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.common import printed, report
from benchmarks.peers.stdp import prototype_run
from benchmarks.peers.stdp.cases import CASES
from benchmarks.peers.stdp.pysnn_run import run

ROOT = Path(__file__).parents[3]
PEERS = ("brian2_run", "nest_run")
SLOWEST = {"mid", "big"}
"""What peers need minutes for."""


def peer(python: str, program: str, case: str, repeat: int) -> dict[str, Any]:
    """Run a case in another simulator; what goes wrong is said in its row."""
    try:
        return printed(python, "-m", f"benchmarks.peers.stdp.{program}", case, str(repeat), cwd=ROOT)
    except subprocess.CalledProcessError as error:
        return {"simulator": program, "error": error.stderr.strip().splitlines()[-1:]}


def best(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fastest of some runs."""
    return max(rows, key=lambda row: row["updates_per_s"])


def measure(name: str, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Measure a case in every simulator, a row each; the first is pysnn's eager store."""
    case, rounds = CASES[name], range(options.repeat)
    for threads in (int(count) for count in options.threads.split(",")):
        for store in ("eager", "lazy"):
            yield {"threads": threads, **best([run(case, store=store, threads=threads) for _ in rounds])}
    if options.prototype:
        for layout in prototype_run.LAYOUTS:
            yield {"threads": 1, **best([prototype_run.run(options.prototype, name, case, layout) for _ in rounds])}
    if options.python and name not in SLOWEST:
        for program in PEERS:
            yield {"threads": 1, **peer(options.python, program, name, options.repeat)}


def with_rate(name: str, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Add the case, and how far the output rate lies from that of the first row."""
    first = None
    for row in rows:
        first = first or row
        difference = None if "error" in row else round(100 * (row["rate_out"] / first["rate_out"] - 1), 1)
        yield {"case": name, **row, "rate_off_percent": difference}


def line(row: dict[str, Any]) -> str:
    """Return a row as text."""
    head = f"{row['case']:8} {row['simulator']:36} {row['threads']}"
    if "error" in row:
        return f"{head} {row['error']}"
    speed = f"{row['updates_per_s'] / 1e6:9.1f} M updates/s"
    return (
        f"{head} {speed}  in {row['rate_in']:6.2f} Hz  out {row['rate_out']:6.2f} Hz ({row['rate_off_percent']:+.1f} %)"
    )


def compared(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows as the table has them: how many times as fast the faster store of pysnn is on one thread."""
    own = {
        row["case"]: row["updates_per_s"]
        for row in sorted((row for row in rows if "error" not in row), key=lambda row: row["updates_per_s"])
        if row["simulator"].startswith("pysnn") and row["threads"] == 1
    }
    return [
        {
            "case": row["case"],
            "simulator": row["simulator"],
            "threads": row["threads"],
            "M updates/s": round(row["updates_per_s"] / 1e6, 1),
            "pysnn, one thread: times": round(own[row["case"]] / row["updates_per_s"], 2)
            if row["case"] in own
            else None,
            "Hz in": round(row["rate_in"], 2),
            "Hz out": round(row["rate_out"], 2),
            "% off pysnn's": row["rate_off_percent"],
        }
        for row in rows
        if "error" not in row
    ]


def main() -> None:
    """Measure, and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="small,small01,wide,rec,mid")
    parser.add_argument("--python")
    parser.add_argument("--prototype")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", default="1")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--save", action="store_true", help="write benchmarks/tables/claim_stdp_peers.parquet")
    options = parser.parse_args()
    rows = []
    for name in options.cases.split(","):
        for row in with_rate(name, measure(name, options)):
            rows.append(row)
            if not options.json:
                print(line(row), flush=True)
    if options.json:
        print(json.dumps({"rows": rows}))
    if options.save:
        report("stdp_peers", compared(rows), save=True, repeat=options.repeat)


if __name__ == "__main__":
    main()
