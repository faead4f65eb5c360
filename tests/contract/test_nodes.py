"""What every entry of LAYERS and NEURONS promises; a new one joins by its registry and an example here."""

import dataclasses
import doctest
import json
from typing import Any

import numpy as np
import pytest

import pysnn
from pysnn import IF, LIF
from pysnn.backends import BACKENDS, available_backends
from pysnn.network import NODES
from pysnn.neurons import NEURONS
from pysnn.nodes import LAYERS, Node
from pysnn.nodes.base import Node as Base

MAP = (2, 4, 4)

EXAMPLES: dict[str, Node] = {
    "ALIF": pysnn.ALIF(0.25, tau=[4.0, 8.0], tau_adapt=8.0, jump=0.25),
    "Affine": pysnn.Affine([0.5, -2.0], 0.25),
    "AvgPool2d": pysnn.AvgPool2d(2),
    "Concat": pysnn.Concat(),
    "Conv2d": pysnn.Conv2d(np.linspace(-1, 1, 36).reshape(2, 2, 3, 3), [0.5, 0.0], padding=1),
    "Crop": pysnn.Crop(channels=(1, 0), space=1),
    "CubaLI": pysnn.CubaLI(tau_mem=[4.0, 8.0], tau_syn=2.0),
    "CubaLIF": pysnn.CubaLIF(0.25, tau_mem=[4.0, 8.0], tau_syn=2.0, w_in=2.0, v_leak=0.125),
    "Delay": pysnn.Delay(2),
    "DiscreteCubaLI": pysnn.DiscreteCubaLI(rate=0.25, formula="relax", current="jump", syn_rate=0.5, v_init=0.125),
    "DiscreteCubaLIF": pysnn.DiscreteCubaLIF(0.25, decay=[0.5, 0.75], syn_decay=0.5, reset_time="late", compare=">"),
    "DiscreteLI": pysnn.DiscreteLI(rate=0.25, formula="relax", v_leak=0.125),
    "DiscreteLIF": pysnn.DiscreteLIF([0.5, 0.25], tau=2.0, formula="plain", max_spikes=3, floor=-0.5),
    "FirstSpike": pysnn.FirstSpike([0.25, 0.5], window=8),
    "Flatten": pysnn.Flatten(),
    "GlobalAvgPool": pysnn.GlobalAvgPool(),
    "I": pysnn.I(v_init=0.125),
    "IF": IF([0.5, 1.0], reset="zero", v_reset=-0.25),
    "Input": pysnn.Input(MAP, mean=[0.5, 0.5], std=[0.5, 0.25]),
    "LI": pysnn.LI(tau=[4.0, 8.0], v_leak=0.125),
    "LIF": LIF(0.5, tau=[4.0, 8.0], v_leak=0.125),
    "Lapicque": pysnn.Lapicque(0.25, r=2.0, c=1.5, reset="zero", reset_time="late"),
    "Linear": pysnn.Linear(np.linspace(-1, 1, 96).reshape(3, 32)),
    "MaxPool2d": pysnn.MaxPool2d(2, 1),
    "Output": pysnn.Output("potential"),
    "Pad": pysnn.Pad(channels=(0, 1), space=(1, 0)),
    "ReLU": pysnn.ReLU([0.5, 4.0]),
    "Scale": pysnn.Scale([0.5, 2.0]),
    "Subsample": pysnn.Subsample(space=2),
    "SumPool2d": pysnn.SumPool2d(2),
    "Threshold": pysnn.Threshold([0.125, 0.25]),
}
"""One of each, for a map of two channels."""

SPIKING = sorted(set(NODES) - {"Input", "Output", "ReLU"})


def test_the_registries_are_written_out_and_have_examples() -> None:
    assert set(NODES) == set(LAYERS) | set(NEURONS) == set(EXAMPLES)
    for name, node in NODES.items():
        assert node.__name__ == name
        assert type(EXAMPLES[name]) is node
        assert getattr(pysnn, name) is node
    assert list(LAYERS) == sorted(LAYERS)


@pytest.mark.parametrize("name", NODES)
def test_a_node_is_frozen_and_compared_by_what_it_is(name: str) -> None:
    node = EXAMPLES[name]
    assert dataclasses.is_dataclass(node)
    for field in dataclasses.fields(node):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(node, field.name, getattr(node, field.name))
    assert node.title == name


@pytest.mark.parametrize("name", NODES)
def test_a_node_is_documented_with_an_example(name: str) -> None:
    text = NODES[name].__doc__ or ""
    assert len(text.splitlines()[0]) > 10
    assert doctest.DocTestParser().get_examples(text), f"{name} has no example"
    for field in dataclasses.fields(NODES[name]):
        documented = any(field.name in (base.__doc__ or "") for base in NODES[name].__mro__)
        assert documented, f"{name}.{field.name} is not documented"


@pytest.mark.parametrize("name", NODES)
def test_a_node_does_what_the_base_asks_for(name: str) -> None:
    node = NODES[name]
    assert node.lower is not Base.lower
    assert node.output_shape is not Base.output_shape or node.shape_of is not Base.shape_of
    if name != "Input":
        assert node.apply is not Base.apply or node.forward is not Base.forward


@pytest.mark.parametrize("name", NODES)
def test_fields_are_plain_values_or_frozen_float32_arrays(name: str) -> None:
    for field in dataclasses.fields(EXAMPLES[name]):
        value = getattr(EXAMPLES[name], field.name)
        if isinstance(value, np.ndarray):
            assert value.dtype == np.float32
            assert not value.flags.writeable
        else:
            json.dumps(value)
            assert not isinstance(value, list | dict | set)


@pytest.mark.parametrize("name", NODES)
def test_a_node_made_from_its_own_fields_is_the_same(name: str) -> None:
    node = EXAMPLES[name]
    fields = {field.name: getattr(node, field.name) for field in dataclasses.fields(node)}
    again = type(node)(**fields)
    for field, value in fields.items():
        np.testing.assert_array_equal(getattr(again, field), value)


def network(name: str) -> pysnn.Network:
    """The example between two neurons, so that it gets spikes."""
    first: Node = pysnn.FirstSpike(0.75, window=8) if name == "FirstSpike" else IF(0.75)
    last: Node = pysnn.FirstSpike(0.5, window=8) if name == "FirstSpike" else IF(0.5)
    nodes: dict[str, Node] = {"in": pysnn.Input(MAP), "first": first}
    if name == "Linear":
        nodes["flat"] = pysnn.Flatten()
    return pysnn.Network.chain({**nodes, "here": EXAMPLES[name], "last": last, "out": pysnn.Output("potential")})


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("name", SPIKING)
def test_every_backend_runs_it_alike(name: str, precision: Any) -> None:
    x = np.random.default_rng(0).normal(0.5, 1.0, (3, *MAP))
    steps, record = None if name == "FirstSpike" else [3, 40], ["last"]
    if precision == "int8" and name in NEURONS and "float32" in NEURONS[name].needs:
        with pytest.raises(pysnn.PlanError, match=f"{name} 'here': int8 .*use precision 'float32'"):
            pysnn.run(network(name), x, steps=steps, dt=1.0, precision=precision)
        return
    results = [
        pysnn.run(network(name), x, steps=steps, dt=1.0, precision=precision, backend=backend, record=record)
        for backend in available_backends()
    ]
    assert results[-1].spikes["last"].any()
    for result in results:
        np.testing.assert_array_equal(result.scores, results[-1].scores)
        np.testing.assert_array_equal(result.counts, results[-1].counts)
        np.testing.assert_array_equal(result.spikes["last"], results[-1].spikes["last"])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(SPIKING) - set(NEURONS) - {"Delay"}))
def test_a_layer_of_constant_input_is_its_ordinary_pass(name: str) -> None:
    nodes: dict[str, Node] = {"in": EXAMPLES["Input"]}
    if name == "Linear":
        nodes["flat"] = pysnn.Flatten()
    net = pysnn.Network.chain({**nodes, "here": EXAMPLES[name], "out": pysnn.Output()})
    x = np.random.default_rng(1).normal(size=(3, *MAP)).astype(np.float32)
    value = net.input.normalise(x)
    expected = EXAMPLES[name].forward((value.reshape(3, -1) if name == "Linear" else value,))
    for backend in available_backends():
        found = pysnn.run(net, x, steps=1, backend=backend, check_range=False).scores[0]
        np.testing.assert_allclose(found, expected.reshape(3, -1), rtol=1e-5, atol=1e-6)


def test_neurons_say_what_they_are() -> None:
    for name, entry in NEURONS.items():
        assert entry.neuron is NODES[name]
        neuron = EXAMPLES[name]
        assert isinstance(neuron, IF)
        found = neuron.parameters(MAP, "a", 0.001)
        assert neuron.state == found.model.state
        assert set(found.model.constants) <= set(found.constants)
        assert issubclass(entry.neuron, IF)
        assert entry.title
        assert entry.source
        needs_dt = False
        try:
            neuron.parameters(MAP, "a", None)
        except pysnn.PlanError:
            needs_dt = True
        assert ("dt" in entry.needs) == needs_dt


@pytest.mark.parametrize("name", available_backends())
def test_a_backend_says_its_name(name: str) -> None:
    backend = BACKENDS[name].make()
    assert backend.name == name
    result = pysnn.run(network("Linear"), np.ones((1, *MAP)), steps=2, backend=name)
    assert result.backend.partition("/")[0] == name
    assert set(result.kernels) <= set(result.network.nodes)


def test_a_backend_that_is_not_there_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = dataclasses.replace(BACKENDS["numba"], module="no_such_module_anywhere")
    monkeypatch.setitem(BACKENDS, "numba", entry)
    assert "numba" not in available_backends()
    with pytest.raises(pysnn.BackendError, match=r"backend 'numba' needs no_such_module_anywhere.*pip install"):
        pysnn.run(network("Linear"), np.ones((1, *MAP)), steps=2, backend="numba")
