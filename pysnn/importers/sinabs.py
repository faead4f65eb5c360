"""Import of trained sinabs modules."""

from typing import Any

from pysnn.errors import NetworkError
from pysnn.frozen import FrozenDict
from pysnn.importers.spiking.importer import ImportedModule, Request, import_module
from pysnn.importers.spiking.library import Layout, Library, Neuron, number, unknown
from pysnn.importers.torch.arithmetic import add
from pysnn.importers.torch.graph import Call, Value
from pysnn.importers.torch.layers import array
from pysnn.importers.torch.table import Leaf
from pysnn.neurons import IF, DiscreteCubaLIF, DiscreteLI, DiscreteLIF
from pysnn.nodes import Delay, Linear, Node, SumPool2d

__all__ = ["LIBRARY", "from_module"]

_MULTI_SPIKE = 255
_MISSING = FrozenDict(
    {
        "ALIF": "it decays by exp(-1/tau), and a spike takes the risen threshold off; pysnn's ALIF has Euler's decays, and takes the resting threshold off"
    }
)


def from_module(module: Any, x: Any, **options: Any) -> ImportedModule:
    """Read a trained sinabs module, and check its spikes against the library's own; see :func:`pysnn.importers.snntorch.from_module`.

    The module takes ``(batch, time, ...)``, or ``(batch * time, ...)`` where its neurons are of the ``Squeeze`` kind.

    Examples
    --------
    >>> import torch, sinabs.layers as sl  # doctest: +SKIP
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 2), sl.IAF())  # doctest: +SKIP
    >>> from_module(net.eval(), torch.eye(4), steps=10, coding="constant").differences  # doctest: +SKIP
    0
    """
    return import_module(module, x, LIBRARY, Request(**options))


def _neuron(module: Any) -> Neuron | None:
    import sinabs.layers as sl

    if not isinstance(module, sl.StatefulLayer):
        return None
    if isinstance(module, sl.ExpLeak):
        return Neuron(DiscreteLI(**_floor(module), **_leak(module)))
    if isinstance(module, sl.LIFRecurrent):
        return Neuron(_lif(module), back=_back(module))
    if isinstance(module, sl.LIF):
        return Neuron(_lif(module))
    raise unknown(module, "sinabs", _MISSING)


def _lif(module: Any) -> Node:
    kind = type(module).__name__
    found = {
        "v_threshold": number(module.spike_threshold, f"{kind}: spike_threshold"),
        **_firing(module),
        **_floor(module),
    }
    integrates = kind.startswith("IAF")
    leak = {} if integrates else _leak(module)
    alpha_syn = module.alpha_syn_calculated
    if alpha_syn is not None:
        leak = {"decay": 1.0} if integrates else leak
        return DiscreteCubaLIF(**found, **leak, current="decay_last", syn_decay=number(alpha_syn, f"{kind}: tau_syn"))
    return IF(**found) if integrates else DiscreteLIF(**found, **leak)


def _firing(module: Any) -> dict[str, Any]:
    """Return how often it fires, and its reset."""
    from sinabs import activation

    kind, fires, reset = type(module).__name__, module.spike_fn, module.reset_fn
    found: dict[str, Any] = {}
    if fires is activation.MultiSpike:
        found["max_spikes"] = _MULTI_SPIKE
    elif isinstance(fires, activation.MaxSpike):
        found["max_spikes"] = int(fires.max_num_spikes_per_bin)
    elif fires is not activation.SingleSpike:
        raise NetworkError(f"{kind}: spike_fn must be MultiSpike, MaxSpike or SingleSpike, got {fires!r}")
    if isinstance(reset, activation.MembraneReset):
        if reset.reset_value != 0:
            raise NetworkError(
                f"{kind}: MembraneReset must reset to 0, got {reset.reset_value}: sinabs adds other values to silent neurons too"
            )
        return {**found, "reset": "zero"}
    if not isinstance(reset, activation.MembraneSubtract) or reset.subtract_value is not None:
        raise NetworkError(f"{kind}: reset_fn must be MembraneReset or MembraneSubtract without a value, got {reset!r}")
    return found


def _floor(module: Any) -> dict[str, Any]:
    return (
        {} if module.min_v_mem is None else {"floor": number(module.min_v_mem, f"{type(module).__name__}: min_v_mem")}
    )


def _leak(module: Any) -> dict[str, Any]:
    alpha = module.alpha_mem_calculated.detach()
    kind = type(module).__name__
    gain = number(1 - alpha, f"{kind}: tau_mem") if module.norm_input else 1.0
    return {"decay": number(alpha, f"{kind}: tau_mem"), "gain": gain}


def _back(module: Any) -> tuple[tuple[str, Node], ...]:
    """Return the recurrent connections, whose currents come a step later."""
    import torch

    layer = module.rec_connect
    parts = [
        part
        for part in layer.modules()
        if not isinstance(part, torch.nn.Sequential | torch.nn.Flatten | torch.nn.Identity)
    ]
    if len(parts) != 1 or not isinstance(parts[0], torch.nn.Linear):
        raise NetworkError(f"{type(module).__name__}: rec_connect must be a Linear layer, got {type(layer).__name__}")
    bias = None if parts[0].bias is None else array(parts[0].bias, "bias")
    return (("recurrent", Linear(array(parts[0].weight, "weight"), bias)), ("delay", Delay()))


def _layer(module: Any) -> Leaf | None:
    import sinabs.layers as sl

    if isinstance(module, sl.SumPool2d):
        return Leaf(_sum_pool, module)
    if isinstance(module, sl.Merge):
        return Leaf(lambda call, _, a, b: add(call, a, b), module)
    if isinstance(module, sl.FlattenTime | sl.UnflattenTime):
        return Leaf(lambda _call, _module, x: x, lambda x: x)
    return None


def _sum_pool(call: Call, module: Any, x: Value) -> Value:
    if module.ceil_mode:
        raise NetworkError("ceil_mode is not supported: use ceil_mode=False")
    return call.add(SumPool2d(module.kernel_size, module.stride), x)


def _opened(module: Any) -> list[Any] | None:
    import sinabs.layers as sl

    return [module.module] if isinstance(module, sl.Repeat) else None


def _layout(module: Any) -> Layout:
    return "flat" if type(module).__name__.endswith("Squeeze") else "batch_time"


def _reset(module: Any) -> None:
    import sinabs

    sinabs.reset_states(module)


LIBRARY = Library("sinabs", _neuron, _layout, _reset, _layer, _opened, own=("sinabs.layers",))
"""How sinabs' modules are read."""
