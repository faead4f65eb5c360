"""NIR graphs for tests: the kept ones of four libraries, and small ones by hand."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np

from pysnn.importers.nir.graph import NirGraph, NirNode

KEPT = Path(__file__).parents[3] / "data" / "nir" / "graphs.zip"
"""Graphs as snnTorch 1.0.0, SpikingJelly 2.0.0, sinabs 3.1.3 and Norse 1.1.0 wrote them, each with a run of the library that wrote it."""

NAMES = sorted(name.removesuffix(".nir") for name in ZipFile(KEPT).namelist() if name.endswith(".nir"))


def unpacked(name: str, folder: Path) -> Path:
    """Write a kept graph and its run to a folder and return the graph's file."""
    with ZipFile(KEPT) as kept:
        kept.extract(f"{name}_nir.npz", folder)
        return Path(kept.extract(f"{name}.nir", folder))


def said(name: str) -> dict[str, Any]:
    """Return what the file of a kept graph does not say and has no default for."""
    if not name.startswith("snntorch"):
        return {}
    return {"reset": "subtract" if "subtract" in name else "value"}


def node(kind: str, **fields: Any) -> NirNode:
    """Return a node."""
    return NirNode(kind, {key: value if isinstance(value, str) else np.asarray(value) for key, value in fields.items()})


def lif(size: int | tuple[int, ...] = 2, **changed: Any) -> NirNode:
    """Return a LIF neuron with tau = 4 and r = 2."""
    fields = {"tau": 4.0, "r": 2.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0, **changed}
    return node(
        "LIF", **{key: np.broadcast_to(value, size) if np.ndim(value) == 0 else value for key, value in fields.items()}
    )


def chain(*nodes: NirNode, shape: Iterable[int] = (2,)) -> NirGraph:
    """Return Input, the nodes called a, b, c ..., and Output, one behind the other."""
    names = ["in", *(chr(ord("a") + at) for at in range(len(nodes))), "out"]
    parts = [node("Input", shape=list(shape)), *nodes, node("Output", shape=[1])]
    return NirGraph(dict(zip(names, parts, strict=True)), tuple(pairwise(names)))
