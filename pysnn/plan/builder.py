"""What the two plan builders share: maps, pending scales, windows."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import PlanError
from pysnn.network import Network
from pysnn.neurons import IF
from pysnn.nodes import Conv2d, Linear
from pysnn.nodes.base import NeuronParameters, Shape, window_shape
from pysnn.plan.neuron_op import everywhere
from pysnn.plan.ops import MAX_COUNT, AddOp, ConvOp, DelayOp, GatherOp, InputOp, MapSpec, MaxPoolOp, Op, PoolOp, Term
from pysnn.plan.options import PlanOptions
from pysnn.plan.pixels import check_pixels, pixel_scale
from pysnn.plan.windows import window_of

__all__ = ["MapValue", "PlanBuilder", "same_scale", "spread_scale", "term_scale"]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MapValue:
    """A map of the plan, and what is known of it that is not computed.

    ``scale``: float32 ``(C,)``, what one count or level stands for (``None``: 1). ``unit``: float64 ``(C,)``, the value of one
    integer of a current map, or the natural unit of a static real map (0 where all values are zero). ``bound``: int64 ``(C,)``, the largest magnitude of a
    current map. ``most``: where a current map holds plain sums of levels, the largest one; it has a ``scale`` and no ``unit``. 0 elsewhere.
    """

    map: int
    spec: MapSpec
    scale: Float32 | None = None
    unit: Float64 | None = None
    bound: Int64 | None = None
    most: int = 0

    @property
    def counted(self) -> bool:
        """Whether it is spikes, or sums of them, each worth ``scale``."""
        return self.spec.holds_spikes or self.most > 0


class PlanBuilder:
    """Operations that mean the same in both precisions."""

    delays_currents: ClassVar[bool]

    def __init__(self, network: Network, options: PlanOptions) -> None:
        self.network = network
        self.coding = options.coding
        self.dt = options.dt
        self.max_count = options.max_count
        self.units = options.units
        self.first_layer = options.first_layer
        self.windows = window_of(network) is not None
        self.ops: list[Op] = []

    def emit(self, op: Op, **known: Any) -> MapValue:
        """Append an operation and give its map."""
        self.ops.append(op)
        return MapValue(len(self.ops) - 1, op.spec, **known)

    def title(self, name: str) -> str:
        """Return the node as messages name it: type and name."""
        return f"{self.network.nodes[name].title} '{name}'"

    def shape(self, value: MapValue) -> Shape:
        """Return (channels, height, width); a vector is (n, 1, 1)."""
        return value.spec.shape

    def size(self, value: MapValue) -> tuple[int, int]:
        """Return height and width."""
        return value.spec.shape[1], value.spec.shape[2]

    def input(self, name: str) -> MapValue:
        """Make the input's map."""
        shape = self.network.input.shape
        full = (shape[0], 1, 1) if len(shape) == 1 else (shape[0], shape[1], shape[2])
        if self.coding == "frames":
            return self.emit(InputOp(name, MapSpec(full, "real", static=False), self.coding))
        if self.first_layer == "int8":
            check_pixels(self.network)
            spec = MapSpec((2 * full[0], *full[1:]), "count", static=True, max_count=MAX_COUNT)
            return self.emit(InputOp(name, spec, "pixels"), scale=pixel_scale(self.network.input))
        if self.coding == "constant":
            return self.emit(InputOp(name, MapSpec(full, "real", static=True), self.coding))
        count = self.max_count if self.coding == "events" else 1
        return self.emit(InputOp(name, MapSpec(full, "count", static=False, max_count=count), self.coding))

    def max_pool(self, name: str, value: MapValue, window: Any) -> MapValue:
        """Lower a maximum over windows."""
        if window.by_step and value.spec.kind != "real":
            raise PlanError(
                f"{self.title(name)}: a maximum by step needs float32 currents; on spikes it is a SumPool2d and a Threshold"
            )
        if self.windows and value.spec.kind != "level" and not value.spec.static:
            raise PlanError(
                f"{self.title(name)}: with FirstSpike a maximum is the earliest of single spikes, or of an input; it gets sums: put a neuron before it"
            )
        if not window.by_step and not value.spec.holds_spikes and not (value.spec.kind == "real" and value.spec.static):
            raise PlanError(
                f"{self.title(name)}: max-pooling needs spikes, or an input that is constant in time; "
                "it gets a current that changes: put a neuron before it"
            )
        spec = self.pooled_spec(name, value, window)
        op = MaxPoolOp(name, spec, value.map, window.kernel, window.stride, window.padding)
        return self.emit(op, scale=value.scale, unit=value.unit)

    def pooled_spec(self, name: str, value: MapValue, window: Any) -> MapSpec:
        """Return the spec of a windowed map, with the source's kind and largest count."""
        size = window_shape(self.title(name), self.shape(value), window.kernel, window.stride, window.padding)
        return replace(value.spec, shape=(value.spec.shape[0], *size))

    def sum_pool(self, name: str, value: MapValue, window: Any, weight: float) -> MapValue:
        """Append a sum over windows; the caller knows what one unit of the result stands for."""
        spec = self.pooled_spec(name, value, window)
        if spec.holds_spikes:
            spec = replace(spec, kind="count", max_count=spec.max_count * window.kernel[0] * window.kernel[1])
        return self.emit(PoolOp(name, spec, value.map, window.kernel, window.stride, window.padding, weight))

    def pooled_count(self, value: MapValue, window: Any) -> int:
        """Return the largest count behind a sum over windows."""
        return (value.most or value.spec.max_count) * int(window.kernel[0]) * int(window.kernel[1])

    def add_counts(self, name: str, values: tuple[MapValue, ...]) -> MapValue | None:
        """Add counts as counts, if all stand for the same value and the sum fits; else give ``None``."""
        total = sum(value.spec.max_count for value in values)
        if any(not value.spec.holds_spikes for value in values) or total > MAX_COUNT:
            return None
        first = values[0].scale
        if not all(same_scale(first, value.scale) for value in values[1:]):
            return None
        spec = replace(values[0].spec, kind="count", max_count=total)
        return self.emit(AddOp(name, spec, tuple(Term(value.map) for value in values)), scale=first)

    def move(self, name: str, values: tuple[MapValue, ...], index: NDArray[np.int32], **known: Any) -> MapValue:
        """Append a gather of values that have one kind."""
        kinds = {value.spec.kind for value in values}
        kind = values[0].spec.kind if len(kinds) == 1 else "count"
        shape = index.shape if index.ndim == 3 else (index.size, 1, 1)
        static = all(value.spec.static for value in values)
        largest = max(value.spec.max_count for value in values)
        spec = MapSpec((shape[0], shape[1], shape[2]), kind, static, largest)
        frozen = np.ascontiguousarray(index.reshape(spec.shape), dtype=np.int32)
        return self.emit(GatherOp(name, spec, tuple(value.map for value in values), frozen), **known)

    def join(self, name: str, values: tuple[MapValue, ...]) -> MapValue:
        """Add what meets in a node."""
        raise NotImplementedError

    def delay(self, name: str, values: tuple[MapValue, ...], steps: int) -> MapValue:
        """Lower a delay of steps."""
        value = self.join(name, values)
        if value.spec.kind == "current":
            raise PlanError(
                f"{self.title(name)}: int8 networks delay spikes, and it gets a current; put a neuron before it"
            )
        spec = replace(value.spec, static=False)
        return self.emit(DelayOp(name, spec, value.map, steps), scale=value.scale)

    def feedback(self, name: str, source: str, steps: int) -> MapValue:
        """Lower a delay before the node that it delays, with what is known of that."""
        node, shape = self.network.nodes[source], self.network.shapes[source]
        full = (shape[0], 1, 1) if len(shape) == 1 else (shape[0], shape[1], shape[2])
        if isinstance(node, IF):
            spec = self.neuron_spec(full, node.parameters(shape, source, self.dt))
        elif isinstance(node, Linear | Conv2d) and self.delays_currents:
            spec = MapSpec(full, "real", static=False)
        else:
            raise PlanError(
                f"{self.title(name)}: it closes a cycle, and expects spikes of a neuron there, or in float32 the current of a Linear or Conv2d; got {self.title(source)}"
            )
        return self.emit(DelayOp(name, spec, -1, steps))

    def neuron_spec(self, shape: tuple[int, int, int], parameters: NeuronParameters) -> MapSpec:
        """Return what a neuron's map holds: spikes, or potentials where it never fires."""
        if parameters.model.fire == "never":
            return MapSpec(shape, "real", static=False)
        kind: Literal["level", "count"] = "level" if parameters.model.fire == "level" else "count"
        return MapSpec(shape, kind, static=False, max_count=parameters.max_spikes)

    def levelled(self, parameters: NeuronParameters, shape: tuple[int, int, int]) -> NeuronParameters:
        """Return the parameters with arrays of one shape: a value per channel, or a value per neuron where one of them has that."""
        own: tuple[NDArray[Any], ...] = (parameters.threshold, parameters.v_init, parameters.v_reset)
        if all(array.ndim == 1 for array in own) and all(array.ndim == 1 for array in parameters.constants.values()):
            return parameters

        def spread(array: NDArray[Any]) -> NDArray[Any]:
            return np.ascontiguousarray(np.broadcast_to(everywhere(array), shape))

        threshold, v_init, v_reset = map(spread, own)
        constants = {name: spread(array) for name, array in parameters.constants.items()}
        return NeuronParameters(parameters.model, threshold, v_init, v_reset, constants, parameters.max_spikes)

    def refuse_ann(self, name: str) -> None:
        """Refuse an activation of a network without neurons."""
        if not self.network.neurons:
            raise PlanError(f"{self.title(name)}: this network does not spike yet; convert it with pysnn.convert first")

    def spikes_read(self, name: str, values: tuple[MapValue, ...]) -> MapValue:
        """Return what a read-out of spikes reads: the plain counts that arrive."""
        if self.windows:
            raise PlanError(
                f"{self.title(name)}: a network of FirstSpike neurons is read as the potential that its last window leaves; "
                "use the read-out 'mean_current' or 'potential'"
            )
        joined = values[0] if len(values) == 1 else self.add_counts(name, values)
        if joined is None or joined.spec.kind != "count":
            raise PlanError(f"{self.title(name)}: a read-out of spikes needs spikes; put a neuron before it")
        return joined

    def conv_op(self, name: str, value: MapValue, layer: Conv2d, *, weight: Any, bias: Any, kind: Any) -> ConvOp:
        """Make a weight operation from folded weights ``(O, I / groups, kh, kw)`` and bias."""
        outputs = weight.shape[0]
        size = window_shape(self.title(name), self.shape(value), layer.extent, layer.stride, layer.padding)
        spec = MapSpec((outputs, *size), kind, value.spec.static)
        return ConvOp(
            name,
            spec,
            value.map,
            np.ascontiguousarray(weight.transpose(2, 3, 1, 0)),
            np.ascontiguousarray(bias),
            layer.stride,
            layer.padding,
            layer.dilation,
            layer.groups,
        )

    def scaled(self, name: str, value: MapValue, factor: Float32) -> MapValue:
        """Multiply what one count stands for."""
        with np.errstate(over="ignore"):
            scale = np.asarray(term_scale(value) * factor, dtype=np.float32)
        self._check_finite(name, scale)
        return replace(value, scale=scale)

    def _check_finite(self, name: str, folded: Float32) -> None:
        if not np.isfinite(folded).all():
            raise PlanError(f"{self.title(name)}: the scales before it, folded in, leave float32")

    def folded(self, name: str, value: MapValue, layer: Conv2d) -> Float32:
        """Return ``fl(weight * scale)``: what one count at each input adds to each output."""
        if value.scale is None:
            return np.asarray(layer.weight, dtype=np.float32)
        outputs, inputs = layer.weight.shape[:2]
        per_group = value.scale.reshape(layer.groups, 1, inputs, 1, 1)
        grouped = layer.weight.reshape(layer.groups, outputs // layer.groups, inputs, *layer.weight.shape[2:])
        with np.errstate(over="ignore"):
            folded = np.asarray((grouped * per_group).reshape(layer.weight.shape), dtype=np.float32)
        self._check_finite(name, folded)
        return folded


def same_scale(a: Float32 | None, b: Float32 | None) -> bool:
    """Say whether one count stands for the same value in two maps."""
    if a is None or b is None:
        return a is b
    return np.array_equal(a, b)


def term_scale(value: MapValue) -> Float32:
    """Return what one count stands for, for each channel."""
    return np.ones(value.spec.shape[0], dtype=np.float32) if value.scale is None else value.scale


def spread_scale(
    values: tuple[MapValue, ...], index: NDArray[np.int32], per_channel: tuple[NDArray[Any], ...], empty: float
) -> NDArray[Any]:
    """Return each result channel's entry of ``per_channel`` (one array a source) behind a gather.

    Every value that a gather brings into one result channel comes from one source channel; channels of zeros get
    ``empty``.
    """
    entries = [
        np.repeat(array, value.spec.shape[1] * value.spec.shape[2])
        for value, array in zip(values, per_channel, strict=True)
    ]
    everything = np.concatenate(entries)
    rows = index.reshape(index.shape[0], -1)
    first = np.argmax(rows >= 0, axis=1)
    chosen = rows[np.arange(rows.shape[0]), first]
    result = np.full(rows.shape[0], empty, dtype=everything.dtype)
    result[chosen >= 0] = everything[chosen[chosen >= 0]]
    return result
