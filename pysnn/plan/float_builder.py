"""Lower a network to float32 operations."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import PlanError
from pysnn.frozen import FrozenDict
from pysnn.nodes import Conv2d
from pysnn.nodes.base import NeuronParameters
from pysnn.plan.builder import Float32, MapValue, PlanBuilder, spread_scale, term_scale
from pysnn.plan.ops import MAX_COUNT, AddOp, ClampOp, MapSpec, NeuronOp, OutputOp, Term

__all__ = ["FloatBuilder"]


class FloatBuilder(PlanBuilder):
    """Builds float32 plans; ``docs/numerics.md`` has the definition."""

    delays_currents = True

    def real(self, name: str, value: MapValue) -> MapValue:
        """Return the value as a real map."""
        if value.spec.kind == "real":
            return value
        return self._sum(name, (value,))

    def _sum(self, name: str, values: tuple[MapValue, ...]) -> MapValue:
        terms = tuple(Term(value.map, scale=term_scale(value) if value.spec.holds_spikes else None) for value in values)
        static = all(value.spec.static for value in values)
        return self.emit(AddOp(name, MapSpec(values[0].spec.shape, "real", static), terms))

    def join(self, name: str, values: tuple[MapValue, ...]) -> MapValue:
        """Add what meets in a node; counts stay counts where they can."""
        if len(values) == 1:
            return values[0]
        return self.add_counts(name, values) or self._sum(name, values)

    def current(self, name: str, values: tuple[MapValue, ...]) -> MapValue:
        """Add what enters a neuron or the read-out, as currents."""
        return self.real(name, values[0]) if len(values) == 1 else self._sum(name, values)

    def scale(self, name: str, value: MapValue, factor: Float32) -> MapValue:
        """Multiply: pending on counts, a 1x1 depthwise operation on real values."""
        if value.spec.holds_spikes:
            return self.scaled(name, value, factor)
        channels = value.spec.shape[0]
        layer = Conv2d(factor.reshape(-1, 1, 1, 1), groups=channels)
        return self.conv(name, value, layer)

    def conv(self, name: str, value: MapValue, layer: Conv2d) -> MapValue:
        """Lower a weight layer."""
        weight, bias = self.folded(name, value, layer), np.asarray(layer.bias)
        return self.emit(self.conv_op(name, value, layer, weight=weight, bias=bias, kind="real"))

    def pool(self, name: str, value: MapValue, window: Any, divisor: int) -> MapValue:
        """Lower a sum (divisor 1) or average over windows."""
        weight = np.float32(1.0 / divisor)
        if value.spec.holds_spikes and self.pooled_count(value, window) <= MAX_COUNT:
            pooled = self.sum_pool(name, value, window, 1.0)
            scale = value.scale if divisor == 1 else np.asarray(term_scale(value) * weight, dtype=np.float32)
            return replace(pooled, scale=scale)
        return self.sum_pool(name, self.real(name, value), window, float(weight))

    def gather(self, name: str, values: tuple[MapValue, ...], index: NDArray[np.int32]) -> MapValue:
        """Lower a rearrangement; counts stay counts if all are."""
        if all(value.spec.holds_spikes for value in values):
            scale = None
            if any(value.scale is not None for value in values):
                scale = spread_scale(values, index, tuple(term_scale(value) for value in values), 1.0)
            return self.move(name, values, index, scale=scale)
        return self.move(name, tuple(self.real(name, value) for value in values), index)

    def clamp(self, name: str, value: MapValue, high: Float32 | None) -> MapValue:
        """Lower an activation on values that are constant in time: an ordinary part of a spiking network."""
        self.refuse_ann(name)
        if value.spec.kind != "real" or not value.spec.static:
            raise PlanError(
                f"{self.title(name)}: it needs an input that is constant in time, and gets one that changes; "
                "put a neuron in its place (pysnn.convert does)"
            )
        return self.emit(ClampOp(name, value.spec, value.map, high))

    def neuron(self, name: str, values: tuple[MapValue, ...], parameters: NeuronParameters) -> MapValue:
        """Lower a neuron."""
        source = self.current(name, values)
        own = self.levelled(parameters, source.spec.shape)
        op = NeuronOp(
            name,
            self.neuron_spec(source.spec.shape, parameters),
            source.map,
            own.model,
            own.threshold,
            own.v_init,
            own.v_reset,
            np.ones(source.spec.shape[0]),
            FrozenDict({key: own.constants[key].astype(np.float32) for key in own.model.constants}),
        )
        return self.emit(op)

    def output(self, name: str, values: tuple[MapValue, ...], readout: Any) -> MapValue:
        """Lower the read-out."""
        if readout in ("count", "first_spike"):
            source = self.spikes_read(name, values)
        else:
            source = self.current(name, values)
        return self.emit(OutputOp(name, source.spec, source.map, readout, None))
