"""Claim: memory does not grow with the number of steps. Peak memory of a run at T = 32 and at T = 1024."""

import json
import subprocess
import sys

from benchmarks.common import report, results_option

_CHILD = """
import json, resource, sys
import numpy as np
from pysnn import IF, Conv2d, Input, Network, Output, run

rng = np.random.default_rng(0)
net = Network.chain({
    "in": Input((3, 32, 32)),
    "conv1": Conv2d(rng.normal(0, 0.2, (64, 3, 3, 3)), padding=1), "if1": IF(),
    "conv2": Conv2d(rng.normal(0, 0.05, (64, 64, 3, 3)), padding=1), "if2": IF(),
    "out": Output("count"),
})
x = rng.random((2, 3, 32, 32), dtype=np.float32)
steps, precision = int(sys.argv[1]), sys.argv[2]
run(net, x, steps=steps, precision=precision, backend="rust", threads=1)
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
"""


def peak_mib(steps: int, precision: str) -> float:
    """Return the peak memory of a process that runs a small convolutional network, in MiB."""
    command = [sys.executable, "-c", _CHILD, str(steps), precision]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)) / 1024


def main() -> None:
    """Measure both, three times each, and keep the smallest."""
    save = results_option(__doc__ or "")
    rows = []
    for precision in ("float32", "int8"):
        short, long = (min(peak_mib(steps, precision) for _ in range(3)) for steps in (32, 1024))
        row = {"T=32 MiB": round(short, 1), "T=1024 MiB": round(long, 1), "ratio": round(long / short, 3)}
        rows.append({"precision": precision, **row})
    report("memory", rows, save=save, backend="rust", threads=1)


if __name__ == "__main__":
    main()
