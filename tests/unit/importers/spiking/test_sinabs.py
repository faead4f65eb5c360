"""sinabs' modules: every value of every neuron is the library's own."""

from typing import Any

import pytest

pytest.importorskip("sinabs", reason="sinabs is not installed (make test-interop)")

import sinabs.layers as sl
import torch
from sinabs.activation import MaxSpike, MembraneReset, MembraneSubtract, MultiSpike, SingleSpike
from torch import nn

from pysnn import DiscreteLI
from pysnn.errors import DataError, NetworkError
from pysnn.importers.sinabs import from_module
from tests.unit.importers.spiking.nets import FRAMES, IMAGES, SPIKES, on_grid

NEURONS = {
    "iaf": sl.IAF,
    "iaf floor": lambda: sl.IAF(min_v_mem=-0.5),
    "iaf single": lambda: sl.IAF(spike_fn=SingleSpike),
    "iaf at most 2": lambda: sl.IAF(spike_fn=MaxSpike(2)),
    "iaf to zero": lambda: sl.IAF(reset_fn=MembraneReset()),
    "lif": lambda: sl.LIF(tau_mem=20.0, spike_threshold=0.125),
    "lif plain": lambda: sl.LIF(tau_mem=20.0, norm_input=False),
    "lif syn": lambda: sl.LIF(tau_mem=20.0, tau_syn=5.0, spike_threshold=0.125),
    "lif alphas": lambda: sl.LIF(tau_mem=20.0, train_alphas=True, spike_threshold=0.125),
    "lif recurrent": lambda: sl.LIFRecurrent(tau_mem=20.0, rec_connect=nn.Linear(16, 16), spike_threshold=0.125),
    "iaf recurrent": lambda: sl.IAFRecurrent(rec_connect=nn.Linear(16, 16), spike_threshold=8.0),
}


@pytest.mark.parametrize("name", NEURONS)
def test_neurons(name: str) -> None:
    found = from_module(
        on_grid(nn.Sequential(nn.Linear(12, 16), NEURONS[name](), nn.Linear(16, 6), sl.IAF())), FRAMES, coding="frames"
    )
    assert sum(found.differences.values()) == 0
    assert found.golden.spikes["1"].any()


@pytest.mark.parametrize("squeezed", [False, True])
@pytest.mark.parametrize("floor", [None, -0.5])
@pytest.mark.parametrize("reset", [MembraneSubtract(), MembraneReset()], ids=["subtract", "zero"])
@pytest.mark.parametrize("fires", [MultiSpike, SingleSpike, MaxSpike(3)], ids=["multi", "single", "at most 3"])
def test_options(fires: Any, reset: Any, floor: float | None, *, squeezed: bool) -> None:
    common = {"spike_fn": fires, "reset_fn": reset, "min_v_mem": floor, "spike_threshold": torch.tensor(0.375)}
    common |= {"batch_size": 1} if squeezed else {}
    iaf, lif = (sl.IAFSqueeze, sl.LIFSqueeze) if squeezed else (sl.IAF, sl.LIF)
    kinds = [
        iaf(**common),
        *(
            lif(tau_mem=10.0, tau_syn=tau_syn, norm_input=norm, **common)
            for tau_syn in (None, 3.0)
            for norm in (True, False)
        ),
        lif(tau_mem=10.0, tau_syn=3.0, train_alphas=True, **common),
        lif(tau_mem=torch.linspace(3, 30, 16), **common),
    ]
    for kind in kinds:
        found = from_module(on_grid(nn.Sequential(nn.Linear(12, 16), kind)), FRAMES, coding="frames")
        assert sum(found.differences.values()) == 0
        assert found.golden.spikes["1"].any()


def test_more_spikes_than_are_counted_are_refused() -> None:
    net = on_grid(nn.Sequential(nn.Linear(12, 16), sl.IAF(spike_threshold=1 / 256)))
    with pytest.raises(NetworkError, match=r"'1': a neuron has \d+ spikes in one step, and at most 255 are counted"):
        from_module(net, FRAMES, coding="frames")


def test_a_convolutional_network_of_the_squeezed_kind() -> None:
    first, last = (sl.IAFSqueeze(batch_size=1, min_v_mem=-1.0) for _ in range(2))
    net = nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), first, sl.SumPool2d(2), nn.Flatten(), nn.Linear(196, 10), last)
    found = from_module(on_grid(net), IMAGES, steps=8)
    assert sum(found.differences.values()) == 0
    assert net[1].batch_size == 1


def test_layers_that_are_repeated_over_time_and_flattened_behind_it() -> None:
    net = nn.Sequential(sl.Repeat(nn.Conv2d(1, 4, 3)), sl.IAF(), nn.Flatten(2), nn.Linear(784, 6), sl.IAF())
    assert sum(from_module(on_grid(net), IMAGES, steps=5).differences.values()) == 0


def test_a_leak_at_the_end_is_read_by_its_potential() -> None:
    found = from_module(
        on_grid(nn.Sequential(nn.Linear(12, 16), sl.IAF(), nn.Linear(16, 6), sl.ExpLeak(tau_mem=10.0))),
        SPIKES,
        coding="spikes",
    )
    assert sum(found.differences.values()) == 0
    assert isinstance(found.network.nodes["3"], DiscreteLI)
    assert found.network.nodes["output"].readout == "potential"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        (lambda: sl.IAF(reset_fn=MembraneReset(0.5)), "IAF: MembraneReset must reset to 0, got 0.5"),
        (lambda: sl.IAF(reset_fn=MembraneSubtract(0.5)), "IAF: reset_fn must be MembraneReset or MembraneSubtract"),
        (
            lambda: sl.ALIF(tau_mem=20.0, tau_adapt=10.0),
            "sinabs's ALIF has no counterpart: .* a spike takes the risen threshold off",
        ),
        (sl.NeuromorphicReLU, "sinabs's NeuromorphicReLU has no counterpart"),
        (lambda: sl.Cropping2dLayer(((1, 1), (1, 1))), "sinabs's Cropping2dLayer has no counterpart"),
        (
            lambda: sl.LIFRecurrent(tau_mem=20.0, rec_connect=nn.Conv1d(1, 1, 3)),
            "rec_connect must be a Linear layer, got Conv1d",
        ),
    ],
)
def test_what_has_no_counterpart_is_refused_by_name(neuron: Any, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        from_module(nn.Sequential(nn.Linear(12, 16), neuron()).eval(), SPIKES, coding="spikes")


def test_a_maximum_of_several_spikes_is_refused() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), sl.IAFSqueeze(batch_size=1), nn.MaxPool2d(2))
    with pytest.raises(NetworkError, match="MaxPool2d '2': it gets several spikes a step from '1'"):
        from_module(
            on_grid(nn.Sequential(*net, nn.Flatten(), nn.Linear(196, 2), sl.IAFSqueeze(batch_size=1))), IMAGES, steps=3
        )


def test_a_module_for_another_number_of_steps_is_refused_and_left_as_it_was() -> None:
    net = on_grid(nn.Sequential(nn.Linear(12, 6), sl.IAFSqueeze(num_timesteps=7)))
    with pytest.raises(DataError, match="IAFSqueeze takes 7 steps, and the data have 10"):
        from_module(net, FRAMES, coding="frames")
    assert net[1].batch_size == -1
