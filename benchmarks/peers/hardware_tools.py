"""The same networks and spikes through other tools; writes docs/hardware_peers.md.

``python -m benchmarks.peers.hardware_tools --syops PYTHON --keras PYTHON`` in an environment with pysnn, torch, neurobench, sanafe and
spikingjelly 2; the two interpreters are those of environments with syops (which needs spikingjelly 0.0.0.0.12) and with keras-spiking (which
needs TensorFlow below 2.16).
"""

import argparse
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.markdown import table
from benchmarks.peers.hardware_networks import STEPS, networks, spikes_of, torch_layer
from benchmarks.peers.hardware_presets import preset_rows
from pysnn import IF, Conv2d, Input, Linear, Network, Output
from pysnn.hardware import estimate, preset_table
from pysnn.simulation.simulator import run

__all__ = ["PAGE"]

PAGE = Path(__file__).parents[2] / "docs" / "hardware_peers.md"

_SIZES = (20, 15, 8)
_HEAD = """# Estimates beside other tools

<!-- table: all -->
Made by `python -m benchmarks.peers.hardware_tools --syops PYTHON --keras PYTHON` (neurobench {neurobench}, sanafe {sanafe}, spikingjelly {spikingjelly},
torch {torch}; syops {syops} and keras-spiking {keras} in environments of their own): the same weights and the same given spikes go through both tools.

## NeuroBench: additions, exactly

`single_layer_MACs` of NeuroBench on each layer's input spikes at each step, summed, against `Activity.effective_acs`.

"""
_SANAFE = """
## SANA-FE: one small network, 20-15-8, {steps} steps

Whole-number weights, IF neurons with reset by subtraction that fire above their threshold, the Loihi file that comes with SANA-FE, one core a layer. Prices
of chip `loihi1_sanafe`, which are those of that file, core dynamic energy.

"""


def _neurobench_acs(net: Network, spikes: NDArray[np.uint8], recorded: Mapping[str, NDArray[Any]]) -> float:
    """Return NeuroBench's additions a sample: its count on each weight layer's input at each step."""
    import torch
    from neurobench.metrics.utils.layers import single_layer_MACs

    total = 0.0
    for name in net.order:
        node = net.nodes[name]
        if not isinstance(node, Conv2d | Linear):
            continue
        source = net.sources[name][0]
        while source not in recorded and source != net.input_name:
            source = net.sources[source][0]
        given = spikes if source == net.input_name else recorded[source]
        layer = torch_layer(node)
        for step in given:
            x = torch.from_numpy(
                step.reshape(len(step), *(node.weight.shape[1:] if isinstance(node, Linear) else step.shape[1:]))
            )
            total += float(single_layer_MACs(x.float(), layer)[0])
    return total / len(spikes[0])


def _neurobench_rows() -> list[list[str]]:
    rows = []
    for name, net in networks().items():
        spikes = spikes_of(net.input.shape, STEPS, 6, 0.3)
        result = run(net, spikes, steps=STEPS, coding="spikes", record=net.neurons)
        theirs = _neurobench_acs(net, spikes, result.spikes)
        ours = float(result.activity.effective_acs[0])
        rows.append([name, f"{theirs:,.4f}", f"{ours:,.4f}", _same(theirs, ours)])
    return rows


def _same(theirs: float, ours: float) -> str:
    return "equal" if abs(theirs - ours) <= 1e-9 * abs(ours) else "NOT EQUAL"


def _small() -> tuple[Network, list[NDArray[np.int64]], NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    weights = [rng.choice([-3, -2, -1, 1, 2, 3, 4, 5], (outs, ins)) for ins, outs in pairwise(_SIZES)]
    nodes = {
        "in": Input((_SIZES[0],)),
        "fc1": Linear(weights[0]),
        "if1": IF(v_threshold=12.0, compare=">"),
        "fc2": Linear(weights[1]),
        "if2": IF(v_threshold=9.0, compare=">"),
        "out": Output("count"),
    }
    return Network.chain(nodes), weights, spikes_of((_SIZES[0],), STEPS, 1, 0.4)


def _sanafe(weights: list[NDArray[np.int64]], spikes: NDArray[np.uint8]) -> dict[str, Any]:
    """Run the small network in SANA-FE, a few steps longer than the input: each layer is a step behind the one before."""
    import sanafe

    arch, net = sanafe.load_loihi(), sanafe.Network()
    groups = [net.create_neuron_group("in", _SIZES[0], soma_hw_name="loihi_inputs[0]")]
    for k, neuron in enumerate(groups[0].neurons):
        neuron.set_attributes(soma_hw_name=f"loihi_inputs[{k}]", model_attributes={"spikes": spikes[:, 0, k].tolist()})
    for number, (size, threshold) in enumerate(zip(_SIZES[1:], (12.0, 9.0), strict=True), start=1):
        model = {"threshold": threshold, "reset_mode": "soft", "leak_decay": 1.0}
        made = net.create_neuron_group(
            f"h{number}",
            size,
            model_attributes=model,
            soma_hw_name="loihi_lif",
            default_synapse_hw_name="loihi_dense_synapse",
        )
        groups[-1].connect_neurons_dense(made, {"weight": weights[number - 1].T.astype(float).ravel().tolist()})
        groups.append(made)
    for group, core in zip(groups, arch.tiles[0].cores, strict=False):
        group.map_to_core(core)
    chip = sanafe.SpikingChip(arch)
    chip.load(net)
    found: dict[str, Any] = chip.sim(STEPS + len(_SIZES) - 1)
    return found


def _sanafe_rows() -> list[list[str]]:
    net, weights, spikes = _small()
    theirs = _sanafe(weights, spikes)
    steps = STEPS + 1
    padded = np.concatenate([spikes, np.zeros((1, *spikes.shape[1:]), dtype=np.uint8)])
    activity = run(net, padded, steps=steps, coding="spikes").activity
    found = estimate(net, activity, chips=["loihi1_sanafe"], steps=steps).table
    own = {
        row["term"]: row["value"]
        for row in found.filter((found["layer"] == "") & (found["network"] == "snn")).to_dicts()
    }
    presets = {row["preset"]: row["value"] for row in preset_table(net, activity, steps=steps).to_dicts()}
    soma = sum(own.get(f"energy_{name}", 0.0) or 0.0 for name in ("updates", "updates_active", "spikes"))
    energy = {name: 1e12 * value for name, value in theirs["energy"].items()}
    longer = (
        f"SANA-FE runs {STEPS + 2} steps, in which a layer is a step behind the one before, pysnn {steps}; and SANA-FE pays 21.6 pJ "
        "for each neuron that an input has touched, pysnn for each that fired"
    )
    packets = (
        "a packet for each spike and core that it goes to, in both; SANA-FE knows that the three cores share a tile, where pysnn takes the mean way "
        "across the cores in use (from 0 on in the interval)"
    )
    return [
        [
            "synaptic operations",
            f"{theirs['spikes']:,}",
            f"{own['synops']:,.0f}",
            _same(theirs["spikes"], own["synops"]),
        ],
        [
            "energy of synapses (pJ)",
            f"{energy['synapse']:,.1f}",
            f"{own['energy_synops']:,.1f}",
            _same(energy["synapse"], own["energy_synops"]),
        ],
        ["energy of somas (pJ)", f"{energy['soma']:,.1f}", f"{soma:,.1f}", longer],
        [
            "packets",
            f"{theirs['packets_sent']:,}",
            f"{own['packets']:,.0f}",
            _same(theirs["packets_sent"], own["packets"]) + "; spikes of the last layer go nowhere",
        ],
        [
            "energy of the network (pJ)",
            f"{energy['network']:,.1f}",
            f"{own['energy_packets']:,.1f} + hops {own['energy_hops']:,.1f}",
            packets,
        ],
        [
            "preset `sanafe_loihi` (pJ)",
            f"{energy['synapse'] + energy['soma']:,.1f}",
            f"{presets['sanafe_loihi']:,.1f}",
            "synapses and somas",
        ],
    ]


_PRESETS = f"""
## Presets beside their packages, {STEPS} steps

`preset_table` prints what another tool would. SpikingJelly (Lemaire et al. 2022) and syops run the same IF neurons on the same input; that the spikes of the
last layer are the same is checked. keras_spiking is given the firing rates of the run, since those that it measures are of its own network, and is not asked for
analogue inputs. The last column says why the figure is not pysnn's own.

"""


def _version(python: str, package: str) -> str:
    code = f"import importlib.metadata as m; print(m.version('{package}'))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description="the same networks through other tools")
    parser.add_argument("--syops", required=True, metavar="PYTHON", help="an interpreter with syops")
    parser.add_argument("--keras", required=True, metavar="PYTHON", help="an interpreter with keras-spiking")
    given = parser.parse_args()
    versions = {name: version(name) for name in ("neurobench", "sanafe", "spikingjelly", "torch")}
    versions |= {"syops": _version(given.syops, "syops"), "keras": _version(given.keras, "keras-spiking")}
    presets = preset_rows({"syops": given.syops, "keras_spiking": given.keras})
    columns = ["network", "preset", "quantity", "package", "pysnn", "", "why it is not pysnn's own count or price"]
    parts = [
        _HEAD.format(**versions),
        table(["network", "NeuroBench, Effective_ACs", "pysnn", ""], _neurobench_rows()),
        "\n",
        _SANAFE.format(steps=STEPS),
        table(["what", "SANA-FE", "pysnn", "difference"], _sanafe_rows()),
        "\n",
        _PRESETS,
        table(columns, presets),
        "\n<!-- end -->\n",
    ]
    PAGE.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
