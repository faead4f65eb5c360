"""The ANN that a spiking one was made of, in PyTorch: float32 and bfloat16."""

from typing import Any

import torch

from benchmarks.peers.engine import Cell
from benchmarks.peers.graph import load_graph
from benchmarks.peers.torch_engine import TorchEngine, Way
from benchmarks.peers.torch_graph import TorchGraph

__all__ = ["bfloat16", "float32"]


def float32() -> Any:
    """Return the program in float32."""
    return TorchEngine(lambda cell: _ways(cell, torch.float32))


def bfloat16() -> Any:
    """Return the program in bfloat16."""
    return TorchEngine(lambda cell: _ways(cell, torch.bfloat16))


def _ways(cell: Cell, dtype: Any) -> list[Way]:
    ops = load_graph(cell.folder / f"{cell.network}-ann.npz")
    return [
        Way(name, TorchGraph(ops, channels_last=channels_last, dtype=dtype).ann)
        for name, channels_last in (("contiguous", False), ("channels-last", True))
    ]
