"""How long `import pysnn` takes: the median of fresh interpreters, less the start of the interpreter itself.

The claim: below 0.35 s. Run with ``make bench BENCH=import_time``; the exit code is 1 where the claim does not hold.
"""

import statistics
import subprocess
import sys
import time

RUNS = 15
LIMIT_S = 0.35


def start_time_s(code: str) -> float:
    """Wall time of a fresh interpreter that runs some code."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def main() -> int:
    """Print the medians; 0 if the claim holds."""
    start_time_s("import pysnn")
    pairs = [(start_time_s("import pysnn"), start_time_s("import numpy"), start_time_s("")) for _ in range(RUNS)]
    package, numpy, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"import pysnn: {package - bare:.3f} s (of which numpy {numpy - bare:.3f} s), limit {LIMIT_S} s")
    print(f"interpreter:  {bare:.3f} s; medians of {RUNS} fresh processes each")
    return 0 if package - bare < LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
