"""Functions that the tests sweep over; worker processes import them. ``python -m tests.unit.sweep.jobs OUT`` is a sweep."""

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pysnn.sweep import sweep

SPACE = {"x": list(range(240)), "seconds_each": 0.01}


def square(params: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
    """Two rows; slow enough to be killed in the middle."""
    time.sleep(params.get("seconds_each", 0))
    if params["x"] % 50 == 7:
        raise ValueError(f"no {params['x']} today")
    return [{"y": params["x"] ** 2, "chance": seed % 1000, "half": params["x"] / 2}, {"y": -1}]


def die(params: Mapping[str, Any], _seed: int) -> dict[str, Any]:
    """End the worker at some points; at x = 8 only the first time."""
    folder = Path(params["folder"])
    if params["x"] == 3:
        os._exit(7)
    if params["x"] == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    if params["x"] == 8 and not (folder / "died").exists():
        (folder / "died").touch()
        os._exit(1)
    return {"y": params["x"]}


def block(params: Mapping[str, Any], _seed: int) -> dict[str, Any]:
    """Return most points at once, and two of them never; say which process is at work."""
    (Path(params["folder"]) / f"pid-{os.getpid()}").touch()
    if params["x"] >= 6:
        time.sleep(600)
    return {"y": params["x"]}


def leave(_params: Mapping[str, Any], _seed: int) -> dict[str, Any]:
    """Call sys.exit, as no run should."""
    sys.exit("gone")


def whatever(params: Mapping[str, Any], _seed: int) -> Any:
    """Return what the point says."""
    return {"list": [], "text": {"y": "abc"}, "own": {"point": 1}, "object": {"y": [1]}, "none": None}[params["what"]]


def attempt(params: Mapping[str, Any], _seed: int) -> dict[str, Any]:
    """Leave a file each time; x = 3 kills its worker, whichever it is."""
    folder = Path(params["folder"])
    (folder / f"{params['x']}-{time.time_ns()}").touch()
    if params["x"] == 3:
        os._exit(7)
    return {"y": params["x"]}


def leave_late(params: Mapping[str, Any], _seed: int) -> dict[str, Any]:
    """Return, and end the worker a moment later, when the result may still lie with it."""
    if params["x"] % 3 == 1:
        threading.Timer(params["delay"], os._exit, [1]).start()
    return {"y": params["x"]}


def where(params: Mapping[str, Any], _seed: int) -> dict[str, Any]:
    """Say which process is at work."""
    time.sleep(0.02)
    return {"x": params["x"], "process": os.getpid()}


def own_files() -> dict[str, str]:
    """Return a digest that every process has for itself."""
    return {"data 'x.npz'": f"{os.getpid():064d}"}


def deadly_files() -> dict[str, str]:
    """Kill every process but the one that has started the sweep, which says so by its environment."""
    if os.environ.get("PYSNN_TEST_COORDINATOR") != str(os.getpid()):
        os._exit(1)
    return {"data 'x.npz'": "0" * 64}


def files_of_the_environment() -> dict[str, str]:
    """Return a digest that the environment says."""
    return {"data 'x.npz'": os.environ.get("PYSNN_TEST_DIGEST", "same" * 16)}


if __name__ == "__main__":
    out = Path(sys.argv[2])
    where_to = sys.argv[3] if len(sys.argv) > 3 else "processes"
    if sys.argv[1] == "square":
        sweep(square, SPACE, where_to, out=out, workers=2)
    else:
        sweep(block, {"x": list(range(8)), "folder": str(out.parent)}, where_to, out=out, workers=2, in_flight=2)
