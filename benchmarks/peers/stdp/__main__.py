"""Synaptic updates a second beside Brian2 and NEST, each case in one go, best of some runs.

    python -m benchmarks.peers.stdp [--cases small,wide] [--python PATH] [--repeat 3] [--threads 1] [--json]

An update is one plastic synapse visited by an arrival or by a post spike. PATH is a Python with brian2 and nest-simulator (from the package
index); without it pysnn runs alone.
"""

import argparse
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.peers.stdp.cases import CASES
from benchmarks.peers.stdp.pysnn_run import run

ROOT = Path(__file__).parents[3]
PEERS = ("brian2_run", "nest_run")
SLOWEST = {"mid", "big"}


def peer(python: str, program: str, case: str) -> dict[str, Any]:
    """Run a case in another simulator; what goes wrong is said in its row."""
    command = [python, "-m", f"benchmarks.peers.stdp.{program}", case]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"simulator": program, "error": done.stderr.strip().splitlines()[-1:]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def best(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fastest of some runs."""
    return max(rows, key=lambda row: row.get("updates_per_s", 0.0))


def measure(name: str, python: str | None, repeat: int, threads: int) -> Iterator[dict[str, Any]]:
    """Measure a case in every simulator, a row each."""
    for store in ("eager", "lazy"):
        runs = [run(CASES[name], store=store, threads=threads) for _ in range(repeat)]
        yield {"case": name, "threads": threads, **best(runs)}
    if python and name not in SLOWEST:
        for program in PEERS:
            yield {"case": name, "threads": 1, **best([peer(python, program, name) for _ in range(repeat)])}


def line(row: dict[str, Any]) -> str:
    """Return a row as text."""
    head = f"{row['case']:8} {row['simulator']:36} {row['threads']}"
    if "updates_per_s" not in row:
        return f"{head} {row['error']}"
    return f"{head} {row['updates_per_s'] / 1e6:9.1f} M updates/s  in {row['rate_in']:6.2f} Hz  out {row['rate_out']:6.2f} Hz"


def main() -> None:
    """Measure, and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="small,small01,wide,rec")
    parser.add_argument("--python")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for name in options.cases.split(","):
        for row in measure(name, options.python, options.repeat, options.threads):
            rows.append(row)
            if not options.json:
                print(line(row), flush=True)
    if options.json:
        print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main()
