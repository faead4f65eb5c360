"""Import of trained SpikingJelly modules."""

from typing import Any

from pysnn.errors import NetworkError
from pysnn.importers.spiking.importer import ImportedModule, Request, import_module
from pysnn.importers.spiking.library import Layout, Library, Neuron, number, unknown
from pysnn.importers.torch.table import Leaf, handler_of
from pysnn.neurons import IF, DiscreteCubaLIF, DiscreteLI, DiscreteLIF, I
from pysnn.nodes import Node

__all__ = ["LIBRARY", "from_module"]


def from_module(module: Any, x: Any, **options: Any) -> ImportedModule:
    """Read a trained SpikingJelly module, and check its spikes against the library's own; see :func:`pysnn.importers.snntorch.from_module`.

    Neurons and layers may be in step mode "s" or "m".

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> from spikingjelly.activation_based import neuron  # doctest: +SKIP
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 2), neuron.LIFNode())  # doctest: +SKIP
    >>> from_module(net.eval(), torch.eye(4), steps=10, coding="constant").differences  # doctest: +SKIP
    0
    """
    return import_module(module, x, LIBRARY, Request(**options))


def _neuron(module: Any) -> Neuron | None:
    from spikingjelly.activation_based import neuron

    if not type(module).__module__.startswith("spikingjelly.activation_based.neuron"):
        return None
    kind = type(module)
    if kind is neuron.IFNode:
        return Neuron(IF(**_spiking(module)))
    if kind is neuron.LIFNode:
        return Neuron(DiscreteLIF(**_spiking(module), **_leak(module), tau=number(module.tau, "LIFNode: tau")))
    if kind is neuron.ParametricLIFNode:
        rate = number(module.w.detach().sigmoid(), "ParametricLIFNode: w")
        return Neuron(DiscreteLIF(**_spiking(module), **_leak(module), rate=rate))
    if kind is neuron.CUBALIFNode:
        decays = {"decay": module.v_decay, "syn_decay": module.c_decay}
        numbers = {key: number(value, f"CUBALIFNode: {key}") for key, value in decays.items()}
        return Neuron(DiscreteCubaLIF(**_spiking(module), **numbers))
    if kind in (neuron.NonSpikingIFNode, neuron.NonSpikingLIFNode):
        return Neuron(_integrator(module))
    raise unknown(module, "SpikingJelly")


def _spiking(module: Any) -> dict[str, Any]:
    found = {"v_threshold": number(module.v_threshold, f"{type(module).__name__}: v_threshold")}
    if module.v_reset is None:
        return found
    v_reset = number(module.v_reset, f"{type(module).__name__}: v_reset")
    return {**found, "reset": "zero", "v_reset": v_reset, "v_init": v_reset}


def _leak(module: Any) -> dict[str, Any]:
    return {"formula": "relax" if module.decay_input else "plain", "v_leak": module.v_reset or 0.0}


def _integrator(module: Any) -> Node:
    if module.decode is not None:
        raise NetworkError(f"{type(module).__name__}: decode must be None, got {module.decode!r}: choose a readout")
    if type(module).__name__ == "NonSpikingIFNode":
        return I()
    return DiscreteLI(formula="relax", tau=number(module.tau, "NonSpikingLIFNode: tau"))


def _layer(module: Any) -> Leaf | None:
    """Return the leaf of a layer that is PyTorch's in either step mode."""
    if not type(module).__module__.startswith("spikingjelly.activation_based.layer"):
        return None
    for kind in type(module).__mro__:
        handler = handler_of(kind)
        if handler is not None:
            return Leaf(handler, lambda *args, kind=kind, **kwargs: kind.forward(module, *args, **kwargs))
    if type(module).__name__ in ("Dropout", "Dropout2d"):
        return Leaf(lambda _call, _module, x: x, lambda x: x)
    return None


def _opened(module: Any) -> list[Any] | None:
    from spikingjelly.activation_based import layer

    kinds = (layer.SeqToANNContainer, layer.MultiStepContainer, layer.StepModeContainer)
    return list(module.children()) if isinstance(module, kinds) else None


def _layout(module: Any) -> Layout:
    return "time" if getattr(module, "step_mode", "s") == "m" or not hasattr(module, "step_mode") else "step"


def _reset(module: Any) -> None:
    from spikingjelly.activation_based import functional

    functional.reset_net(module)


LIBRARY = Library(
    "SpikingJelly", _neuron, _layout, _reset, _layer, _opened, own=("spikingjelly.activation_based.layer",)
)
"""How SpikingJelly's modules are read."""
