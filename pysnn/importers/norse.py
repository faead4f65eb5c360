"""Import of trained Norse modules."""

from typing import Any

import numpy as np

from pysnn.errors import NetworkError
from pysnn.frozen import FrozenDict
from pysnn.importers.spiking.importer import ImportedModule, Request, import_module
from pysnn.importers.spiking.library import Layout, Library, Neuron, number, unknown
from pysnn.importers.torch.layers import array
from pysnn.neurons import IF, DiscreteCubaLI, DiscreteCubaLIF, DiscreteLI, DiscreteLIF
from pysnn.nodes import Delay, Linear, Node

__all__ = ["LIBRARY", "from_module"]

_OF_STEPS = ("LIF", "LIFRecurrent", "IAF", "LI")
_CONTAINERS = ("Lift", "RecurrentSequential", "SequentialState")
_MISSING = FrozenDict(
    {
        "LSNN": "its threshold rises behind a spike, and pysnn's ALIF has no synaptic current",
        "LIFAdEx": "it has an exponential term and an adaptation current",
        "LIFEx": "it has an exponential term",
        "Izhikevich": "it has a quadratic term and a recovery variable",
        "CobaLIF": "it has conductances",
    }
)
_RESETS = {"reset_value": "value", "reset_subtract": "subtract"}


def from_module(module: Any, x: Any, **options: Any) -> ImportedModule:
    """Read a trained Norse module, and check its spikes against the library's own; see :func:`pysnn.importers.snntorch.from_module`.

    Cells take one step, their namesakes without ``Cell`` all steps, ``(time, batch, ...)``.

    Examples
    --------
    >>> import torch, norse.torch as snn  # doctest: +SKIP
    >>> net = snn.SequentialState(torch.nn.Linear(4, 2), snn.LIFBoxCell())  # doctest: +SKIP
    >>> from_module(net.eval(), torch.eye(4), steps=10, coding="constant").differences  # doctest: +SKIP
    0
    """
    return import_module(module, x, LIBRARY, Request(**options))


def _neuron(module: Any) -> Neuron | None:
    from norse.torch.module import snn

    kind = type(module)
    if not kind.__module__.startswith("norse.torch.module") or kind.__name__ in _CONTAINERS:
        return None
    read = _KINDS.get(kind.__name__)
    if read is None:
        raise unknown(module, "Norse", _MISSING)
    node = read(module)
    if isinstance(module, snn.SNNRecurrent | snn.SNNRecurrentCell):
        weights = {name: array(getattr(module, name), name) for name in ("input_weights", "recurrent_weights")}
        back = (("delay", Delay()), ("recurrent", Linear(weights["recurrent_weights"])))
        return Neuron(node, Linear(weights["input_weights"]), back, 2)
    weight = Linear(array(module.input_weights, "input_weights")) if hasattr(module, "input_weights") else None
    return Neuron(node, weight, outputs=2)


def _number(module: Any, name: str) -> Any:
    return number(getattr(module.p, name), f"{type(module).__name__}: {name}")


def _rate(module: Any, name: str) -> Any:
    """Return the step times an inverse time constant, in float32 as the library multiplies them."""
    inverse = np.asarray(_number(module, name), dtype=np.float32)
    return number(np.float32(module.dt) * inverse, f"{type(module).__name__}: {name}")


def _spiking(module: Any) -> dict[str, Any]:
    return {
        "v_threshold": _number(module, "v_th"),
        "compare": ">",
        "reset": "value",
        "v_reset": _number(module, "v_reset"),
    }


def _leak(module: Any) -> dict[str, Any]:
    v_leak = _number(module, "v_leak")
    return {"rate": _rate(module, "tau_mem_inv"), "v_leak": v_leak, "v_init": v_leak}


def _iaf(module: Any) -> Node:
    return IF(**_spiking(module), v_init=_number(module, "v_reset"))


def _box(module: Any) -> Node:
    method = getattr(module.p.reset_method, "__name__", str(module.p.reset_method))
    if method not in _RESETS:
        raise NetworkError(f"LIFBoxCell: reset_method must be reset_value or reset_subtract, got {method}")
    found = _spiking(module)
    if _RESETS[method] == "subtract":
        found |= {"reset": "subtract", "v_reset": 0.0}
    return DiscreteLIF(**found, **_leak(module), formula="box")


def _current(module: Any) -> dict[str, Any]:
    return {"formula": "relax", "current": "jump", "syn_rate": _rate(module, "tau_syn_inv")}


def _lif(module: Any) -> Node:
    return DiscreteCubaLIF(**_spiking(module), **_leak(module), **_current(module))


def _li(module: Any) -> Node:
    return DiscreteCubaLI(**_leak(module), **_current(module))


def _li_box(module: Any) -> Node:
    return DiscreteLI(**_leak(module), formula="relax")


_KINDS = {
    "IAF": _iaf,
    "IAFCell": _iaf,
    "LI": _li,
    "LIBoxCell": _li_box,
    "LICell": _li,
    "LILinearCell": _li,
    "LIF": _lif,
    "LIFBoxCell": _box,
    "LIFCell": _lif,
    "LIFRecurrent": _lif,
    "LIFRecurrentCell": _lif,
}


def _opened(module: Any) -> list[Any] | None:
    return [module.lifted_module] if type(module).__name__ == "Lift" else None


def _layout(module: Any) -> Layout:
    return "time" if type(module).__name__ in _OF_STEPS else "step"


def _reset(_: Any) -> None:
    """Do nothing: Norse's modules keep no states."""


LIBRARY = Library("Norse", _neuron, _layout, _reset, opened=_opened)
"""How Norse's modules are read."""
