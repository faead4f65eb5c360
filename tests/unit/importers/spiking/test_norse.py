"""Norse's modules: every value of every neuron is the library's own."""

from typing import Any

import pytest

pytest.importorskip("norse", reason="Norse is not installed (make test-interop)")

import norse.torch as snn
import torch
from norse.torch.functional.leaky_integrator import LIParameters
from norse.torch.functional.lif_box import LIFBoxParameters
from norse.torch.functional.reset import reset_subtract
from norse.torch.module.coba_lif import CobaLIFCell
from norse.torch.module.encode import ConstantCurrentLIFEncoder
from norse.torch.module.leaky_integrator import LILinearCell
from torch import nn

from pysnn import DiscreteCubaLI
from pysnn.errors import NetworkError
from pysnn.importers.norse import from_module
from tests.unit.importers.spiking.nets import FRAMES, IMAGES, SPIKES, on_grid

BOX = LIFBoxParameters(v_th=torch.tensor(0.125), tau_mem_inv=torch.tensor(200.0))
LIF = snn.LIFParameters(v_th=torch.tensor(0.125))
NEURONS = {
    "box": lambda: snn.LIFBoxCell(BOX),
    "box subtract": lambda: snn.LIFBoxCell(BOX._replace(reset_method=reset_subtract)),
    "lif": lambda: snn.LIFCell(LIF),
    "lif of steps": lambda: snn.LIF(LIF),
    "iaf": snn.IAFCell,
    "iaf of steps": snn.IAF,
    "recurrent": lambda: snn.LIFRecurrentCell(16, 16, LIF),
    "recurrent of steps": lambda: snn.LIFRecurrent(16, 16, LIF),
}


@pytest.mark.parametrize("name", NEURONS)
def test_neurons(name: str) -> None:
    last = snn.LIF() if "steps" in name else snn.LIFCell()
    net = on_grid(snn.SequentialState(nn.Linear(12, 16), NEURONS[name](), nn.Linear(16, 6), last))
    found = from_module(net, FRAMES, coding="frames")
    assert sum(found.differences.values()) == 0
    assert found.golden.spikes["1"].any()


def test_layers_that_are_lifted_over_time() -> None:
    layers = [snn.Lift(nn.Conv2d(1, 4, 3)), snn.IAF(), nn.Flatten(2), nn.Linear(784, 6), snn.LIF(LIF)]
    found = from_module(on_grid(snn.SequentialState(*layers)), IMAGES, steps=8)
    assert sum(found.differences.values()) == 0


def test_a_leak_at_the_end_is_read_by_its_potential() -> None:
    net = snn.SequentialState(nn.Linear(12, 16), snn.LIFBoxCell(BOX), nn.Linear(16, 6), snn.LIBoxCell())
    found = from_module(on_grid(net), SPIKES, coding="spikes")
    assert sum(found.differences.values()) == 0
    assert found.network.nodes["output"].readout == "potential"  # type: ignore[attr-defined]


class Tutorial(nn.Module):  # type: ignore[misc]
    """A forward over (time, batch, ...), states by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(12, 16), nn.Linear(16, 6)
        self.lif1, self.lif2 = snn.LIFCell(LIF), snn.LIFCell(LIF)

    def forward(self, x: Any) -> Any:
        first = second = None
        spikes = []
        for frame in x:
            z, first = self.lif1(self.fc1(frame), first)
            z, second = self.lif2(self.fc2(z), second)
            spikes += [z]
        return torch.stack(spikes)


class Recurrent(Tutorial):
    """One step, spikes come back by hand, and a state of several parts."""

    def __init__(self) -> None:
        super().__init__()
        self.back, self.lif2 = nn.Linear(16, 16), snn.LICell()

    def forward(self, x: Any, state: Any = None) -> Any:
        z, first, second = (torch.zeros(len(x), 16), None, None) if state is None else state
        z, first = self.lif1(self.fc1(x) + self.back(z), first)
        v, second = self.lif2(self.fc2(z), second)
        return v, (z, first, second)


@pytest.mark.parametrize("kind", [Tutorial, Recurrent])
def test_forwards_by_hand(kind: type[nn.Module]) -> None:
    found = from_module(on_grid(kind()), FRAMES, coding="frames")
    assert sum(found.differences.values()) == 0
    assert found.golden.scores.any()


LI = LIParameters(v_leak=torch.tensor(0.25), tau_syn_inv=torch.tensor(90.0))


@pytest.mark.parametrize(
    "last",
    [
        lambda: (nn.Linear(16, 6), snn.LICell(LI)),
        lambda: (nn.Linear(16, 6), snn.LICell(dt=0.002)),
        lambda: (LILinearCell(16, 6, LI),),
        lambda: (nn.Linear(16, 6), snn.LI()),
    ],
    ids=["leak", "step", "with weights", "of steps"],
)
def test_a_leak_with_a_synaptic_current_is_read_by_its_potential(last: Any) -> None:
    parts = last()
    first = snn.LIF(LIF) if isinstance(parts[-1], snn.LI) else snn.LIFCell(LIF)
    found = from_module(on_grid(snn.SequentialState(nn.Linear(12, 16), first, *parts)), FRAMES, coding="frames")
    assert sum(found.differences.values()) == 0
    assert found.golden.scores.any()
    assert any(isinstance(node, DiscreteCubaLI) for node in found.network.nodes.values())


def test_a_leak_with_a_synaptic_current_drives_a_neuron() -> None:
    net = snn.SequentialState(nn.Linear(12, 16), snn.LICell(LI), nn.Linear(16, 6), snn.LIFCell(LIF))
    found = from_module(on_grid(net), FRAMES, coding="frames")
    assert sum(found.differences.values()) == 0
    assert found.golden.spikes["3"].any()


@pytest.mark.parametrize(
    ("cell", "missing"),
    [
        (lambda: CobaLIFCell(16, 6), "it has conductances"),
        (lambda: ConstantCurrentLIFEncoder(5), ""),
        (snn.LIFAdExCell, "it has an exponential term and an adaptation current"),
        (snn.LSNNCell, "its threshold rises behind a spike, and pysnn's ALIF has no synaptic current"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_name(cell: Any, missing: str) -> None:
    net = snn.SequentialState(nn.Linear(12, 16), cell()).eval()
    with pytest.raises(NetworkError, match=f"Norse's [A-Z]\\w+ has no counterpart(: )?{missing};"):
        from_module(net, SPIKES, coding="spikes")


def test_mixed_kinds_of_time_are_refused() -> None:
    net = snn.SequentialState(nn.Linear(12, 16), snn.LIF(), nn.Linear(16, 6), snn.LIFCell())
    with pytest.raises(NetworkError, match="expected neurons that all take one step, or all take all steps"):
        from_module(on_grid(net), FRAMES, coding="frames")
    assert not any(part._forward_hooks for part in net.modules())
