"""What syops and keras_spiking say of a network: each in an environment of its own, without pysnn.

``PYTHON energy_tools.py syops|keras_spiking < network.json`` prints JSON. The network is a list of layers, each with ``weight``, ``groups``,
``stride``, ``padding`` (of a convolution), ``events`` a sample, ``inputs`` and ``outputs``; and ``spikes``, ``(steps, samples, ...)``.
"""

import json
import sys
from typing import Any

import numpy as np

__all__ = ["TOOLS"]


def _syops(given: dict[str, Any]) -> dict[str, float]:
    import io

    import torch
    from spikingjelly.clock_driven import neuron
    from syops.engine import add_syops_counting_methods

    parts: list[Any] = []
    for layer in given["layers"]:
        weight = torch.tensor(layer["weight"], dtype=torch.float32)
        if weight.ndim == 2:
            part: Any = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
            parts.append(torch.nn.Flatten())
        else:
            sizes = weight.shape[1] * layer["groups"], weight.shape[0], tuple(weight.shape[2:])
            part = torch.nn.Conv2d(*sizes, layer["stride"], layer["padding"], groups=layer["groups"], bias=False)
        part.weight.data = weight
        parts += [part, neuron.IFNode(v_threshold=1.0, v_reset=None)]
    model = add_syops_counting_methods(torch.nn.Sequential(*parts))
    model.eval()
    model.start_syops_count(ost=io.StringIO(), verbose=False, ignore_list=[])
    spikes = np.asarray(given["spikes"], dtype=np.float32)
    with torch.no_grad():
        for step in spikes:
            model(torch.from_numpy(step))
    _, acs, macs, _ = (float(part) * len(spikes) for part in model.compute_average_syops_cost()[0])
    return {"ACs": acs, "MACs": macs, "energy": 0.9 * acs + 4.6 * macs}


def _keras_spiking(given: dict[str, Any]) -> dict[str, float]:
    """Give the tool the rates of the run: those that it measures are of its own network."""
    import keras_spiking
    import tensorflow as tf

    steps = len(given["spikes"])
    total = synops = 0.0
    for layer in given["layers"]:
        weight = np.asarray(layer["weight"])
        if weight.ndim == 2:
            entry = tf.keras.Input(weight.shape[1])
            out = tf.keras.layers.Dense(weight.shape[0], use_bias=False, activation="relu")(entry)
        else:
            padding = "same" if layer["padding"][0] else "valid"
            sizes = {"strides": layer["stride"], "padding": padding, "groups": layer["groups"], "use_bias": False}
            entry = tf.keras.Input((*layer["map"][1:], weight.shape[1] * layer["groups"]))
            out = tf.keras.layers.Conv2D(weight.shape[0], weight.shape[2:], activation="relu", **sizes)(entry)
        model = tf.keras.Model(entry, out)
        energy = keras_spiking.ModelEnergy(model)
        (own,) = [part for part in model.layers if part.weights]
        energy.example_data = True
        energy.layer_rates = {own: layer["events"] / layer["inputs"] / steps / 0.001}
        synapses, neurons = energy.layer_energy(own, "loihi", timesteps_per_inference=steps, dt=0.001)
        total += 1e12 * float(synapses + neurons)
        synops += float(energy.layer_stats[own]["connections"]) * layer["events"] / layer["inputs"]
    return {"synops": synops, "energy on Loihi": total}


TOOLS = {"syops": _syops, "keras_spiking": _keras_spiking}
"""What each tool says, by its name."""


if __name__ == "__main__":
    print(json.dumps(TOOLS[sys.argv[1]](json.load(sys.stdin))))
