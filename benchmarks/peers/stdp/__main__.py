"""Synaptic updates a second beside Brian2 and NEST, each case in one go, best of some runs.

    python -m benchmarks.peers.stdp [--cases small,wide] [--python PATH] [--repeat 3] [--threads 1] [--json]

An update is one plastic synapse visited by an arrival or by a post spike. PATH is a Python with brian2 and nest-simulator (from the package
index); without it pysnn runs alone.
"""

import argparse
import json
import subprocess
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
        for store in ("eager", "lazy"):
            runs = [run(CASES[name], store=store, threads=options.threads) for _ in range(options.repeat)]
            rows.append({"case": name, "threads": options.threads, **best(runs)})
        if options.python and name not in SLOWEST:
            rows += [
                {
                    "case": name,
                    "threads": 1,
                    **best([peer(options.python, program, name) for _ in range(options.repeat)]),
                }
                for program in PEERS
            ]
    if options.json:
        print(json.dumps({"rows": rows}))
        return
    for row in rows:
        speed = (
            f"{row['updates_per_s'] / 1e6:9.1f} M updates/s  in {row['rate_in']:6.2f} Hz  out {row['rate_out']:6.2f} Hz"
            if "updates_per_s" in row
            else row["error"]
        )
        print(f"{row['case']:8} {row['simulator']:36} {row['threads']} {speed}")


if __name__ == "__main__":
    main()
