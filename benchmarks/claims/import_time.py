"""How long `import pysnn` takes: the median of fresh interpreters, less the start of the interpreter itself.

The claim: below 0.35 s. Run with ``make bench BENCH=import_time``; the exit code is 1 where the claim does not hold.
"""

import statistics
import subprocess
import sys
import time

from benchmarks.common import report, results_option

RUNS = 15
LIMIT_S = 0.35


def start_time_s(code: str) -> float:
    """Wall time of a fresh interpreter that runs some code."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def main() -> int:
    """Report the medians; return 0 if the claim holds."""
    save = results_option(__doc__ or "")
    start_time_s("import pysnn")
    pairs = [(start_time_s("import pysnn"), start_time_s("import numpy"), start_time_s("")) for _ in range(RUNS)]
    package, numpy, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    row = {"import pysnn, s": package - bare, "of which NumPy, s": numpy - bare, "interpreter, s": bare}
    report("import_time", [{name: round(value, 3) for name, value in row.items()}], save=save, processes=RUNS)
    return 0 if package - bare < LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
