"""Functions that the tests sweep over; worker processes import them. ``python -m tests.unit.sweep.jobs OUT`` is a sweep."""

import os
import signal
import sys
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


if __name__ == "__main__":
    out = Path(sys.argv[2])
    if sys.argv[1] == "square":
        sweep(square, SPACE, out=out, workers=2)
    else:
        sweep(block, {"x": list(range(8)), "folder": str(out.parent)}, out=out, workers=2, in_flight=2)
