"""Write docs/hardware_validation.md: ``python -m benchmarks.claims.hardware_validation``."""

from pathlib import Path

from benchmarks.claims.hardware_cases import CASES, knn
from benchmarks.claims.hardware_cores import core_tables

__all__ = ["PAGE", "page"]

PAGE = Path(__file__).parents[2] / "docs" / "hardware_validation.md"

_HEAD = """# Estimates against published figures

Made by `python -m benchmarks.claims.hardware_validation`; the same cases are tests (`tests/unit/hardware/test_validation.py`). Each case builds a
network and an activity and calls `pysnn.hardware.estimate` or `map_network`.

Kinds: **fitted**: the constants were fitted to this very figure, so the row guards against changes and proves nothing; **form**: constants of the
same paper, checks that they are put together as the paper does; **held out**: not used for any constant; **rule**: a mapping rule that must hold exactly.

| case | published | ours | error | tolerance | kind | note |
| --- | ---: | ---: | ---: | ---: | --- | --- |
"""

_TABLES = """
## Core tables, line by line

| network | layer | published: neurons a core, cores | ours |
| --- | ---: | ---: | ---: |
"""

_TAIL = """
## Scopes

The same run has one energy for each scope, and every row of a table says which. Nearest neighbours with 667 input spikes, prices of `loihi1`:

| scope | low (mJ) | value (mJ) | high (mJ) | what it holds |
| --- | ---: | ---: | ---: | --- |
"""


def page() -> str:
    """Return the page."""
    rows = []
    for case in CASES:
        ours, tolerance = case.ours(), f"{100 * case.tolerance:.0f} %" if case.tolerance else "exact"
        error = f"{100 * (ours / case.published - 1):+.1f} %"
        rows.append(
            f"| {case.name} | {case.published:,g} {case.unit} | {ours:,.4g} {case.unit} | {error} | {tolerance} | {case.kind} | {case.note} |"
        )
    lines = []
    for name, (per_core, cores, our_per_core, our_cores) in core_tables().items():
        for k, (n, c, m, d) in enumerate(zip(per_core, cores, our_per_core, our_cores, strict=True), start=1):
            lines.append(f"| {name} | {k} | {n}, {c} | {m}, {d} |")
    scopes = []
    for scope, held in (
        ("core dynamic", "switching of the cores"),
        ("chip", "that, leakage of all chips, and the management cores"),
    ):
        found = knn(667).total("loihi1", scope=scope)
        assert found is not None
        scopes.append(
            f"| {scope} | {found.low / 1e9:.3g} | {found.value / 1e9:.3g} | {found.high / 1e9:.3g} | {held} |"
        )
    return _HEAD + "\n".join(rows) + "\n" + _TABLES + "\n".join(lines) + "\n" + _TAIL + "\n".join(scopes) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
