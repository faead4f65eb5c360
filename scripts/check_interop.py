"""Run the networks that other libraries' runs were kept of, on every backend, and compare every spike.

    python scripts/check_interop.py DIR

Each ``.npz`` in DIR has weights, input spikes and the spikes of two layers as snnTorch, SpikingJelly, sinabs or Norse computed them, and in ``meta`` the neuron's
class and arguments. The network is built of these and run from the input; the spikes are only compared. Files whose names end with ``_nir`` belong to
graphs in NIR and are another test's.

Exit code 1: a spike differs in a network whose weights are multiples of 1/64 (so that sums are exact in any order), or a file was skipped.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

import pysnn
from pysnn import IF, Delay, DiscreteCubaLIF, DiscreteLIF, Input, Lapicque, Linear, Network, Node, Output
from pysnn.backends import available_backends

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Fixture:
    """One run of another library."""

    name: str
    meta: dict[str, Any]
    arrays: Arrays

    @property
    def exact(self) -> bool:
        """Whether sums of its weights are exact in any order."""
        return bool(self.meta["weights"] != "free")


def load(path: Path) -> Fixture:
    """Return the fixture of a file."""
    with np.load(path) as data:
        arrays = {name: data[name] for name in data.files}
    return Fixture(path.stem, json.loads(arrays.pop("meta").tobytes()), arrays)


def neuron(fixture: Fixture, layer: str) -> Node:
    """Return the neuron of layer "1" or "2"; raise ``KeyError`` where it is unknown."""
    return NEURONS[fixture.meta["library"], fixture.meta["neuron"]](fixture.meta, fixture.meta["args"], layer)


def network(fixture: Fixture) -> Network:
    """Return the network of a fixture; raise ``KeyError`` where its neuron is unknown."""
    arrays = fixture.arrays
    nodes: dict[str, Node] = {"in": Input((arrays["w1"].shape[1],))}
    edges = []
    before = "in"
    for layer in ("1", "2"):
        fc, own = f"fc{layer}", f"n{layer}"
        nodes[fc] = Linear(arrays[f"w{layer}"], arrays[f"b{layer}"])
        nodes[own] = neuron(fixture, layer)
        edges += [(before, fc), (fc, own)]
        if f"rec_w{layer}" in arrays:
            edges += _recurrent(nodes, layer, fixture)
        before = own
    nodes["out"] = Output("count")
    return Network(nodes, [*edges, (before, "out")])


def _recurrent(nodes: dict[str, Node], layer: str, fixture: Fixture) -> list[tuple[str, str]]:
    """Add the connections of a layer with itself and return their edges: sinabs delays their currents, the others the spikes."""
    own, delay, back = f"n{layer}", f"delay{layer}", f"rec{layer}"
    nodes[back] = Linear(fixture.arrays[f"rec_w{layer}"], fixture.arrays.get(f"rec_b{layer}"))
    nodes[delay] = Delay()
    path = (own, back, delay, own) if fixture.meta["library"] == "sinabs" else (own, delay, back, own)
    return list(pairwise(path))


def _snntorch_reset(args: dict[str, Any], *, loses_input: bool) -> dict[str, Any]:
    """Return reset and time of a neuron of snnTorch; ``loses_input``: its reset to zero acts behind the next input."""
    kind, late = args.get("reset_mechanism", "subtract"), args.get("reset_delay", True)
    if kind == "none":
        return {"reset": "none"}
    if kind == "subtract":
        return {"reset_time": "late" if late else "both"}
    return {"reset": "zero", "reset_time": "late" if late and loses_input else "now"}


def _leaky(meta: dict[str, Any], args: dict[str, Any], layer: str, *, loses_input: bool = False) -> Node:
    beta = np.clip(np.float32(meta.get(f"beta{layer}", args.get("beta"))), 0, 1)
    threshold = np.float32(meta.get(f"threshold{layer}", args.get("threshold", 1.0)))
    return DiscreteLIF(threshold, compare=">", decay=beta, **_snntorch_reset(args, loses_input=loses_input))


def _rleaky(meta: dict[str, Any], args: dict[str, Any], layer: str) -> Node:
    return _leaky(meta, args, layer, loses_input=True)


def _synaptic(meta: dict[str, Any], args: dict[str, Any], layer: str) -> Node:
    del meta, layer
    reset = _snntorch_reset(args, loses_input=True)
    return DiscreteCubaLIF(args["threshold"], compare=">", decay=args["beta"], syn_decay=args["alpha"], **reset)


def _lapicque(meta: dict[str, Any], args: dict[str, Any], layer: str) -> Node:
    del meta, layer
    circuit = {"r": args["R"], "c": args["C"], "time_step": args["time_step"]}
    return Lapicque(args["threshold"], compare=">", **circuit, **_snntorch_reset(args, loses_input=True))


def _spikingjelly(args: dict[str, Any]) -> dict[str, Any]:
    hard = args["v_reset"] is not None
    reset = {"reset": "zero", "v_reset": args["v_reset"], "v_init": args["v_reset"]} if hard else {}
    return {"v_threshold": args["v_threshold"], **reset}


def _sj_if(meta: dict[str, Any], args: dict[str, Any], layer: str) -> Node:
    del meta, layer
    return IF(**_spikingjelly(args))


def _sj_lif(meta: dict[str, Any], args: dict[str, Any], layer: str) -> Node:
    del layer
    number: dict[str, Any] = {"rate": meta["sigmoid_w"]} if "sigmoid_w" in meta else {"tau": args["tau"]}
    formula = "relax" if args["decay_input"] else "plain"
    return DiscreteLIF(**_spikingjelly(args), formula=formula, v_leak=args["v_reset"] or 0.0, **number)


def _sj_cuba(meta: dict[str, Any], args: dict[str, Any], layer: str) -> Node:
    del meta, layer
    return DiscreteCubaLIF(**_spikingjelly(args), decay=args["v_decay"], syn_decay=args["c_decay"])


def _sinabs(args: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {"v_threshold": args["spike_threshold"]}
    if args.get("spike_fn") == "multi":
        options["max_spikes"] = 255
    if args.get("reset_fn") == "MembraneReset":
        options["reset"] = "zero"
    return options | ({"floor": args["min_v_mem"]} if args.get("min_v_mem") is not None else {})


def _sinabs_iaf(meta: dict[str, Any], args: dict[str, Any], layer: str) -> Node:
    del meta, layer
    return IF(**_sinabs(args))


def _sinabs_lif(meta: dict[str, Any], args: dict[str, Any], layer: str) -> Node:
    del layer
    alpha = np.float32(meta.get("alpha", np.exp(-1 / args["tau_mem"])))
    leak: dict[str, Any] = {"decay": alpha, "gain": np.float32(1) - alpha if args["norm_input"] else 1.0}
    if args.get("tau_syn") is None:
        return DiscreteLIF(**_sinabs(args), **leak)
    return DiscreteCubaLIF(**_sinabs(args), **leak, current="decay_last", syn_decay=meta["alpha_syn"])


def _rate(args: dict[str, Any], name: str) -> Any:
    """Return ``dt`` times an inverse time constant, as Norse multiplies them."""
    return np.float32(args["dt"]) * np.float32(args[name])


def _norse(args: dict[str, Any]) -> dict[str, Any]:
    reset = {} if args.get("reset") == "subtract" else {"reset": "zero", "v_reset": args["v_reset"]}
    return {"v_threshold": args["v_th"], "compare": ">", **reset}


def _norse_iaf(meta: dict[str, Any], args: dict[str, Any], layer: str) -> Node:
    del meta, layer
    return IF(**_norse(args), v_init=args["v_reset"])


def _norse_box(meta: dict[str, Any], args: dict[str, Any], layer: str) -> Node:
    del meta, layer
    return DiscreteLIF(**_norse(args), formula="box", rate=_rate(args, "tau_mem_inv"))


def _norse_lif(meta: dict[str, Any], args: dict[str, Any], layer: str) -> Node:
    del meta, layer
    rates: dict[str, Any] = {"rate": _rate(args, "tau_mem_inv"), "syn_rate": _rate(args, "tau_syn_inv")}
    return DiscreteCubaLIF(**_norse(args), formula="relax", current="jump", **rates)


NEURONS: dict[tuple[str, str], Callable[[dict[str, Any], dict[str, Any], str], Node]] = {
    ("snntorch", "Leaky"): _leaky,
    ("snntorch", "RLeaky"): _rleaky,
    ("snntorch", "Synaptic"): _synaptic,
    ("snntorch", "RSynaptic"): _synaptic,
    ("snntorch", "Lapicque"): _lapicque,
    ("spikingjelly", "IFNode"): _sj_if,
    ("spikingjelly", "LIFNode"): _sj_lif,
    ("spikingjelly", "ParametricLIFNode"): _sj_lif,
    ("spikingjelly", "CUBALIFNode"): _sj_cuba,
    ("sinabs", "IAF"): _sinabs_iaf,
    ("sinabs", "LIF"): _sinabs_lif,
    ("sinabs", "LIFRecurrent"): _sinabs_lif,
    ("norse", "IAFCell"): _norse_iaf,
    ("norse", "LIFBoxCell"): _norse_box,
    ("norse", "LIFCell"): _norse_lif,
    ("norse", "LIFRecurrentCell"): _norse_lif,
}
"""What each class of a library is here."""


def differing(fixture: Fixture, backend: str) -> int:
    """Return how many spikes of a run differ from the fixture's, in both layers."""
    x = fixture.arrays["x"]
    result = pysnn.run(network(fixture), x, steps=len(x), coding="spikes", record=["n1", "n2"], backend=backend)
    return sum(
        int(np.count_nonzero(result.spikes[f"n{k}"].squeeze((3, 4)) != fixture.arrays[f"spk{k}"])) for k in (1, 2)
    )


def check(folder: Path) -> int:
    """Check all fixtures of a folder, print what differs, and return the exit code."""
    paths = sorted(path for path in folder.glob("*.npz") if not path.stem.endswith("_nir"))
    runs = differ = skipped = failed = 0
    for path in paths:
        try:
            fixture = load(path)
            network(fixture)
        except (KeyError, ValueError, OSError, BadZipFile, pysnn.PysnnError) as error:
            print(f"{path.name}: skipped: {type(error).__name__}: {error}")
            skipped += 1
            continue
        for backend in available_backends():
            found = differing(fixture, backend)
            runs += 1
            differ += found
            failed += found if fixture.exact else 0
            if found:
                print(f"{path.name}: {backend}: {found} spikes differ{'' if fixture.exact else ' (weights are free)'}")
    print(f"{len(paths)} files, {runs} runs, {differ} spikes differ, {skipped} skipped")
    return 1 if failed or skipped or not paths else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {Path(sys.argv[0]).name} DIR")
    sys.exit(check(Path(sys.argv[1])))
