"""pysnn itself, as a program like the others. ``PYSNN_SIMD`` in the environment narrows the instructions that it uses."""

import os
from typing import Any, Literal

from benchmarks.peers.engine import Cell, Scores, versions
from pysnn import Simulator
from pysnn.files.psnn import load

__all__ = ["float32", "int8"]


class PysnnEngine:
    """The Rust backend; operations are not counted, since no peer counts them."""

    def __init__(self, precision: Literal["float32", "int8"]) -> None:
        self.precision = precision

    def versions(self) -> dict[str, str]:
        """Return the versions of pysnn and NumPy."""
        return versions("pysnn", "numpy")

    def prepare(self, cell: Cell) -> str:
        """Load the network, and say which instructions it runs with."""
        network = load(cell.folder / f"{cell.network}.psnn").network
        self.simulator = Simulator(
            network, precision=self.precision, backend="rust", threads=cell.threads, count=False, keep_state=False
        )
        self.images, self.steps = cell.images, cell.steps
        found = self.simulator.run(cell.images[:1], steps=1)
        return f"{self.precision}, {found.backend}, PYSNN_SIMD={os.environ.get('PYSNN_SIMD', '')}"

    def run(self) -> Scores:
        """Run the images once."""
        scores: Scores = self.simulator.run(self.images, steps=self.steps).scores[0]
        return scores


def float32() -> Any:
    """Return pysnn in float32."""
    return PysnnEngine("float32")


def int8() -> Any:
    """Return pysnn in int8."""
    return PysnnEngine("int8")
