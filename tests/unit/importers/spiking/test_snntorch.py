"""snnTorch's modules: every value of every neuron is the library's own, and what has no counterpart is refused by name."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("snntorch", reason="snnTorch is not installed (make test-interop)")

import snntorch as snn
import torch
from torch import nn

from pysnn import DiscreteLIF
from pysnn.errors import DataError, NetworkError
from pysnn.files.saved import SavedNetwork
from pysnn.importers.snntorch import from_module
from pysnn.nodes import MaxPool2d
from tests.unit.importers.spiking.nets import FRAMES, IMAGES, SPIKES, VALUES, on_grid


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


def chain(*neurons: Any) -> Any:
    """Return Linear layers with two neurons."""
    return on_grid(nn.Sequential(nn.Linear(12, 16), neurons[0], nn.Linear(16, 6), neurons[1]))


HIDDEN: dict[str, Any] = {"init_hidden": True}
LAST: dict[str, Any] = {"init_hidden": True, "output": True}


@pytest.mark.parametrize(
    "options",
    [
        {"reset_mechanism": reset, "reset_delay": delay}
        for reset in ("subtract", "zero", "none")
        for delay in (True, False)
    ],
    ids=str,
)
def test_a_loop_over_steps(options: dict[str, Any]) -> None:
    found = from_module(on_grid(Loop(**options)), VALUES, steps=12)
    assert sum(found.differences.values()) == 0
    assert found.values == 12 * 4 * 22
    SavedNetwork(found.network, found.settings, {}, found.golden).verify()


@pytest.mark.parametrize("kind", [OverData, OverSecondAxis, OneStep, Skip])
@pytest.mark.parametrize(("coding", "data"), [("spikes", SPIKES), ("frames", FRAMES)])
def test_forwards_over_data_and_of_one_step(kind: type[Loop], coding: str, data: Any) -> None:
    found = from_module(on_grid(kind()), data, coding=coding)
    assert sum(found.differences.values()) == 0
    assert found.golden.scores.any()


def test_a_forward_over_one_step_gets_constant_data() -> None:
    assert from_module(on_grid(OneStep()), VALUES, steps=5).sentence.startswith("all 440 values of 2 layers")


NEURONS = {
    "learned": lambda: snn.Leaky(
        beta=torch.linspace(0.5, 1.1, 16),
        threshold=torch.linspace(0.5, 1.5, 16),
        learn_beta=True,
        learn_threshold=True,
        **HIDDEN,
    ),
    "synaptic": lambda: snn.Synaptic(alpha=0.5, beta=0.875, **HIDDEN),
    "synaptic zero": lambda: snn.Synaptic(alpha=0.5, beta=0.875, reset_mechanism="zero", **HIDDEN),
    "rleaky": lambda: snn.RLeaky(beta=0.9, linear_features=16, **HIDDEN),
    "rleaky zero": lambda: snn.RLeaky(beta=0.9, linear_features=16, reset_mechanism="zero", **HIDDEN),
    "rleaky one to one": lambda: snn.RLeaky(beta=0.9, V=-0.5, all_to_all=False, **HIDDEN),
    "rsynaptic": lambda: snn.RSynaptic(alpha=0.5, beta=0.75, linear_features=16, **HIDDEN),
    "lapicque": lambda: snn.Lapicque(R=2.0, C=2.0, time_step=1.0, **HIDDEN),
    "lapicque zero": lambda: snn.Lapicque(R=2.0, C=2.0, time_step=1.0, reset_mechanism="zero", **HIDDEN),
}


@pytest.mark.parametrize("name", NEURONS)
def test_neurons(name: str) -> None:
    found = from_module(chain(NEURONS[name](), snn.Leaky(beta=0.8, **LAST)), SPIKES, coding="spikes")
    assert sum(found.differences.values()) == 0
    assert found.golden.spikes["1"].any()


def test_the_convolutional_tutorial_takes_maxima_of_currents() -> None:
    first, second, last = snn.Leaky(beta=0.5, **HIDDEN), snn.Leaky(beta=0.5, **HIDDEN), snn.Leaky(beta=0.5, **LAST)
    layers = [nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), first, nn.Conv2d(4, 6, 2), nn.MaxPool2d(2), second]
    net = on_grid(nn.Sequential(*layers, nn.Flatten(), nn.Linear(54, 10), last))
    found = from_module(net, IMAGES, steps=8)
    assert sum(found.differences.values()) == 0
    assert all(node.by_step for node in found.network.nodes.values() if isinstance(node, MaxPool2d))


def test_batch_normalisation_is_folded() -> None:
    norm = nn.BatchNorm1d(16, eps=0.0)
    norm.running_var[:] = 4.0
    net = on_grid(
        nn.Sequential(
            nn.Linear(12, 16), norm, snn.Leaky(beta=0.5, **HIDDEN), nn.Linear(16, 6), snn.Leaky(beta=0.5, **LAST)
        )
    )
    found = from_module(net, SPIKES, coding="spikes")
    assert sum(found.differences.values()) == 0
    assert [type(node).__name__ for node in found.network.nodes.values()].count("Affine") == 0


def test_read_outs() -> None:
    net = on_grid(Loop())
    for readout in ("first_spike", "population:3", "mean_current"):
        found = from_module(net, VALUES, steps=12, readout=readout)
        assert found.golden.scores.shape == (1, 4, 3 if "population" in readout else 6)
    counts = from_module(net, VALUES, steps=12).golden.scores
    groups = from_module(net, VALUES, steps=12, readout="population:3").golden.scores
    assert np.array_equal(groups, counts.reshape(1, 4, 3, 2).sum(-1))


def test_the_module_is_as_it_was() -> None:
    net = on_grid(OneStep())
    before = {name: value.clone() for name, value in net.state_dict().items()}
    from_module(net, SPIKES, coding="spikes")
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert not any(part._forward_hooks for part in net.modules())
    assert net.lif1.mem.numel() == 0


def test_nodes_have_the_names_of_modules() -> None:
    found = from_module(on_grid(Loop()), VALUES, steps=12).network
    assert list(found.nodes) == ["input", "fc1", "lif1", "fc2", "lif2", "output"]
    assert isinstance(found.nodes["lif1"], DiscreteLIF)


class Manual(Loop):
    """Recurrence that the forward itself makes, of which one step shows nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.back = nn.Linear(16, 16)

    def forward(self, x: Any) -> Any:
        mem1, mem2, spk1, spikes = self.lif1.init_leaky(), self.lif2.init_leaky(), torch.zeros(1, 16), []
        for _ in range(self.steps):
            spk1, mem1 = self.lif1(self.fc1(x) + self.back(spk1), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes)


def test_what_one_step_does_not_show_is_found_by_the_spikes() -> None:
    net = on_grid(Manual())
    with pytest.raises(NetworkError, match=r"values differ from the library's, \d+ of them in 'lif1', the first layer"):
        from_module(net, VALUES, steps=12)
    found = from_module(net, VALUES, steps=12, allow_differences=True)
    assert found.differences["lif1"] > 0


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        (lambda: snn.Leaky(beta=0.9, graded_spikes_factor=2.0, **HIDDEN), "graded_spikes_factor must be 1, got 2.0"),
        (lambda: snn.Leaky(beta=0.9, state_quant=lambda x: x, **HIDDEN), "Leaky: state_quant has no counterpart"),
        (lambda: snn.Alpha(alpha=0.9, beta=0.8, **HIDDEN), "snnTorch's Alpha has no counterpart"),
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


def test_an_output_that_is_a_state_is_refused() -> None:
    class Potential(OneStep):
        def forward(self, x: Any, mem1: Any = None, mem2: Any = None) -> Any:
            return super().forward(x, mem1, mem2)[2]

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
