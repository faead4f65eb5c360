"""int8 plans whose currents meet no neuron at once: concatenated with others, or given a factor and a shift per channel.

Networks whose normalisation stands before a neuron and behind a sum or a concatenation need these (DenseNet, pre-activation ResNet).
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pysnn.errors import PlanError
from pysnn.nodes import Conv2d
from pysnn.nodes.base import Shape
from pysnn.plan.builder import Float32, Float64, MapValue, term_scale
from pysnn.plan.ops import AddOp, Int32, MapSpec, RoundOp, Term
from pysnn.plan.quantise import fixed_point, integers, next_powers_of_two, own_or_one, weight_units

if TYPE_CHECKING:
    from pysnn.plan.int_builder import IntBuilder

__all__ = ["affine", "as_current"]


def as_current(builder: "IntBuilder", name: str, value: MapValue) -> MapValue:
    """Return the value as an int32 current; its unit is as fine for a spike as for a threshold of that worth."""
    worth = own_or_one(np.abs(term_scale(value).astype(np.float64))) if value.counted else None
    return builder.current(name, (value,), worth)


def affine(builder: "IntBuilder", name: str, value: MapValue, layer: Conv2d) -> MapValue:
    """Lower a factor and a shift per channel on an int32 current.

    The factor changes what an integer is worth, and only its sign the integer; the shift is added at each step. The unit is ``|shift| * 2**-16`` at least.
    """
    if not _is_affine(layer):
        raise PlanError(
            f"{builder.title(name)}: int8 weights need spikes or counts, and it gets a current; "
            "put a neuron before it, merge it with the layers that it reads (pysnn.convert.folding.merge_linear), or use precision 'float32'"
        )
    assert value.unit is not None
    assert value.bound is not None
    worth = value.unit * layer.weight.reshape(-1).astype(np.float64)
    unit = np.maximum(np.abs(worth), weight_units(np.zeros_like(layer.weight), layer.bias))
    if builder.units == "power_of_two":
        unit = next_powers_of_two(unit)
    # Channels without a unit are zero, whatever they are multiplied by.
    ratio = np.where(value.unit > 0, worth / own_or_one(unit), 1.0)
    multiplier, shift = fixed_point(builder.title(name), np.abs(ratio))
    terms = [Term(value.map, multiplier=np.where(ratio < 0, -multiplier, multiplier), shift=shift)]
    if (ratio == 1).all():
        terms = [Term(value.map)]
    added = integers(builder.title(name), layer.bias / own_or_one(unit))
    static = value.spec.static
    if added.any():
        constant = _constant(builder, name, (layer.bias, added), unit, value.spec.shape)
        terms.append(Term(constant.map))
        static = static and constant.spec.static
    bound = np.ceil(value.bound * np.abs(ratio) * (1 + 2.0**-20)).astype(np.int64) + 1 + np.abs(added.astype(np.int64))
    builder.check_bound(name, bound)
    return builder.emit(AddOp(name, MapSpec(value.spec.shape, "current", static), tuple(terms)), unit=unit, bound=bound)


def _is_affine(layer: Conv2d) -> bool:
    """Say whether the layer is a factor and a shift per channel."""
    outputs, inputs, *kernel = layer.weight.shape
    return (inputs, kernel, layer.groups) == (1, [1, 1], outputs) and layer.stride == (1, 1) and not any(layer.padding)


def _constant(builder: "IntBuilder", name: str, shift: tuple[Float32, Int32], unit: Float64, shape: Shape) -> MapValue:
    """Return the shift of each channel, as it is and in units, everywhere as a current: what a layer makes of nothing."""
    real, whole = shift
    nothing = np.full((1, 1, 1), -1, dtype=np.int32)
    zero = builder.move(name, (MapValue(0, builder.ops[0].spec),), nothing)
    layer = Conv2d(np.zeros((shape[0], 1, 1, 1), dtype=np.float32), real)
    if zero.spec.kind == "real":
        bias = builder.emit(builder.conv_op(name, zero, layer, weight=layer.weight, bias=real, kind="real"))
        current = builder.emit(RoundOp(name, replace(bias.spec, kind="current"), bias.map, own_or_one(unit)))
    else:
        weight = layer.weight.astype(np.int8)
        current = builder.emit(builder.conv_op(name, zero, layer, weight=weight, bias=whole, kind="current"))
    everywhere = np.broadcast_to(np.arange(shape[0], dtype=np.int32)[:, None, None], shape)
    return builder.move(name, (current,), everywhere)
