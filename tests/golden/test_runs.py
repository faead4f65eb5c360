"""Results that must never change: digests of whole runs, checked on every backend.

After a change that is meant to change results, and is in docs/numerics.md: ``python tests/golden/test_runs.py`` writes them anew.
"""

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pysnn
from pysnn import IF, LIF, AvgPool2d, Conv2d, Flatten, GlobalAvgPool, Input, Linear, MaxPool2d, Network, Output, Pad
from pysnn.backends import available_backends
from pysnn.simulation.result import Result

DIGESTS = Path(__file__).with_name("runs.json")
CODINGS = ("constant", "poisson", "spikes")
PRECISIONS = ("float32", "int8")


def _raw(seed: int, *shape: int) -> NDArray[np.int64]:
    """Bits of a generator, which do not depend on NumPy's version, as its distributions may."""
    bits = np.random.PCG64(seed).random_raw(int(np.prod(shape)))
    return (bits >> np.uint64(32)).astype(np.int64).reshape(shape)


def _grid(seed: int, *shape: int) -> Any:
    """Eighths and thirds: exact ties, and sums whose order shows."""
    values = _raw(seed, *shape) % 28 - 12
    return (values / np.where(values % 2, 24, 16)).astype(np.float32)


def residual() -> Network:
    """Convolutions, leaks, both pools, and a shortcut by subsampling and padding of channels."""
    nodes: dict[str, pysnn.Node] = {
        "in": Input((2, 9, 8)),
        "stem": Conv2d(_grid(0, 8, 2, 3, 3), _grid(1, 8), padding=1),
        "a": LIF(0.75, tau=6.0, v_init=0.25),
        "conv": Conv2d(_grid(2, 12, 2, 3, 3), _grid(3, 12), stride=2, padding=(1, 0, 1, 1), groups=4),
        "short": pysnn.Subsample(2),
        "pad": Pad(channels=(2, 2)),
        "b": IF(_grid(4, 12) + np.float32(1.5), reset="zero", v_reset=-0.125),
        "max": MaxPool2d(3, 1, 1),
        "avg": AvgPool2d(2, 1),
        "deep": Conv2d(_grid(5, 12, 1, 2, 2), dilation=2, groups=12),
        "c": IF(0.5, compare=">"),
        "pool": GlobalAvgPool(),
        "flat": Flatten(),
        "fc": Linear(_grid(6, 10, 12), _grid(7, 10)),
        "out": Output("mean_current"),
    }
    path = ["in", "stem", "a", "conv", "b", "max", "avg", "deep", "c", "pool", "flat", "fc", "out"]
    return Network(nodes, [*pairwise(path), ("a", "short"), ("short", "pad"), ("pad", "b")])


def dense() -> Network:
    """A spiking perceptron read by its first spikes."""
    nodes: dict[str, pysnn.Node] = {
        "in": Input((2, 9, 8)),
        "flat": Flatten(),
        "fc1": Linear(_grid(8, 70, 144), _grid(9, 70)),
        "n1": IF(1.0, v_init=0.5),
        "scale": pysnn.Scale(0.75),
        "fc2": Linear(_grid(10, 10, 70) / 4),
        "n2": LIF(0.5, tau=4.0, r=2.0, v_leak=0.125),
        "out": Output("first_spike"),
    }
    return Network.chain(nodes)


def around(neuron: IF, *, recurrent: bool = False) -> Network:
    """A neuron between weights; its spikes come back through others if they are to."""
    nodes: dict[str, pysnn.Node] = {
        "in": Input((2, 9, 8)),
        "flat": Flatten(),
        "fc": Linear(_grid(15, 20, 144) / 4, _grid(16, 20)),
        "n": neuron,
        "last": Linear(_grid(17, 5, 20)),
        "out": Output("mean_current"),
    }
    names = list(nodes)
    if not recurrent:
        return Network.chain(nodes)
    nodes |= {"before": pysnn.Delay(2), "back": Linear(_grid(18, 20, 20) / 4, _grid(19, 20))}
    return Network(nodes, [*pairwise(names), ("n", "before"), ("before", "back"), ("back", "n")])


NETWORKS = {"residual": residual, "dense": dense}

_TAUS = _grid(20, 20) + np.float32(4)
NEURONS: dict[str, IF] = {
    "cuba_lif": pysnn.CubaLIF(0.75, tau_mem=_TAUS, tau_syn=2.0, r=2.0, w_in=1.5, v_leak=0.125),
    "late subtract": pysnn.DiscreteLIF(0.75, decay=0.9, reset_time="late", compare=">"),
    "late zero": IF(0.75, reset="zero", v_reset=-0.25, reset_time="late"),
    "both": pysnn.DiscreteLIF(0.5, decay=0.8, reset_time="both", compare=">"),
    "no reset": LIF(0.75, tau=_TAUS, reset="none"),
    "several": IF(0.375, max_spikes=255, floor=-1.0),
    "refractory": LIF(0.5, tau=6.0, refractory=3),
    "per neuron": IF(np.abs(_grid(21, 20, 1, 1)) + np.float32(0.5)),
    "relax": pysnn.DiscreteLIF(0.5, rate=0.3, formula="relax", v_leak=0.125, reset="zero"),
    "relax_divided": pysnn.DiscreteLIF(0.5, tau=2.2, formula="relax", v_leak=0.125),
    "box": pysnn.DiscreteLIF(0.5, rate=0.3, formula="box", v_leak=0.125),
    "plain": pysnn.DiscreteLIF(0.75, rate=0.3, formula="plain", v_leak=0.125),
    "plain_divided": pysnn.DiscreteLIF(0.75, tau=2.2, formula="plain", v_leak=0.125),
    "lapicque": pysnn.Lapicque(0.75, r=2.5, c=1.5),
    "decay_last": pysnn.DiscreteCubaLIF(0.75, decay=0.9, gain=0.5, current="decay_last", syn_decay=0.7),
    "jump": pysnn.DiscreteCubaLIF(0.75, rate=0.3, formula="relax", current="jump", syn_rate=0.4),
    "adaptive": pysnn.ALIF(0.5, tau=5.0, tau_adapt=8.0, jump=0.25),
    "never": pysnn.LI(tau=_TAUS),
    "threshold": pysnn.Threshold(0.5),
    "recurrent": LIF(0.75, tau=5.0, r=3.0),
}
"""One of each member of the family of neurons, and recurrent connections."""


def digest(result: Result) -> str:
    """SHA-256 of scores, counts, state and spikes (negative zeros made positive)."""
    known = hashlib.sha256()
    arrays: list[NDArray[Any]] = [result.scores, result.counts, *result.state.arrays.values(), *result.spikes.values()]
    for array in arrays:
        known.update(str((array.dtype.str, array.shape)).encode())
        known.update(np.ascontiguousarray(array + array.dtype.type(0)).tobytes())
    return known.hexdigest()


def run(name: str, coding: Any, precision: Any, backend: str) -> Result:
    data = (_raw(11, 3, 2, 9, 8) % 256).astype(np.uint8)
    if coding == "spikes":
        data = (_raw(12, 40, 3, 2, 9, 8) % 5 == 0).astype(np.uint8)
    network = NETWORKS[name]() if name in NETWORKS else around(NEURONS[name], recurrent=name == "recurrent")
    settings: Any = {"dt": 1.0, "seed": 5, "record": network.neurons, "backend": backend}
    return pysnn.run(network, data, steps=[5, 40], coding=coding, precision=precision, **settings)


def cases() -> list[tuple[str, str, str]]:
    """Every name with the codings and precisions that it is run in."""
    found = [(name, coding, precision) for name in NETWORKS for coding in CODINGS for precision in PRECISIONS]
    for name, neuron in NEURONS.items():
        model = neuron.model
        whole = model.synapse == "none" and not model.adaptive and model.fire != "never"
        found += [(name, "spikes", precision) for precision in PRECISIONS if whole or precision == "float32"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("backend", available_backends())
@pytest.mark.parametrize(("name", "coding", "precision"), cases())
def test_results_have_not_changed(name: str, coding: str, precision: str, backend: str) -> None:
    expected = json.loads(DIGESTS.read_text(encoding="utf-8"))
    result = run(name, coding, precision, backend)
    assert name == "never" or result.total("spikes")[-1] > 100
    assert digest(result) == expected[f"{name} {coding} {precision}"]


def main() -> None:
    """Write the digests of the reference."""
    found = {" ".join(case): digest(run(*case, "reference")) for case in cases()}
    DIGESTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
