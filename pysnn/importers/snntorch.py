"""Import of trained snnTorch modules."""

from typing import Any

import numpy as np

from pysnn.errors import NetworkError
from pysnn.importers.spiking.importer import ImportedModule, Request, import_module
from pysnn.importers.spiking.library import Layout, Library, Neuron, number, unknown
from pysnn.importers.torch.layers import array
from pysnn.neurons import DiscreteCubaLIF, DiscreteLIF, Lapicque
from pysnn.nodes import Affine, Conv2d, Delay, Linear, Node
from pysnn.nodes.base import Shape

__all__ = ["LIBRARY", "from_module"]


def from_module(module: Any, x: Any, **options: Any) -> ImportedModule:
    """Read a trained snnTorch module, and check its spikes against the library's own.

    Parameters
    ----------
    module
        In evaluation mode, on the CPU; a Sequential, a ``forward(x)`` or ``forward(x, mem1, ...)`` of one step, or one that loops over ``num_steps`` or
        over the first or second axis of its input. It is not changed, but for the states that its neurons keep.
    x
        Data to compare on: ``(samples, ...)`` for coding "constant", ``(steps, samples, ...)`` for "spikes" and "frames".
    **options
        Fields of :class:`~pysnn.importers.spiking.importer.Request`: ``steps``, ``coding``, ``readout``, ``allow_differences``.

    Raises
    ------
    NetworkError
        A part has no counterpart, or spikes differ from the library's.
    DataError
        The data do not fit.
    MissingExtraError
        PyTorch is not installed.

    Examples
    --------
    >>> import snntorch, torch  # doctest: +SKIP
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 2), snntorch.Leaky(beta=0.9, init_hidden=True))  # doctest: +SKIP
    >>> from_module(net.eval(), np.eye(4), steps=10, coding="constant").differences  # doctest: +SKIP
    0
    """
    return import_module(module, x, LIBRARY, Request(**options))


def _neuron(module: Any) -> Neuron | None:
    import snntorch

    if not isinstance(module, snntorch.SpikingNeuron):
        return None
    kind = type(module)
    _check(module)
    if kind is snntorch.Leaky:
        return Neuron(_leaky(module, loses_input=False), outputs=_outputs(module, 1))
    if kind is snntorch.RLeaky:
        return Neuron(_leaky(module, loses_input=True), back=_back(module), outputs=_outputs(module, 1))
    if kind is snntorch.Synaptic:
        return Neuron(_synaptic(module), outputs=_outputs(module, 2))
    if kind is snntorch.RSynaptic:
        return Neuron(_synaptic(module), back=_back(module), outputs=_outputs(module, 2))
    if kind is snntorch.Lapicque:
        circuit = {"r": module.R, "c": module.C, "time_step": module.time_step}
        numbers = {key: number(value, f"Lapicque: {key}") for key, value in circuit.items()}
        return Neuron(Lapicque(**_spiking(module, loses_input=True), **numbers), outputs=_outputs(module, 1))
    raise unknown(module, "snnTorch")


def _check(module: Any) -> None:
    """Refuse what has no counterpart."""
    kind = type(module).__name__
    if np.any(np.asarray(number(module.graded_spikes_factor, f"{kind}: graded_spikes_factor")) != 1):
        raise NetworkError(
            f"{kind}: graded_spikes_factor must be 1, got {float(module.graded_spikes_factor.max())}: spikes have no size"
        )
    if module.inhibition:
        raise NetworkError(
            f"{kind}: inhibition has no counterpart, in which the largest potential of a layer alone fires"
        )
    if module.state_quant:
        raise NetworkError(f"{kind}: state_quant has no counterpart: states are float32")


def _outputs(module: Any, states: int) -> int:
    return 1 if module.init_hidden and not module.output else 1 + states


def _spiking(module: Any, *, loses_input: bool) -> dict[str, Any]:
    """Return threshold and reset; ``loses_input``: a reset to zero acts behind the next input."""
    found = {"v_threshold": number(module.threshold, f"{type(module).__name__}: threshold"), "compare": ">"}
    late = bool(getattr(module, "reset_delay", True))
    reset = ("subtract", "zero", "none")[int(module.reset_mechanism_val)]
    if reset == "none":
        return {**found, "reset": reset}
    if reset == "subtract":
        return {**found, "reset_time": "late" if late else "both"}
    return {**found, "reset": reset, "reset_time": "late" if late and loses_input else "now"}


def _leaky(module: Any, *, loses_input: bool) -> Node:
    return DiscreteLIF(**_spiking(module, loses_input=loses_input), decay=_decay(module, "beta"))


def _synaptic(module: Any) -> Node:
    decays = {"decay": _decay(module, "beta"), "syn_decay": _decay(module, "alpha")}
    return DiscreteCubaLIF(**_spiking(module, loses_input=True), **decays)


def _decay(module: Any, name: str) -> Any:
    """Return a decay as it is used, within 0..1."""
    return np.clip(number(getattr(module, name), f"{type(module).__name__}: {name}"), 0.0, 1.0)


def _back(module: Any) -> tuple[tuple[str, Node], ...]:
    """Return the recurrent connections: a layer, or one weight for each neuron."""
    import torch

    layer = module.recurrent
    bias = None if getattr(layer, "bias", None) is None else array(layer.bias, "bias")
    if isinstance(layer, torch.nn.Linear):
        node: Node = Linear(array(layer.weight, "weight"), bias)
    elif isinstance(layer, torch.nn.Conv2d):
        node = Conv2d(array(layer.weight, "weight"), bias, layer.stride, _padding(layer), layer.dilation, layer.groups)
    else:
        node = Affine(number(layer.V, f"{type(module).__name__}: V"), 0.0)
    return (("delay", Delay()), ("recurrent", node))


def _padding(layer: Any) -> Shape:
    """Return (top, left, bottom, right)."""
    if layer.padding == "same":
        total = [step * (size - 1) for step, size in zip(layer.dilation, layer.kernel_size, strict=True)]
        return (total[0] // 2, total[1] // 2, total[0] - total[0] // 2, total[1] - total[1] // 2)
    return (*layer.padding, *layer.padding)


def _layout(_: Any) -> Layout:
    return "step"


def _reset(module: Any) -> None:
    import snntorch
    import torch

    for part in module.modules():
        for name in ("mem", "syn", "spk"):
            if isinstance(part, snntorch.SpikingNeuron) and hasattr(part, name):
                setattr(part, name, torch.zeros(0))


LIBRARY = Library("snnTorch", _neuron, _layout, _reset, own=("snntorch._neurons",))
"""How snnTorch's modules are read."""
