"""A network as plain arrays, for programs that do not know pysnn: one ``.npz`` of operations in order.

Only NumPy is imported here, so that every peer reads a network in its own environment.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Op", "load_graph", "save_graph"]

_HEADER = "graph"


@dataclass(frozen=True, eq=False)
class Op:
    """One operation on maps ``(batch, channels, height, width)`` or vectors ``(batch, n)``.

    Attributes
    ----------
    name, sources
        Its name, and the names of what it reads; several sources are added up.
    kind
        "input" (``mean``, ``std``), "conv" (``weight``, ``bias``, ``stride``, ``padding``), "linear" (``weight``, ``bias``),
        "avgpool" (``kernel``), "globalpool", "flatten", "subsample" (``stride``), "pad" (``before``, ``after``: channels of
        zeros), "sum", "scale" (``factor``), "neuron" (integrate-and-fire, reset by subtraction; ``threshold``, and ``v_init``, one a
        channel), "relu" (``most``, where it has one), "output" (the mean over time).
    numbers
        Integers and floats by name.
    arrays
        float32 arrays by name.
    """

    name: str
    kind: str
    sources: tuple[str, ...]
    numbers: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[np.float32]] = field(default_factory=dict)


def save_graph(path: Path, ops: list[Op]) -> None:
    """Write the operations."""
    header = [{"name": op.name, "kind": op.kind, "sources": op.sources, "numbers": op.numbers} for op in ops]
    arrays: dict[str, Any] = {f"{op.name}/{key}": value for op in ops for key, value in op.arrays.items()}
    arrays[_HEADER] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    with path.open("wb") as stream:
        np.savez(stream, **arrays)


def load_graph(path: Path) -> list[Op]:
    """Read the operations, each after its sources."""
    with np.load(path, allow_pickle=False) as loaded:
        header = json.loads(loaded[_HEADER].tobytes())
        arrays = {name: loaded[name] for name in loaded.files if name != _HEADER}
    ops = []
    for entry in header:
        start = f"{entry['name']}/"
        own = {name.removeprefix(start): value for name, value in arrays.items() if name.startswith(start)}
        ops.append(Op(entry["name"], entry["kind"], tuple(entry["sources"]), entry["numbers"], own))
    return ops
