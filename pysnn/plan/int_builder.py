"""Lower a network to int8 weights and int32 currents."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import PlanError
from pysnn.frozen import FrozenDict
from pysnn.nodes import Conv2d
from pysnn.nodes.base import NeuronParameters
from pysnn.plan.builder import Float32, Float64, Int64, MapValue, PlanBuilder, same_scale, spread_scale, term_scale
from pysnn.plan.int_currents import affine, as_current
from pysnn.plan.int_neuron import across, in_units
from pysnn.plan.ops import CURRENT_LIMIT, MAX_COUNT, AddOp, ByteOp, MapSpec, NeuronOp, OutputOp, PoolOp, RoundOp, Term
from pysnn.plan.pixels import on_pixels
from pysnn.plan.quantise import (
    first_units,
    fixed_point,
    integers,
    largest_unit,
    next_powers_of_two,
    own_or_one,
    quantise_weights,
    same_unit,
    weight_units,
)

__all__ = ["IntBuilder"]

_INT32 = 2**31 - 1
_FREE_UNIT = 2.0**-12
_LEAST_UNIT = 2.0**-20
_LEAST_STATIC = 2.0**-14
_FINEST = 2.0**-4
_BYTE = 255
_COARSEST_OF_LEVELS = 2.0**-6


class IntBuilder(PlanBuilder):
    """Builds int8 plans; ``docs/numerics.md`` has the definition."""

    delays_currents = False

    def join(self, name: str, values: tuple[MapValue, ...]) -> MapValue:
        """Add what meets in a node; counts stay counts, and constant real values real, where they can."""
        if len(values) == 1:
            return values[0]
        return (
            self.add_counts(name, values)
            or self._add_levels(name, values)
            or self._static_sum(name, values)
            or self.current(name, values, None)
        )

    def _add_levels(self, name: str, values: tuple[MapValue, ...]) -> MapValue | None:
        """Add levels, and sums of them, that stand for the same value, in int32."""
        first = values[0].scale
        if not self.windows or not all(value.counted and same_scale(first, value.scale) for value in values):
            return None
        wide = tuple(self._widened(name, value) for value in values)
        most = sum(value.most for value in wide)
        self.check_bound(name, np.array([most]))
        op = AddOp(name, MapSpec(values[0].spec.shape, "current", False), tuple(Term(value.map) for value in wide))
        return self.emit(op, scale=first, most=most)

    def _widened(self, name: str, value: MapValue) -> MapValue:
        """Return levels, or counts of them, in int32."""
        if value.most:
            return value
        spec = MapSpec(value.spec.shape, "current", value.spec.static)
        op = PoolOp(name, spec, value.map, (1, 1), (1, 1), (0, 0, 0, 0), 1.0)
        return self.emit(op, scale=value.scale, most=value.spec.max_count)

    def _static_sum(self, name: str, values: tuple[MapValue, ...]) -> MapValue | None:
        if any(value.spec.kind != "real" for value in values):
            return None
        nothing = np.zeros(values[0].spec.shape[0])
        op = AddOp(name, values[0].spec, tuple(Term(value.map) for value in values))
        return self.emit(op, unit=first_units(values, nothing, nothing, nothing))

    def current(
        self, name: str, values: tuple[MapValue, ...], threshold: Float64 | None, *, coarsest: float = np.inf
    ) -> MapValue:
        """Add what enters as int32 currents, channel by channel in the unit of the first edge that has a usable one.

        Where the sum feeds no neuron that is the largest unit of a current. Constant real values are rounded to units of
        ``coarsest`` thresholds at most.
        """
        joined = self._static_sum(name, values) if len(values) > 1 else values[0]
        values = values if joined is None else (joined,)
        scale = np.ones(values[0].spec.shape[0]) if threshold is None else threshold
        least = np.zeros_like(scale) if threshold is None else scale
        largest = largest_unit(values, scale)
        # A sum that goes on never gets finer: each further layer would multiply what it may reach.
        finest = np.maximum(least * _LEAST_UNIT, largest * (1 if threshold is None else _FINEST))
        unit = first_units(values, least * _LEAST_STATIC, finest, scale * _FREE_UNIT)
        first = values[0]
        if len(values) == 1 and first.spec.kind == "real":
            return self._rounded(name, first, np.minimum(unit, scale * coarsest))
        if len(values) == 1 and first.unit is not None and same_unit(first.unit, unit):
            return replace(first, unit=unit)
        parts = [self._term(name, value, unit) for value in values]
        bound = np.sum([limit for _, limit in parts], axis=0)
        self.check_bound(name, bound)
        static = all(value.spec.static for value in values)
        op = AddOp(name, MapSpec(first.spec.shape, "current", static), tuple(term for term, _ in parts))
        return self.emit(op, unit=unit, bound=bound)

    def _rounded(self, name: str, value: MapValue, unit: Float64) -> MapValue:
        if not value.spec.static:
            raise PlanError(
                f"{self.title(name)}: int8 networks have no real currents that change from step to step; use precision 'float32'"
            )
        op = RoundOp(name, replace(value.spec, kind="current"), value.map, unit)
        return self.emit(op, unit=unit, bound=np.full(len(unit), CURRENT_LIMIT))

    def _term(self, name: str, value: MapValue, unit: Float64) -> tuple[Term, Int64]:
        """Return one edge of a sum in ``unit``, and the largest magnitudes that it can have."""
        if value.spec.holds_spikes:
            constant = integers(self.title(name), term_scale(value).astype(np.float64) / unit)
            return Term(value.map, constant=constant), np.abs(constant.astype(np.int64)) * value.spec.max_count
        if value.most:
            ratio = term_scale(value).astype(np.float64) / unit
            multiplier, shift = fixed_point(self.title(name), ratio)
            bound = np.ceil(value.most * ratio * (1 + 2.0**-20)) + 1
            return Term(value.map, multiplier=multiplier, shift=shift), bound.astype(np.int64)
        if value.spec.kind == "real":
            value = self._rounded(name, value, unit)
        assert value.unit is not None
        assert value.bound is not None
        if same_unit(value.unit, unit):
            return Term(value.map), value.bound
        ratio = value.unit / unit
        multiplier, shift = fixed_point(self.title(name), ratio)
        bound = np.ceil(value.bound * ratio * (1 + 2.0**-20)) + 1
        return Term(value.map, multiplier=multiplier, shift=shift), bound.astype(np.int64)

    def check_bound(self, name: str, bound: Int64) -> None:
        """Refuse a current that int32 might not hold."""
        largest = int(bound.max(initial=0))
        if largest > _INT32:
            raise PlanError(f"{self.title(name)}: an int32 current could reach {largest}; use precision 'float32'")

    def scale(self, name: str, value: MapValue, factor: Float32) -> MapValue:
        """Multiply: what one count or one integer stands for, or a float32 operation on constant values."""
        if value.counted:
            return self.scaled(name, value, factor)
        if value.spec.kind == "current":
            assert value.unit is not None
            return replace(value, unit=value.unit * factor.astype(np.float64))
        layer = Conv2d(factor.reshape(-1, 1, 1, 1), groups=value.spec.shape[0])
        unit = None if value.unit is None else value.unit * factor.astype(np.float64)
        return replace(self.conv(name, value, layer), unit=unit)

    def conv(self, name: str, value: MapValue, layer: Conv2d) -> MapValue:
        """Lower a weight layer: int8 on counts, float32 on values that are constant in time."""
        if value.spec.kind == "current" and not value.most:
            return affine(self, name, value, layer)
        if value.map == 0 and self.first_layer == "int8":
            layer = on_pixels(self.network.input, layer)
        weight = self.folded(name, value, layer)
        units = weight_units(weight, np.asarray(layer.bias))
        if self.units == "power_of_two":
            units = next_powers_of_two(units)
        if value.spec.kind == "real":
            op = self.conv_op(name, value, layer, weight=weight, bias=np.asarray(layer.bias), kind="real")
            return self.emit(op, unit=units)
        small = quantise_weights(weight, own_or_one(units))
        bias = integers(self.title(name), layer.bias.astype(np.float64) / own_or_one(units))
        weights_sum = np.abs(small).sum(axis=(1, 2, 3), dtype=np.int64) * (value.most or value.spec.max_count)
        bound = np.abs(bias.astype(np.int64)) + weights_sum
        self.check_bound(name, bound)
        if value.most:
            return replace(self._conv_bytes(name, value, layer, small, bias), unit=units, bound=bound)
        op = self.conv_op(name, value, layer, weight=small, bias=bias, kind="current")
        return self.emit(op, unit=units, bound=bound)

    def _conv_bytes(self, name: str, value: MapValue, layer: Conv2d, small: Any, bias: Any) -> MapValue:
        """Lower int8 weights on sums of levels in int32: byte by byte, each result times the value of its byte."""
        terms = []
        for shift in range(0, value.most.bit_length(), 8):
            spec = replace(value.spec, kind="count", max_count=min(_BYTE, value.most >> shift))
            part = self.emit(ByteOp(name, spec, value.map, shift))
            own = bias if shift == 0 else np.zeros_like(bias)
            found = self.emit(self.conv_op(name, part, layer, weight=small, bias=own, kind="current"))
            factor = np.full(len(bias), 1 << 30, dtype=np.int32), np.full(len(bias), 30 - shift, dtype=np.int32)
            terms.append(Term(found.map) if shift == 0 else Term(found.map, multiplier=factor[0], shift=factor[1]))
        return self.emit(AddOp(name, MapSpec(self.ops[-1].spec.shape, "current", value.spec.static), tuple(terms)))

    def pool(self, name: str, value: MapValue, window: Any, divisor: int) -> MapValue:
        """Lower a sum (divisor 1) or average over windows."""
        weight = np.float32(1.0 / divisor)
        if value.spec.kind == "real":
            return replace(self.sum_pool(name, value, window, float(weight)), unit=value.unit)
        if value.counted:
            largest = self.pooled_count(value, window)
            if largest > MAX_COUNT and self.windows:
                return self._pool_levels(name, value, window, weight)
            if largest > MAX_COUNT:
                raise PlanError(
                    f"{self.title(name)}: a count could reach {largest}, and int8 networks carry at most {MAX_COUNT}; "
                    "pool in two steps with a neuron between, or use precision 'float32'"
                )
            pooled = self.sum_pool(name, value, window, 1.0)
            scale = value.scale if divisor == 1 else np.asarray(term_scale(value) * weight, dtype=np.float32)
            return replace(pooled, scale=scale)
        assert value.unit is not None
        assert value.bound is not None
        bound = value.bound * int(window.kernel[0]) * int(window.kernel[1])
        self.check_bound(name, bound)
        return replace(self.sum_pool(name, value, window, 1.0), unit=value.unit / divisor, bound=bound)

    def _pool_levels(self, name: str, value: MapValue, window: Any, weight: np.float32) -> MapValue:
        """Sum levels over windows in int32, which is exact however large the window."""
        most = self.pooled_count(value, window)
        self.check_bound(name, np.array([most]))
        spec = replace(self.pooled_spec(name, value, window), kind="current", max_count=0)
        op = PoolOp(name, spec, value.map, window.kernel, window.stride, window.padding, 1.0)
        scale = value.scale if weight == 1 else np.asarray(term_scale(value) * weight, dtype=np.float32)
        return self.emit(op, scale=scale, most=most)

    def gather(self, name: str, values: tuple[MapValue, ...], index: NDArray[np.int32]) -> MapValue:
        """Lower a rearrangement of values; where they are not all spikes, or all of another kind, they become currents."""
        if all(value.counted for value in values):
            if any(value.most for value in values):
                values = tuple(self._widened(name, value) for value in values)
        elif len({value.spec.kind for value in values}) > 1 or any(value.most for value in values):
            values = tuple(as_current(self, name, value) for value in values)
        most = max(value.most for value in values)
        scale = unit = bound = None
        if any(value.scale is not None for value in values):
            scale = spread_scale(values, index, tuple(term_scale(value) for value in values), 1.0)
        if all(value.unit is not None for value in values):
            units = tuple(value.unit for value in values if value.unit is not None)
            unit = spread_scale(values, index, units, 0.0)
        if all(value.bound is not None for value in values):
            bounds = tuple(value.bound for value in values if value.bound is not None)
            bound = spread_scale(values, index, bounds, 0)
        return self.move(name, values, index, scale=scale, unit=unit, bound=bound, most=most)

    def clamp(self, name: str, value: MapValue, high: Float32 | None) -> MapValue:
        """Refuse: activations of an ANN are real values."""
        self.refuse_ann(name)
        raise PlanError(f"{self.title(name)}: int8 networks have neurons only; use precision 'float32'")

    def neuron(self, name: str, values: tuple[MapValue, ...], parameters: NeuronParameters) -> MapValue:
        """Lower a neuron: threshold, start and reset in units of its current; every leak as that of Euler's steps."""
        model = parameters.model
        if model.synapse != "none" or model.adaptive or model.fire == "never":
            raise PlanError(
                f"{self.title(name)}: int8 networks have no synaptic currents, adaptive thresholds and neurons that never fire; "
                "use precision 'float32'"
            )
        threshold = parameters.threshold.astype(np.float64)
        least = threshold if threshold.ndim == 1 else threshold.min(axis=(1, 2))
        level = model.fire == "level"
        source = self.current(name, values, least, coarsest=_COARSEST_OF_LEVELS if level else np.inf)
        assert source.unit is not None
        assert source.bound is not None
        own = self.levelled(
            replace(parameters, model=model if model.leak == "none" else replace(model, leak="euler")),
            source.spec.shape,
        )
        unit, constants = in_units(self.title(name), own, source.unit)
        spread = across(unit, own.threshold)
        whole = np.maximum(1, integers(self.title(name), own.threshold / spread))
        op = NeuronOp(
            name,
            self.neuron_spec(source.spec.shape, own),
            source.map,
            own.model,
            whole,
            whole >> 1 if level else integers(self.title(name), own.v_init / spread),
            integers(self.title(name), own.v_reset / spread),
            unit,
            FrozenDict(constants),
            max_current=int(source.bound.max(initial=0)),
        )
        # A level is worth the threshold as it was rounded.
        worth = (whole * unit / threshold).astype(np.float32) if level else None
        return self.emit(op, scale=None if worth is None or (worth == 1).all() else worth)

    def output(self, name: str, values: tuple[MapValue, ...], readout: Any) -> MapValue:
        """Lower the read-out."""
        if readout in ("count", "first_spike"):
            source = self.spikes_read(name, values)
            return self.emit(OutputOp(name, source.spec, source.map, readout, None))
        source = self.current(name, values, None)
        return self.emit(OutputOp(name, source.spec, source.map, readout, source.unit))
