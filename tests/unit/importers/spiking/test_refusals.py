"""What the import of modules refuses, by the example of snnTorch."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("snntorch", reason="snnTorch is not installed (make test-interop)")

import snntorch as snn
import torch
from torch import nn

from pysnn import DiscreteCubaLI, DiscreteLI
from pysnn.errors import DataError, NetworkError
from pysnn.importers.snntorch import from_module
from tests.unit.importers.spiking.nets import SPIKES, VALUES, on_grid
from tests.unit.importers.spiking.snntorch_nets import Loop, OneStep

HIDDEN: dict[str, Any] = {"init_hidden": True}


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        (lambda: snn.Leaky(beta=0.9, graded_spikes_factor=2.0, **HIDDEN), "graded_spikes_factor must be 1, got 2.0"),
        (lambda: snn.Leaky(beta=0.9, state_quant=lambda x: x, **HIDDEN), "Leaky: state_quant has no counterpart"),
        (lambda: snn.Alpha(alpha=0.9, beta=0.8, **HIDDEN), "snnTorch's Alpha has no counterpart"),
        (lambda: snn.LeakyParallel(input_size=16, hidden_size=6), "snnTorch's LeakyParallel has no counterpart"),
        (lambda: snn.Synaptic(alpha=1.5, beta=0.8, **HIDDEN).train(), "is in training mode"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_name(neuron: Any, message: str) -> None:
    net = nn.Sequential(nn.Linear(12, 16), neuron())
    if "training" not in message:
        net.eval()
    with pytest.raises(NetworkError, match=message):
        from_module(net, SPIKES, coding="spikes")


@pytest.mark.filterwarnings("ignore:Inhibition is an unstable feature")
def test_inhibition_is_refused() -> None:
    net = nn.Sequential(nn.Linear(12, 16), snn.Leaky(beta=0.9, inhibition=True, **HIDDEN)).eval()
    with pytest.raises(NetworkError, match="Leaky: inhibition has no counterpart"):
        from_module(net, SPIKES, coding="spikes")


def test_hooks_are_refused() -> None:
    net = on_grid(OneStep())
    net.fc1.register_forward_hook(lambda *_: None)
    with pytest.raises(NetworkError, match="Linear 'fc1' has hooks"):
        from_module(net, SPIKES, coding="spikes")


class Potential(Loop):
    """What is trained on is the potential."""

    def forward(self, x: Any) -> Any:
        mem1, mem2, potentials = self.lif1.init_leaky(), self.lif2.init_leaky(), []
        for _ in range(self.steps):
            spk1, mem1 = self.lif1(self.fc1(x), mem1)
            _, mem2 = self.lif2(self.fc2(spk1), mem2)
            potentials.append(mem2)
        return torch.stack(potentials)


class PotentialOfSynaptic(Potential):
    """The last of two states is the potential."""

    def forward(self, x: Any) -> Any:
        mem1, (syn2, mem2), potentials = self.lif1.init_leaky(), self.lif2.init_synaptic(), []
        for _ in range(self.steps):
            spk1, mem1 = self.lif1(self.fc1(x), mem1)
            _, syn2, mem2 = self.lif2(self.fc2(spk1), syn2, mem2)
            potentials.append(mem2)
        return torch.stack(potentials)


@pytest.mark.parametrize(
    ("kind", "last", "node"),
    [
        (Potential, lambda: snn.Leaky(beta=0.75, reset_mechanism="none"), DiscreteLI),
        (PotentialOfSynaptic, lambda: snn.Synaptic(alpha=0.5, beta=0.75, reset_mechanism="none"), DiscreteCubaLI),
    ],
)
def test_the_potential_of_a_neuron_without_reset_is_read(kind: type[Loop], last: Any, node: type[Any]) -> None:
    net = kind()
    net.lif2 = last()
    found = from_module(on_grid(net), VALUES, steps=12)
    assert sum(found.differences.values()) == 0
    assert isinstance(found.network.nodes["lif2"], node)
    with torch.no_grad():
        expected = net(torch.from_numpy(VALUES)).sum(0).numpy()
    assert np.allclose(found.golden.scores[0], expected, rtol=1e-5)


def test_the_potential_of_a_neuron_that_fires_is_refused() -> None:
    with pytest.raises(NetworkError, match="the output is a state of 'lif2', which fires"):
        from_module(on_grid(Potential()), VALUES, steps=3)


def test_steps_that_the_module_does_not_take() -> None:
    with pytest.raises(NetworkError, match="'lif1' ran 12 times, and the data have 5 steps: give steps=12"):
        from_module(on_grid(Loop()), VALUES, steps=5)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (VALUES, {}, "coding 'constant' needs steps"),
        (VALUES, {"coding": "rate", "steps": 3}, "coding must be one of constant, spikes, frames, got 'rate'"),
        (VALUES, {"coding": "spikes"}, r"data: expected \(steps, samples, ...\)"),
        (SPIKES, {"coding": "spikes", "steps": 3}, "expected a map for each of 3 steps, got 10"),
        (np.full((2, 12), np.nan), {"steps": 3}, "data: expected finite values"),
        (np.ones((2, 11)), {"steps": 12}, "cannot compute|cannot be multiplied"),
    ],
)
def test_bad_data(data: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises((DataError, NetworkError), match=message):
        from_module(on_grid(Loop()), data, **options)


def test_a_module_without_neurons() -> None:
    with pytest.raises(NetworkError, match="the module has no neurons that are known here"):
        from_module(nn.Sequential(nn.Linear(12, 3)).eval(), VALUES, steps=2)
