"""SpikingJelly's modules: every value of every neuron is the library's own."""

from typing import Any

import pytest

pytest.importorskip("spikingjelly", reason="SpikingJelly is not installed (make test-interop)")

import torch
from spikingjelly.activation_based import functional, layer, neuron
from torch import nn

from pysnn.errors import NetworkError
from pysnn.importers.spikingjelly import from_module
from pysnn.nodes import SumPool2d
from tests.unit.importers.spiking.nets import FRAMES, IMAGES, SPIKES, VALUES, on_grid


def _block(inputs: int) -> list[Any]:
    convolution = layer.Conv2d(inputs, 4, 3, padding=1, bias=False)
    return [convolution, layer.BatchNorm2d(4), neuron.IFNode(), layer.MaxPool2d(2, 2)]


class Csnn(nn.Module):  # type: ignore[misc]
    """The network of the tutorial on convolutional networks: all steps at once, batch normalisation, maxima of spikes."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps
        head = [
            layer.Flatten(),
            layer.Linear(64, 20, bias=False),
            neuron.IFNode(),
            layer.Linear(20, 10, bias=False),
            neuron.IFNode(),
        ]
        self.conv_fc = nn.Sequential(*_block(1), *_block(4), *head)
        functional.set_step_mode(self, "m")

    def forward(self, x: Any) -> Any:
        repeated = x.unsqueeze(0).repeat(self.steps, 1, 1, 1, 1)
        return self.conv_fc(repeated).mean(0)


def test_the_convolutional_tutorial() -> None:
    net = on_grid(Csnn(8))
    for part in net.modules():
        if isinstance(part, layer.BatchNorm2d):
            part.eps = 0.0
    found = from_module(net, IMAGES, steps=8)
    assert sum(found.differences.values()) == 0
    assert [type(node) for node in found.network.nodes.values()].count(SumPool2d) == 2
    assert found.golden.scores.any()


def test_the_first_tutorial() -> None:
    net = on_grid(nn.Sequential(layer.Flatten(), layer.Linear(256, 10, bias=False), neuron.LIFNode(tau=2.0)))
    assert sum(from_module(net, IMAGES, steps=10).differences.values()) == 0


NEURONS = {
    "if": neuron.IFNode,
    "if soft": lambda: neuron.IFNode(v_reset=None),
    "lif": lambda: neuron.LIFNode(tau=3.0, v_reset=-0.25),
    "lif plain soft": lambda: neuron.LIFNode(tau=3.0, v_reset=None, decay_input=False),
    "plif": lambda: neuron.ParametricLIFNode(init_tau=3.0),
    "cuba": lambda: neuron.CUBALIFNode(c_decay=0.5, v_decay=0.75),
}


@pytest.mark.parametrize("mode", ["s", "m"])
@pytest.mark.parametrize("name", NEURONS)
def test_neurons(name: str, mode: str) -> None:
    net = on_grid(nn.Sequential(layer.Linear(12, 16), NEURONS[name](), layer.Linear(16, 6), NEURONS[name]()))
    functional.set_step_mode(net, mode)
    found = from_module(net, SPIKES, coding="spikes")
    assert sum(found.differences.values()) == 0
    assert found.golden.spikes["1"].any()


def test_a_container_over_steps() -> None:
    net = nn.Sequential(layer.SeqToANNContainer(nn.Linear(12, 16), nn.Linear(16, 8)), neuron.LIFNode(step_mode="m"))
    assert sum(from_module(on_grid(net), FRAMES, coding="frames").differences.values()) == 0


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (neuron.KLIFNode, "SpikingJelly's KLIFNode has no counterpart"),
        (neuron.EIFNode, "SpikingJelly's EIFNode has no counterpart"),
        (lambda: layer.SynapseFilter(tau=5.0), "SpikingJelly's SynapseFilter has no counterpart"),
        (
            lambda: layer.LinearRecurrentContainer(neuron.IFNode(), 3, 3),
            "SpikingJelly's LinearRecurrentContainer has no counterpart",
        ),
    ],
)
def test_what_has_no_counterpart_is_refused_by_name(part: Any, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        from_module(nn.Sequential(nn.Linear(12, 3), part()).eval(), SPIKES, coding="spikes")


def test_one_neuron_at_two_places_is_refused() -> None:
    class Twice(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.lif = nn.Linear(12, 12), neuron.LIFNode()

        def forward(self, x: Any) -> Any:
            return self.lif(self.fc(self.lif(x)))

    with pytest.raises(NetworkError, match="'lif' is used 2 times in one step"):
        from_module(on_grid(Twice()), SPIKES, coding="spikes")


@pytest.mark.parametrize("last", [neuron.NonSpikingIFNode, lambda: neuron.NonSpikingLIFNode(tau=2.5)])
def test_potentials_of_neurons_that_never_fire(last: Any) -> None:
    net = nn.Sequential(layer.Linear(12, 16), neuron.LIFNode(), layer.Linear(16, 6))
    functional.set_step_mode(net, "m")
    found = from_module(on_grid(nn.Sequential(*net, last())), SPIKES, coding="spikes")
    assert sum(found.differences.values()) == 0
    assert found.golden.scores.any()
    assert found.network.nodes["output"].readout == "potential"  # type: ignore[attr-defined]


OPTIONS = [
    {"v_reset": v_reset, "detach_reset": detach, "store_v_seq": store}
    for v_reset in (None, 0.0, -0.25, 0.125)
    for detach, store in ((True, False), (False, True))
]


@pytest.mark.parametrize("mode", ["s", "m"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_options(options: dict[str, Any], mode: str) -> None:
    kinds = [
        neuron.IFNode(v_threshold=0.75, **options),
        *(neuron.LIFNode(tau=2.5, decay_input=decays, **options) for decays in (True, False)),
        *(neuron.ParametricLIFNode(init_tau=2.5, decay_input=decays, **options) for decays in (True, False)),
    ]
    for kind in kinds:
        net = on_grid(nn.Sequential(layer.Linear(12, 16), kind, layer.Linear(16, 6), neuron.IFNode()))
        functional.set_step_mode(net, mode)
        found = from_module(net, SPIKES, coding="spikes")
        assert sum(found.differences.values()) == 0
        assert found.golden.spikes["1"].any()


class Recurrent(nn.Module):  # type: ignore[misc]
    """Spikes come back by hand, in a loop over steps."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2, self.back = nn.Linear(12, 16), nn.Linear(16, 6), nn.Linear(16, 16)
        self.lif1, self.lif2 = neuron.LIFNode(), neuron.LIFNode()

    def forward(self, x: Any) -> Any:
        spikes, total = torch.zeros(x.shape[0], 16), 0
        for _ in range(10):
            spikes = self.lif1(self.fc1(x) + self.back(spikes))
            total = total + self.lif2(self.fc2(spikes))
        return total / 10


def test_spikes_that_come_back_by_hand() -> None:
    found = from_module(on_grid(Recurrent()), VALUES, steps=10)
    assert sum(found.differences.values()) == 0
    assert found.golden.spikes["lif1"].any()
