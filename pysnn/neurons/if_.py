"""The integrate-and-fire neuron."""

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import NetworkError
from pysnn.neurons.parameters import check_choice, check_positive, spread, take_parameters
from pysnn.nodes.base import UNDIGESTED_FIELD, Array, Builder, NeuronParameters, Node, Shape, Value
from pysnn.nodes.neuron_model import RESET_TIMES, RESETS, NeuronModel, Synapse

__all__ = ["IF"]

COMPARISONS = (">=", ">")
MAX_SPIKES = 255
MAX_REFRACTORY = 1 << 20


@dataclass(frozen=True, eq=False)
class IF(Node):
    """Integrate-and-fire, without leak: ``v += I``; spike where ``v >= v_threshold``; then the reset.

    Every parameter is a number, an array of one value per channel, or an array ``(channels, height, width)`` of one value per neuron.

    Parameters
    ----------
    v_threshold
        Threshold, positive.
    v_init
        Potential at the start.
    reset
        ``"subtract"``: ``v -= v_threshold`` (soft reset); ``"value"``: ``v = v_reset`` (hard reset; kept, and in files, under its older name
        ``"zero"``, which means the same); ``"none"``: the potential stays as it is.
    v_reset
        Potential behind a reset to a value; must stay 0 for the others.
    compare
        ``">="`` or ``">"``.
    reset_time
        ``"now"``: in the step of the spike. ``"late"``: in the step behind it, when the potential has leaked and taken its current in; what that step
        brings is lost where the reset is ``"zero"``. ``"both"``: late, and corrected at once; for ``"subtract"`` alone.
    max_spikes
        Spikes of one neuron in one step at most, 1..255. Above 1 it fires as often as the threshold fits into the potential.
    floor
        Lower bound of the potential, applied behind the reset; ``None``: there is none.
    refractory
        Steps behind a spike in which the potential stays where it is, and nothing is taken in; ``None``: there are none.

    Examples
    --------
    >>> IF(v_threshold=1.0, v_init=0.5).reset
    'subtract'
    """

    fires: ClassVar[bool] = True
    synapse: ClassVar[Synapse] = "none"

    v_threshold: Any = 1.0
    v_init: Any = 0.0
    reset: str = "subtract"
    v_reset: Any = 0.0
    compare: str = ">="
    reset_time: str = field(default="now", kw_only=True, metadata=UNDIGESTED_FIELD)
    max_spikes: int = field(default=1, kw_only=True, metadata=UNDIGESTED_FIELD)
    floor: Any = field(default=None, kw_only=True, metadata=UNDIGESTED_FIELD)
    refractory: Any = field(default=None, kw_only=True, metadata=UNDIGESTED_FIELD)

    def __post_init__(self) -> None:
        if isinstance(self.reset, str) and self.reset == "value":
            object.__setattr__(self, "reset", "zero")
        take_parameters(self, ("v_threshold", "v_init", "v_reset", *self.options))
        check_positive(self, ("v_threshold",))
        for name, choices in (("reset", RESETS), ("compare", COMPARISONS), ("reset_time", RESET_TIMES)):
            check_choice(self, name, choices)
        _same_length(self)
        _check_spikes(self)
        _check_reset(self)
        if self.floor is not None and _any(np.greater, self.floor, self.v_init):
            raise NetworkError(f"{self.title}: floor must be at most v_init, got {self.floor} with {self.v_init}")

    @property
    def state(self) -> tuple[str, ...]:
        """Names of what is remembered of a neuron, the potential first."""
        return self.model.state

    @property
    def model(self) -> NeuronModel:
        """The stages of its step."""
        return NeuronModel(
            synapse=self.synapse,
            fire=("count" if self.max_spikes > 1 else "once") if self.fires else "never",
            reset=self.reset,  # type: ignore[arg-type]
            reset_time=self.reset_time,  # type: ignore[arg-type]
            compare=self.compare,  # type: ignore[arg-type]
            floor=self.floor is not None,
            refractory="refractory" in self.options,
        )

    @property
    def options(self) -> tuple[str, ...]:
        """Names of the parameters that are given where there may be none."""
        return tuple(name for name in ("floor", "refractory") if getattr(self, name) is not None)

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the same shape."""
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, float | np.ndarray):
                spread(value, shape, f"{self.title} '{name}': {item.name}")
        return shape

    def parameters(self, shape: Shape, name: str, dt: float | None) -> NeuronParameters:
        """Return the neuron's numbers for a plan, worked out in float64 for steps of ``dt`` seconds."""
        what = f"{self.title} '{name}'"
        threshold, v_init, v_reset = (
            spread(getattr(self, key), shape, what) for key in ("v_threshold", "v_init", "v_reset")
        )
        constants = {key: self._wide(key, shape, what) for key in self.options}
        return NeuronParameters(
            self.model, threshold, v_init, v_reset, {**constants, **self._constants(shape, what, dt)}, self.max_spikes
        )

    def _constants(self, shape: Shape, what: str, dt: float | None) -> dict[str, NDArray[np.float64]]:
        """Return the constants of leak and synapse; ``dt`` (seconds) is not used without a leak."""
        del shape, what, dt
        return {}

    def _wide(self, key: str, shape: Shape, what: str) -> NDArray[np.float64]:
        """Return a parameter for a shape, in float64."""
        return spread(getattr(self, key), shape, f"{what}: {key}").astype(np.float64)

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node in operations of a plan."""
        return builder.neuron(name, values, self.parameters(builder.shape(values[0]), name, builder.dt))

    def apply(self, x: Array) -> Array:
        """Refuse: a spiking neuron has no value in an ANN pass."""
        raise NetworkError(f"{self.title}: a spiking neuron has no value in an ANN pass; use pysnn.run")


def _check_spikes(neuron: IF) -> None:
    most = neuron.max_spikes
    if not isinstance(most, int | np.integer) or isinstance(most, bool) or not 1 <= most <= MAX_SPIKES:
        raise NetworkError(f"{neuron.title}: max_spikes must be an integer in 1..{MAX_SPIKES}, got {most!r}")
    object.__setattr__(neuron, "max_spikes", int(most))
    waits = np.asarray(0 if neuron.refractory is None else neuron.refractory)
    if np.any(waits != np.floor(waits)) or np.any(waits < 0) or np.any(waits > MAX_REFRACTORY):
        raise NetworkError(
            f"{neuron.title}: refractory must be whole steps in 0..{MAX_REFRACTORY}, got {neuron.refractory}"
        )
    if most > 1 and (neuron.reset_time != "now" or neuron.compare != ">=" or "refractory" in neuron.options):
        raise NetworkError(
            f"{neuron.title}: max_spikes above 1 goes with reset_time 'now', compare '>=' and no refractory steps"
        )


def _check_reset(neuron: IF) -> None:
    if neuron.reset != "zero" and np.any(neuron.v_reset):
        raise NetworkError(f"{neuron.title}: v_reset is used by reset='zero' only, got it with reset='{neuron.reset}'")
    if neuron.reset == "zero" and _any(np.greater_equal, neuron.v_reset, neuron.v_threshold):
        raise NetworkError(f"{neuron.title}: v_reset must be below v_threshold")
    if neuron.reset_time == "both" and neuron.reset != "subtract":
        raise NetworkError(f"{neuron.title}: reset_time 'both' goes with reset 'subtract', got '{neuron.reset}'")
    if neuron.reset_time != "now" and neuron.reset == "none":
        raise NetworkError(f"{neuron.title}: reset 'none' has no reset_time, got '{neuron.reset_time}'")
    if neuron.reset_time != "now" and "refractory" in neuron.options:
        raise NetworkError(f"{neuron.title}: refractory steps go with reset_time 'now', got '{neuron.reset_time}'")


def _any(compare: np.ufunc, a: Any, b: Any) -> bool:
    """Compare parameters, each of them a number, (C,) or (C, H, W), and say if it holds anywhere."""
    wide = (value[:, None, None] if np.ndim(value) == 1 else value for value in (a, b))
    return bool(np.any(compare(*wide)))


def _same_length(neuron: IF) -> None:
    """Refuse parameters for different numbers of channels."""
    found = {item.name: getattr(neuron, item.name) for item in fields(neuron)}
    lengths = {name: len(value) for name, value in found.items() if isinstance(value, np.ndarray) and value.ndim}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise NetworkError(f"{neuron.title}: values per channel must have one length, got {listed}")
