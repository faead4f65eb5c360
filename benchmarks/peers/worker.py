"""One program in a process of its own: requests on stdin, answers on stdout, a JSON object a line.

Started by :mod:`benchmarks.peers.processes` in the environment that the program needs. Only NumPy is imported before the
process is bound to its processors.
"""

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.engine import Cell, Engine

# A short run is repeated so long, behind one that does not count: other programs have used the caches in between.
_ENOUGH_S = 0.05


def main() -> None:
    """Serve until stdin ends."""
    module, maker, threads = sys.argv[1:]
    # What libraries print goes to stderr.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(threads)])
    engine = getattr(import_module(f"benchmarks.peers.{module}"), maker)()
    for line in sys.stdin:
        request = json.loads(line)
        answers.write(json.dumps(_answer(engine, request, int(threads))) + "\n")
        answers.flush()


def _answer(engine: Engine, request: dict[str, Any], threads: int) -> dict[str, Any]:
    if request["do"] == "versions":
        return {"versions": engine.versions()}
    if request["do"] == "prepare":
        return _prepared(engine, request, threads)
    return {"runs": _runs(engine, short=request["short"])}


def _prepared(engine: Engine, request: dict[str, Any], threads: int) -> dict[str, Any]:
    folder = Path(request["folder"])
    with np.load(folder / f"{request['network']}-images.npz") as loaded:
        images = loaded["x"][: request["batch"]]
    setup = engine.prepare(Cell(folder, request["network"], request["steps"], images, threads))
    start = time.perf_counter()
    result = engine.run()
    return {"setup": setup, "first_s": time.perf_counter() - start, "result": np.asarray(result).tolist()}


def _runs(engine: Engine, *, short: bool) -> list[tuple[float, float]]:
    """Return wall and processor seconds of each run; where they differ with one thread, the machine was busy."""
    if short:
        engine.run()
    found: list[tuple[float, float]] = []
    while sum(wall for wall, _ in found) < _ENOUGH_S:
        start, used = time.perf_counter(), time.process_time()
        engine.run()
        found.append((time.perf_counter() - start, time.process_time() - used))
    return found


if __name__ == "__main__":
    main()
