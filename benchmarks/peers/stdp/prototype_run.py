"""A case in the program that the engine was developed from (``stdp-proto CASE LAYOUT SECONDS``), by what it prints."""

import re
import subprocess
from typing import Any

from benchmarks.peers.stdp.cases import Case

__all__ = ["run"]

LAYOUTS = ("a", "e65536", "d2")
"""Eager by source, eager in tiles, lazy."""
_PRINTED = re.compile(
    r"in (?P<into>[\d.]+) Hz out (?P<out>[\d.]+) Hz updates (?P<updates>[\d.]+) M/s bio .* \| (?P<speed>[\d.]+) G updates/s"
)


def run(program: str, name: str, case: Case, layout: str) -> dict[str, Any]:
    """Return seconds, updates and rates of one run.

    Raises
    ------
    ValueError
        The program prints something else.
    """
    done = subprocess.run([program, name, layout, str(case.seconds)], capture_output=True, text=True, check=True)
    found = _PRINTED.search(done.stdout)
    if found is None:
        raise ValueError(f"{program}: expected a line with rates and updates a second, got {done.stdout[:200]!r}")
    updates, speed = float(found["updates"]) * 1e6, float(found["speed"]) * 1e9
    return {
        "simulator": f"prototype, {layout}",
        "wall_s_per_s": updates / speed,
        "updates": round(updates * case.seconds),
        "updates_per_s": speed,
        "rate_in": float(found["into"]),
        "rate_out": float(found["out"]),
    }
