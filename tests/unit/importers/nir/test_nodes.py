"""Each kind of NIR node against NIR's equations by hand, and what has no counterpart."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pysnn
from pysnn import (
    AvgPool2d,
    Conv2d,
    Delay,
    DiscreteCubaLI,
    DiscreteLIF,
    Flatten,
    Network,
    NetworkError,
    Scale,
    SumPool2d,
)
from pysnn.errors import DataError
from pysnn.importers.nir.graph import NirGraph, NirNode
from pysnn.importers.nir.load import from_graph, make_profile
from pysnn.importers.nir.save import to_graph
from tests.unit.importers.nir.graphs import chain, lif, node


def network(graph: NirGraph, profile: str = "strict", **options: Any) -> Network:
    if profile == "strict":
        options = {"dt": 1.0, **options}
    return from_graph(graph, make_profile(profile, **options)).network


def spikes(graph: NirGraph, x: Any, profile: str = "strict", **options: Any) -> NDArray[Any]:
    """Return the spikes, or values, of node "a", (steps, samples, ...)."""
    net = network(graph, profile, **options)
    frames = np.asarray(x, np.float32)
    how: Any = {"coding": "frames", "steps": len(frames), "check_range": False}
    return pysnn.run(net, frames, record=["a"], dt=options.get("dt", 1.0), **how).spikes["a"]


def test_strict_lif_by_hand() -> None:
    """Time constant 4, r 2, threshold 1, dt 1: v = 0.75 v + 0.5 I, a spike above 1, then v = 0."""
    x = np.array([[[2, 0]], [[0.5, 0]], [[2, 0]], [[0, 4]]])
    # Neuron 0: 1.0 (not above), 1.0, 1.75 (spike, 0), 0. Neuron 1: 0, 0, 0, 2.
    assert spikes(chain(lif()), x).reshape(4, 2).tolist() == [[0, 0], [0, 0], [1, 0], [0, 1]]


def test_strict_if_counts_r_dt() -> None:
    graph = chain(node("IF", r=[2.0, 4.0], v_threshold=[1.0, 1.0], v_reset=[0.0, 0.0]))
    x = np.full((3, 1, 2), 0.5, np.float32)
    # dt 1/2: gains 1 and 2: 0.5, 1.0, 1.5 and 1, 2, 1.
    assert spikes(graph, x, dt=0.5).reshape(3, 2).tolist() == [[0, 0], [0, 1], [1, 0]]


def test_strict_cuba_is_euler_with_the_current_first() -> None:
    fields = {"tau_mem": 4.0, "tau_syn": 2.0, "r": 4.0, "w_in": 2.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}
    graph = chain(node("CubaLIF", **{key: [value] for key, value in fields.items()}), shape=[1])
    # i = i/2 + I: 1, 0.5, 0.25; v = 3/4 v + i: 1 (not above), 1.25 (spike), 0.25.
    assert spikes(graph, [[[1.0]], [[0.0]], [[0.0]]]).ravel().tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("graph", "readout", "total"),
    [
        (chain(node("I", r=[1.0, 1.0])), "potential", 1 + 3 + 6),
        (chain(node("LI", tau=[2.0, 2.0], r=[2.0, 2.0], v_leak=[0.0, 0.0])), "potential", 1 + 2.5 + 4.25),
        (chain(node("Threshold", threshold=[1.0, 1.0])), "count", 2),
    ],
)
def test_neurons_of_nir_without_spikes_and_without_memory(graph: NirGraph, readout: str, total: float) -> None:
    net = network(graph)
    assert net.nodes["out"].readout == readout  # type: ignore[attr-defined]
    x = np.array([[[1, 0]], [[2, 0]], [[3, 0]]])
    result = pysnn.run(net, x, coding="frames", steps=3, dt=1.0, check_range=False)
    assert result.scores[-1, 0].tolist() == [total, 0]


@pytest.mark.parametrize(("r", "formula"), [(1.0, "relax"), (2.0, "plain")])
def test_the_resistance_says_what_spikingjelly_does_with_its_input(r: float, formula: str) -> None:
    neuron = network(chain(lif(tau=2e-4, r=r)), "spikingjelly").nodes["a"]
    assert isinstance(neuron, DiscreteLIF)
    assert (neuron.formula, neuron.tau) == (formula, 2.0)


def test_a_convolution_keeps_its_numbers() -> None:
    weight, bias = np.arange(18.0).reshape(2, 1, 3, 3), np.ones(2)
    conv = node(
        "Conv2d", weight=weight, bias=bias, stride=[2, 1], padding=[1, 0], dilation=1, groups=2, input_shape=[5, 5]
    )
    found = network(chain(conv, shape=[2, 5, 5])).nodes["a"]
    assert isinstance(found, Conv2d)
    assert (found.stride, found.padding, found.groups) == ((2, 1), (1, 0, 1, 0), 2)
    assert np.array_equal(found.weight, weight)


def test_same_padding_keeps_the_size() -> None:
    conv = node("Conv2d", weight=np.ones((1, 1, 3, 2)), bias=[0.0], stride=1, padding="same", dilation=[1, 2], groups=1)
    assert network(chain(conv, shape=[1, 6, 7])).shapes["a"] == (1, 6, 7)


def test_a_convolution_in_one_dimension_is_one_over_maps_of_height_1() -> None:
    conv = node(
        "Conv1d", weight=np.ones((3, 2, 3)), bias=np.zeros(3), stride=2, padding=1, dilation=1, groups=1, input_shape=8
    )
    net = network(chain(conv, node("Flatten", start_dim=0, end_dim=-1), shape=[2, 8]))
    assert net.input.shape == (2, 1, 8)
    assert (net.shapes["a"], net.shapes["b"]) == ((3, 1, 4), (12,))


def test_pools_scales_and_flatten() -> None:
    pools = [node(kind, kernel_size=[2, 2], stride=[2, 2], padding=[0, 0]) for kind in ("SumPool2d", "AvgPool2d")]
    scale = node("Scale", scale=np.full((1, 1, 1), 0.5))
    net = network(chain(*pools, scale, node("Flatten", start_dim=0, end_dim=2), shape=[1, 4, 4]))
    kinds = [type(net.nodes[name]) for name in "abcd"]
    assert kinds == [SumPool2d, AvgPool2d, Scale, Flatten]


def test_a_delay_is_in_whole_steps() -> None:
    found = network(chain(node("Delay", delay=[3e-3, 3e-3])), dt=1e-3).nodes["a"]
    assert isinstance(found, Delay)
    assert found.steps == 3
    with pytest.raises(NetworkError, match=r"Delay 'a': expected one delay of whole steps of 0.002 s"):
        network(chain(node("Delay", delay=[3e-3, 3e-3])), dt=2e-3)


def test_an_axis_of_samples_in_front_of_the_input_is_left_out() -> None:
    assert network(chain(lif(), shape=[1, 2])).input.shape == (2,)
    assert network(chain(node("Flatten", start_dim=0, end_dim=-1), shape=[1, 1, 4, 4])).input.shape == (1, 4, 4)


def test_an_axis_of_steps_in_front_of_the_input_is_left_out() -> None:
    assert network(chain(node("Linear", weight=np.ones((3, 2))), shape=[10, 2])).input.shape == (2,)
    pool = node("SumPool2d", kernel_size=[2, 2], stride=[2, 2], padding=[0, 0])
    assert network(chain(pool, shape=[10, 1, 4, 4])).input.shape == (1, 4, 4)


def test_parameters_of_one_value_a_channel_stay_small() -> None:
    threshold = np.broadcast_to(np.array([[[1.0]], [[2.0]]]), (2, 3, 3))
    graph = chain(lif((2, 3, 3), v_threshold=threshold), shape=[2, 3, 3])
    neuron = network(graph).nodes["a"]
    assert neuron.v_threshold.tolist() == [1.0, 2.0]  # type: ignore[attr-defined]
    assert neuron.tau == 4.0  # type: ignore[attr-defined]


def test_a_leak_of_norse_with_a_synaptic_current() -> None:
    fields = {"tau_mem": 4e-6, "tau_syn": 2e-6, "r": 1.0, "w_in": 1.0, "v_leak": 0.5}
    net = network(chain(node("CubaLI", **{key: [value] * 2 for key, value in fields.items()})), "norse")
    neuron = net.nodes["a"]
    assert isinstance(neuron, DiscreteCubaLI)
    assert (neuron.rate, neuron.syn_rate, neuron.v_leak, neuron.v_init) == (0.25, 0.5, 0.5, 0.5)
    assert from_graph(to_graph(net, make_profile("norse")), make_profile("norse")).network == net


def without(found: NirNode, field: str) -> NirNode:
    return NirNode(found.kind, {key: value for key, value in found.fields.items() if key != field})


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (chain(without(lif(), "tau")), "LIF 'a': tau is missing; it has r, v_leak"),
        (chain(lif(tau=np.ones(3))), r"LIF 'a': tau has the shape \(3,\), and what enters has \(2,\)"),
        (chain(lif(v_threshold=0.0)), "LIF 'a': v_threshold must be positive, got 0"),
        (chain(lif(tau=np.nan)), "LIF 'a': tau must be finite, got nan"),
        (chain(node("Linear", weight=np.ones((1, 2, 3)))), r"Linear 'a': weight must be \(outputs, inputs\)"),
        (chain(node("Linear", weight=np.ones((1, 3)))), r"Linear 'a': expected \(3,\) inputs, got \(2,\)"),
        (chain(node("Softmax")), "Softmax 'a': expected a node of NIR: Affine"),
        (chain(node("Flatten", start_dim=1, end_dim=-1), shape=[2, 3, 3]), "Flatten 'a': start_dim 1 and end_dim -1"),
        (
            chain(node("SumPool2d", kernel_size=[1.5], stride=[2], padding=[0]), shape=[1, 4, 4]),
            "kernel_size must be whole",
        ),
        (
            chain(without(node("SumPool2d", kernel_size=[2], stride=[2], padding=[0]), "stride"), shape=[1, 4, 4]),
            "stride is missing",
        ),
        (
            chain(node("Scale", scale=np.arange(1.0, 5.0).reshape(1, 2, 2)), shape=[1, 2, 2]),
            "scale must be one number a channel",
        ),
        (NirGraph({"in": node("Input"), "out": node("Output")}, (("in", "out"),)), "Input 'in': shape is missing"),
        (NirGraph({"a": lif(), "out": node("Output")}, (("a", "out"),)), "expected one Input, got 0"),
        (NirGraph({"in": node("Input", shape=[2]), "a": lif()}, (("in", "a"),)), "expected one Output, got 0"),
        (
            NirGraph(
                {"in": node("Input", shape=[2]), "a": lif(), "b": lif(), "out": node("Output")},
                (("in", "a"), ("a", "out"), ("b", "a")),
            ),
            "LIF 'b': nothing enters it",
        ),
    ],
)
def test_what_has_no_counterpart_is_refused_by_name(graph: NirGraph, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        network(graph)


@pytest.mark.parametrize(
    ("profile", "options", "message"),
    [
        ("brian", {}, "profile must be one of snntorch, spikingjelly, sinabs, norse, strict, got 'brian'"),
        ("strict", {"reset": "value"}, "the profile 'strict' takes dt, got reset"),
        ("snntorch", {"beta": 1}, "expected options dt, reset, reset_delay"),
        ("snntorch", {"reset": "hard"}, "reset must be one of subtract, value, none, got 'hard'"),
        ("strict", {"dt": -1.0}, "dt must be a positive number of seconds, got -1.0"),
    ],
)
def test_bad_profiles_and_options(profile: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make_profile(profile, **options)


def test_strict_needs_dt() -> None:
    with pytest.raises(DataError, match="the profile 'strict' needs dt"):
        from_graph(chain(lif()), make_profile("strict"))


@pytest.mark.parametrize(
    ("profile", "neuron", "message"),
    [
        ("norse", lif(r=2.0), "LIF 'a': r must be 1, got 2: Norse writes no other"),
        ("sinabs", lif(r=2.0), "LIF 'a': r must be 1, got 2: sinabs writes no other"),
        ("snntorch", lif(v_leak=0.5), "LIF 'a': v_leak must be 0, got 0.5"),
        ("spikingjelly", lif(), r"LIF 'a': r must be 1 \(decay_input\) or tau/dt, got 2 with tau/dt 40000"),
        ("norse", node("IF", r=[3.0, 3.0], v_threshold=[1.0, 1.0]), "IF 'a': r must be 1, or 1/dt, got 3"),
        (
            "sinabs",
            node("Threshold", threshold=[1.0, 1.0]),
            "Threshold 'a': the library of the profile 'sinabs' writes no Threshold",
        ),
    ],
)
def test_what_a_library_does_not_write_is_refused(profile: str, neuron: NirNode, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        network(chain(neuron), profile, **({"reset": "value"} if profile == "snntorch" else {}))
