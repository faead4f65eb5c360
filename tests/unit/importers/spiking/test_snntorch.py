"""snnTorch's modules: every value of every neuron is the library's own, and what has no counterpart is refused by name."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("snntorch", reason="snnTorch is not installed (make test-interop)")

import snntorch as snn
import torch
from torch import nn

from pysnn import DiscreteLIF
from pysnn.files.saved import SavedNetwork
from pysnn.importers.snntorch import from_module
from pysnn.nodes import MaxPool2d
from tests.unit.importers.spiking.nets import FRAMES, IMAGES, SPIKES, VALUES, on_grid
from tests.unit.importers.spiking.snntorch_nets import Loop, OneStep, OverData, OverSecondAxis, Skip


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


@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
@pytest.mark.parametrize("delay", [True, False])
def test_options(reset: str, *, delay: bool) -> None:
    options = {"reset_mechanism": reset, "reset_delay": delay, **HIDDEN}
    kinds = [
        snn.Synaptic(alpha=0.8, beta=0.7, **options),
        snn.RLeaky(beta=0.8, linear_features=16, **options),
        snn.RLeaky(beta=0.8, all_to_all=False, V=torch.linspace(-1, 1, 16), **options),
        # snnTorch's own RSynaptic fails without the delay.
        *([snn.RSynaptic(alpha=0.5, beta=0.75, linear_features=16, **options)] if delay else []),
        *([snn.Lapicque(beta=0.75, reset_mechanism=reset, **HIDDEN)] if delay else []),
    ]
    for kind in kinds:
        found = from_module(chain(kind, snn.Leaky(beta=0.8, output=True, **options)), SPIKES, coding="spikes")
        assert sum(found.differences.values()) == 0
        assert found.golden.spikes["1"].any()


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
