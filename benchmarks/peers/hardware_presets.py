"""Presets beside the packages whose output they print: the same weights and the same input through both."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import printed
from benchmarks.peers.hardware_networks import STEPS, networks, spikes_of, torch_layer
from pysnn import Conv2d, Linear, Network
from pysnn.hardware import preset_table
from pysnn.hardware.counts import count
from pysnn.simulation.result import Result
from pysnn.simulation.simulator import run

__all__ = ["preset_rows"]

_SAMPLES = 6
_TOOL = Path(__file__).parent / "energy_tools.py"


def preset_rows(pythons: Mapping[str, str]) -> list[list[str]]:
    """Return rows of the table; ``pythons`` are the interpreters that have syops and keras_spiking."""
    rows = []
    for title, net, x, coding in _runs():
        result = run(net, x, steps=STEPS, coding=coding, record=list(net.neurons))
        ours = {
            (row["preset"], row["quantity"]): (row["value"], row["difference"])
            for row in preset_table(net, result.activity, steps=STEPS).to_dicts()
        }
        theirs = _spikingjelly(net, x, result)
        for tool, python in pythons.items():
            if tool == "syops" or coding == "spikes":
                found = _outside(python, tool, _described(net, x, result))
                theirs |= {(tool, quantity): value for quantity, value in found.items()}
        for key, (value, difference) in ours.items():
            if key in theirs:
                same = "equal" if abs(theirs[key] - value) <= 1e-6 * max(1.0, value) else "NOT EQUAL"
                rows.append([title, *key, f"{theirs[key]:,.1f}", f"{value:,.1f}", same, difference])
    return rows


def _runs() -> list[tuple[str, Network, NDArray[Any], Literal["spikes", "constant"]]]:
    found: list[tuple[str, Network, NDArray[Any], Literal["spikes", "constant"]]] = [
        (title, net, spikes_of(net.input.shape, STEPS, _SAMPLES, 0.3), "spikes") for title, net in networks().items()
    ]
    title, net = list(networks().items())[-1]
    values = np.random.default_rng(6).random((_SAMPLES, *net.input.shape)).astype(np.float32)
    return [*found, (f"{title}, analogue input", net, values, "constant")]


def _given(x: NDArray[Any]) -> NDArray[np.float32]:
    """Return what enters at each step ``(steps, samples, ...)``; an analogue input is the same at all of them."""
    return np.asarray(x if x.dtype == np.uint8 else np.broadcast_to(x, (STEPS, *x.shape)), dtype=np.float32)


def _spikingjelly(net: Network, x: NDArray[Any], result: Result) -> dict[tuple[str, str], float]:
    """Return the estimates of SpikingJelly, a sample after the other: its buffers grow with the batch."""
    import torch
    from spikingjelly.activation_based import functional, neuron
    from spikingjelly.activation_based.op_counter import analytical_energy

    def forward(given: Any) -> Any:
        found = []
        for step in given:
            here = step
            for part in parts:
                here = part(here.flatten(1) if isinstance(part, torch.nn.Linear) else here)
            found.append(here)
        return torch.stack(found)

    parts = torch.nn.ModuleList()
    for name in net.order:
        node = net.nodes[name]
        if isinstance(node, Conv2d | Linear):
            parts.append(torch_layer(node))
        elif name in net.neurons:
            parts.append(neuron.IFNode(v_threshold=1.0, v_reset=None))
    model: Any = parts.eval()
    model.forward = forward
    totals = {"operations": 0.0, "addressing": 0.0, "memory": 0.0}
    for k in range(_SAMPLES):
        given = torch.tensor(_given(x)[:, k : k + 1])
        functional.reset_net(model)
        with torch.no_grad():
            spikes = model(given).numpy()[:, 0]
        assert np.array_equal(spikes, result.spikes[list(net.neurons)[-1]][:, k].reshape(spikes.shape))
        functional.reset_net(model)
        report = analytical_energy.estimate_lemaire_energy(model, given)
        for name, part in (("operations", "ops_pj"), ("addressing", "addressing_pj"), ("memory", "memory_pj")):
            totals[name] += report.breakdown_pj[part] / _SAMPLES
    return {("lemaire2022", name): value for name, value in totals.items()}


def _described(net: Network, x: NDArray[Any], result: Result) -> dict[str, Any]:
    """Return the network and what went through it as JSON: layers in order with their mean events, and the input."""
    counted = count(net, result.activity, STEPS)
    fields = {layer.name: result.activity.counts[0, k] for k, layer in enumerate(result.activity.layers)}
    layers = []
    for layer in counted.layers[1:]:
        (link,) = layer.links
        node: Any = net.nodes[link.name]
        conv = isinstance(node, Conv2d)
        layers.append(
            {
                "weight": node.weight.tolist(),
                "groups": node.groups if conv else 1,
                "stride": list(node.stride) if conv else [1, 1],
                "padding": list(node.padding[:2]) if conv else [0, 0],
                "map": list(link.shape_in),
                "inputs": int(np.prod(link.shape_in)),
                "events": float(fields[link.name][0]) / result.samples,
            }
        )
    return {"layers": layers, "spikes": _given(x).tolist()}


def _outside(python: str, tool: str, network: dict[str, Any]) -> dict[str, float]:
    return printed(python, _TOOL, tool, given=json.dumps(network))
