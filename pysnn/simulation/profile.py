"""Where the time of a run went, by layer and stage."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import Executable
from pysnn.errors import BackendError
from pysnn.network import Network
from pysnn.plan.ops import Plan
from pysnn.tables import make_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Profile", "check_profile"]


@dataclass(frozen=True, eq=False)
class Profile:
    """What an engine measured: ``nanoseconds`` float64 ``(operations + 1, parts)``, summed over threads, ``seconds`` of the whole call beside it."""

    parts: tuple[str, ...]
    nanoseconds: NDArray[np.float64]
    seconds: float

    def table(
        self, network: Network, plan: Plan, *, kernels: Iterable[str], samples: int, threads: int
    ) -> "pl.DataFrame":
        """Return one row for each layer and stage that took time, in the order of the plan.

        Edges of a sum count as the neurons' that they run as one with. Rows without a layer are the rest: the engine's own, and what happens outside it (data checked and encoded, results put together), which is known of one thread.
        """
        words = (*kernels, "")
        rows: list[dict[str, Any]] = []
        for op, row in enumerate(self.nanoseconds):
            node = plan.ops[op].node if op < len(plan.ops) else ""
            for stage, spent in zip(self.parts, row, strict=True):
                if spent > 0:
                    rows.append({"layer": node, "stage": stage, "kernel": words[op], "ns": float(spent)})
        outside = 1e9 * self.seconds - float(self.nanoseconds.sum())
        if threads == 1:
            rows.append({"layer": "", "stage": "outside the engine", "kernel": "", "ns": max(outside, 0.0)})
        whole = sum(row["ns"] for row in rows)
        return make_table(
            "profile",
            [
                {
                    "layer": row["layer"],
                    "type": network.nodes[row["layer"]].title if row["layer"] else "",
                    "stage": row["stage"],
                    "kernel": row["kernel"],
                    "samples": samples,
                    "us_per_sample": row["ns"] / samples / 1e3,
                    "share": row["ns"] / whole,
                }
                for row in rows
            ],
        )


def check_profile(executable: Executable, wanted: bool) -> None:
    """Refuse a profile of a backend that has none."""
    if wanted and not executable.parts:
        raise BackendError(
            f"profile: the compiled backend ('rust') measures where the time goes, '{executable.name}' does not"
        )
