"""Recurrence that a forward makes by hand: a delay on a cycle, and every value is the library's own."""

from typing import Any

import pytest

pytest.importorskip("snntorch", reason="snnTorch is not installed (make test-interop)")

import snntorch as snn
import torch
from torch import nn

from pysnn import Delay, Network
from pysnn.errors import NetworkError
from pysnn.importers.snntorch import from_module
from tests.unit.importers.spiking.nets import FRAMES, IMAGES, SPIKES, VALUES, on_grid
from tests.unit.importers.spiking.snntorch_nets import Loop


class Manual(Loop):
    """Spikes of the step before, zeros at first, and a bias that acts from the first step on."""

    def __init__(self) -> None:
        super().__init__()
        self.back = nn.Linear(16, 16)

    def forward(self, x: Any) -> Any:
        mem1, mem2, spk1, spikes = self.lif1.init_leaky(), self.lif2.init_leaky(), torch.zeros(x.size(0), 16), []
        for _ in range(self.steps):
            spk1, mem1 = self.lif1(self.fc1(x) + self.back(spk1), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes)


class FromSecondStep(Manual):
    """Nothing comes back in the first step, not even the bias."""

    def forward(self, x: Any) -> Any:
        mem1, mem2, spk1, spikes = self.lif1.init_leaky(), self.lif2.init_leaky(), None, []
        for _ in range(self.steps):
            current = self.fc1(x) if spk1 is None else self.fc1(x) + self.back(spk1)
            spk1, mem1 = self.lif1(current, mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes)


class AtTheEnd(Manual):
    """What comes back is computed at the end of a step."""

    def forward(self, x: Any) -> Any:
        mem1, mem2, back, spikes = self.lif1.init_leaky(), self.lif2.init_leaky(), torch.zeros(1, 16), []
        for _ in range(self.steps):
            spk1, mem1 = self.lif1(self.fc1(x) + back, mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            back = self.back(spk1)
            spikes.append(spk2)
        return torch.stack(spikes)


class OneToOne(Manual):
    """A number for each neuron, and a running sum."""

    def __init__(self) -> None:
        super().__init__()
        self.back = nn.Parameter(torch.arange(16) / 16 - 0.75)

    def forward(self, x: Any) -> Any:
        mem1, mem2, spk1, total = self.lif1.init_leaky(), self.lif2.init_leaky(), torch.zeros(1, 16), 0.0
        for _ in range(self.steps):
            spk1, mem1 = self.lif1(self.fc1(x) + spk1 * self.back, mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            total = total + spk2
        return total / self.steps


class FromAbove(Manual):
    """The second layer's spikes come back to the first."""

    def __init__(self) -> None:
        super().__init__()
        self.back = nn.Linear(6, 16, bias=False)

    def forward(self, x: Any) -> Any:
        mem1, mem2, spk2, spikes = self.lif1.init_leaky(), self.lif2.init_leaky(), torch.zeros(x.shape[0], 6), []
        for _ in range(self.steps):
            spk1, mem1 = self.lif1(self.fc1(x) + self.back(spk2), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes)


class Later(Manual):
    """The second layer reads the first one's spikes a step later."""

    def forward(self, x: Any) -> Any:
        mem1, mem2, spk1, spikes = self.lif1.init_leaky(), self.lif2.init_leaky(), torch.zeros(x.size(0), 16), []
        for _ in range(self.steps):
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spk1, mem1 = self.lif1(self.fc1(x), mem1)
            spikes.append(spk2)
        return torch.stack(spikes)


def delays(network: Network) -> list[str]:
    return [name for name, node in network.nodes.items() if isinstance(node, Delay)]


@pytest.mark.parametrize("kind", [Manual, FromSecondStep, AtTheEnd, OneToOne, FromAbove, Later])
def test_what_comes_back_of_the_step_before_is_a_delay(kind: type[Loop]) -> None:
    found = from_module(on_grid(kind()), VALUES, steps=12)
    assert sum(found.differences.values()) == 0
    assert found.golden.scores.any()
    assert len(delays(found.network)) == 1


class OverData(Manual):
    """A loop over (time, batch, ...), zeros by the size of a frame."""

    def forward(self, data: Any) -> Any:
        mem1, mem2, spikes = self.lif1.reset_mem(), self.lif2.reset_mem(), []
        spk1 = torch.zeros(data[0].size(0), 16)
        for step in range(data.size(0)):
            spk1, mem1 = self.lif1(self.fc1(data[step]) + self.back(spk1), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes)


class OverSecondAxis(Manual):
    """A loop over (batch, time, ...)."""

    def forward(self, data: Any) -> Any:
        mem1, mem2, spikes, spk1 = self.lif1.reset_mem(), self.lif2.reset_mem(), [], torch.zeros(data.shape[0], 16)
        for step in range(data.shape[1]):
            spk1, mem1 = self.lif1(self.fc1(data[:, step]) + self.back(spk1), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes, dim=1)


class OneStep(Manual):
    """One step, spikes and states in and out."""

    def forward(self, x: Any, spk1: Any = None, mem1: Any = None, mem2: Any = None) -> Any:
        spk1 = torch.zeros(len(x), 16) if spk1 is None else spk1
        spk1, mem1 = self.lif1(self.fc1(x) + self.back(spk1), mem1)
        spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
        return spk2, spk1, mem1, mem2


class GivenStates(OneStep):
    """States have no default."""

    def forward(self, x: Any, spk1: Any, mem1: Any, mem2: Any) -> Any:  # type: ignore[override]
        return super().forward(x, spk1, mem1, mem2)


class Kept(Manual):
    """One step, with spikes that the module itself keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.lif1, self.lif2 = (snn.Leaky(beta=0.9, init_hidden=True) for _ in range(2))
        self.spk1: Any = None

    def forward(self, x: Any) -> Any:
        back = torch.zeros(len(x), 16) if self.spk1 is None else self.spk1
        self.spk1 = self.lif1(self.fc1(x) + self.back(back))
        return self.lif2(self.fc2(self.spk1))


def test_a_module_that_keeps_spikes_is_as_it_was() -> None:
    net = on_grid(Kept())
    assert sum(from_module(net, SPIKES, coding="spikes").differences.values()) == 0
    assert net.spk1 is None


@pytest.mark.parametrize("kind", [OverData, OverSecondAxis, OneStep, GivenStates])
@pytest.mark.parametrize(("coding", "data"), [("spikes", SPIKES), ("frames", FRAMES)])
def test_over_data_and_in_steps(kind: type[Loop], coding: str, data: Any) -> None:
    found = from_module(on_grid(kind()), data, coding=coding)
    assert sum(found.differences.values()) == 0
    assert delays(found.network) == ["lif1.delay"]


class Convolution(nn.Module):  # type: ignore[misc]
    """Maps come back by a convolution, and leave by a pool."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.back = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3, padding=1)
        self.lif1, self.lif2 = snn.Leaky(beta=0.5), snn.Leaky(beta=0.75)
        self.pool, self.fc = nn.AvgPool2d(2), nn.Linear(196, 5)

    def forward(self, x: Any) -> Any:
        mem1, mem2, spikes = self.lif1.init_leaky(), self.lif2.init_leaky(), []
        current = self.conv(x)
        spk1 = torch.zeros_like(current)
        for _ in range(6):
            spk1, mem1 = self.lif1(current + self.back(spk1), mem1)
            spk2, mem2 = self.lif2(self.fc(self.pool(spk1).flatten(1)), mem2)
            spikes.append(spk2)
        return torch.stack(spikes)


def test_maps() -> None:
    found = from_module(on_grid(Convolution()), IMAGES, steps=6)
    assert sum(found.differences.values()) == 0
    assert found.golden.scores.any()


class Potential(Manual):
    """The potential comes back."""

    def forward(self, x: Any) -> Any:
        mem1, mem2, spikes = torch.zeros(1, 16), self.lif2.init_leaky(), []
        for _ in range(self.steps):
            spk1, mem1 = self.lif1(self.fc1(x) + self.back(mem1), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes)


class SameStep(Manual):
    """A potential is computed with in its own step."""

    def forward(self, x: Any) -> Any:
        mem1, mem2, spikes = self.lif1.init_leaky(), self.lif2.init_leaky(), []
        for _ in range(self.steps):
            _, mem1 = self.lif1(self.fc1(x), mem1)
            spk2, mem2 = self.lif2(self.fc2(mem1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes)


class LastStep(Manual):
    """Only the last step's spikes are returned."""

    def forward(self, x: Any) -> Any:
        mem1, mem2 = self.lif1.init_leaky(), self.lif2.init_leaky()
        for _ in range(self.steps):
            spk1, mem1 = self.lif1(self.fc1(x), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
        return spk2


class TwoStepsBack(Manual):
    """What comes back is two steps old, of which two rounds show nothing."""

    def forward(self, x: Any) -> Any:
        mem1, mem2, spikes = self.lif1.init_leaky(), self.lif2.init_leaky(), []
        before, spk1 = torch.zeros(1, 16), torch.zeros(1, 16)
        for _ in range(self.steps):
            old, before = before, spk1
            spk1, mem1 = self.lif1(self.fc1(x) + self.back(old), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes)


class OtherStart(Manual):
    """Spikes of the step before the first are ones."""

    def forward(self, x: Any) -> Any:
        mem1, mem2, spk1, spikes = self.lif1.init_leaky(), self.lif2.init_leaky(), torch.ones(1, 16), []
        for _ in range(self.steps):
            spk1, mem1 = self.lif1(self.fc1(x) + self.back(spk1), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Potential, "'back' reads a state of 'lif1' of the step before: only spikes can come back to a later step"),
        (SameStep, "'fc2' reads a state of 'lif1': only what a neuron gives can be read"),
        (LastStep, "the output is what the last step gives alone"),
        (TwoStepsBack, r"values differ from the library's, \d+ of them in 'lif1', the first layer"),
        (OtherStart, r"values differ from the library's, \d+ of them in 'lif1', the first layer"),
    ],
)
def test_what_cannot_be_folded_is_refused(kind: type[Loop], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        from_module(on_grid(kind()), VALUES, steps=12)


def test_what_differs_is_imported_on_request() -> None:
    found = from_module(on_grid(TwoStepsBack()), VALUES, steps=12, allow_differences=True)
    assert found.differences["lif1"] > 0
