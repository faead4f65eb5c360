"""Forwards as snnTorch's users write them."""

from typing import Any

import pytest

pytest.importorskip("snntorch", reason="snnTorch is not installed (make test-interop)")

import snntorch as snn
import torch
from torch import nn


class Loop(nn.Module):  # type: ignore[misc]
    """The forward of tutorials 3 and 5: one input, a loop over the steps, lists."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.steps = 12
        self.fc1, self.fc2 = nn.Linear(12, 16), nn.Linear(16, 6)
        self.lif1, self.lif2 = (snn.Leaky(beta=0.9, **options) for _ in range(2))

    def forward(self, x: Any) -> Any:
        mem1, mem2 = self.lif1.init_leaky(), self.lif2.init_leaky()
        spikes, potentials = [], []
        for _ in range(self.steps):
            spk1, mem1 = self.lif1(self.fc1(x), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
            potentials.append(mem2)
        return torch.stack(spikes, dim=0), torch.stack(potentials, dim=0)


class OverData(Loop):
    """A loop over the first axis of the data."""

    def forward(self, data: Any) -> Any:
        mem1, mem2, spikes = self.lif1.reset_mem(), self.lif2.reset_mem(), []
        for step in range(data.size(0)):
            spk1, mem1 = self.lif1(self.fc1(data[step].flatten(1)), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes).sum(0)


class OverSecondAxis(Loop):
    """A loop over the second axis of (batch, time, ...)."""

    def forward(self, data: Any) -> Any:
        mem1, mem2, spikes = self.lif1.reset_mem(), self.lif2.reset_mem(), []
        for step in range(data.shape[1]):
            spk1, mem1 = self.lif1(self.fc1(data[:, step]), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes, dim=1)


class OneStep(Loop):
    """One step, states in and out."""

    def forward(self, x: Any, mem1: Any = None, mem2: Any = None) -> Any:
        spk1, mem1 = self.lif1(self.fc1(x), mem1)
        spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
        return spk2, mem1, mem2


class Skip(Loop):
    """A shortcut around a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.fc2 = nn.Linear(16, 16)
        self.lif1, self.lif2 = (snn.Leaky(beta=0.5, init_hidden=True) for _ in range(2))

    def forward(self, x: Any) -> Any:
        first = self.lif1(self.fc1(x))
        return self.lif2(self.fc2(first) + first)
