"""What a NIR file does not say of the network that was written, and a reader has to be told."""

from dataclasses import dataclass, fields
from math import isfinite

from pysnn.errors import DataError

__all__ = ["NirOptions"]

_RESETS = ("subtract", "value", "none")


@dataclass(frozen=True)
class NirOptions:
    """What a file does not say. Each profile has its own of these, and refuses others.

    Parameters
    ----------
    dt
        Seconds a step. Files have none: the profiles ``"snntorch"``, ``"spikingjelly"`` and ``"norse"`` take that of their writers unless another is given,
        ``"strict"`` needs it, ``"sinabs"`` has none.
    reset
        What a spike does: ``"subtract"``, ``"value"`` (snnTorch's word for it, ``"zero"``, is taken too) or ``"none"``; NIR knows ``"value"`` alone, but writers write whatever they have. The profile ``"snntorch"``
        needs it.
    reset_delay
        snnTorch's option of that name; ``True`` by default, as there.
    max_spikes
        Most spikes of a neuron in a step. sinabs' ``MultiSpike``, its default, is 255; ``SingleSpike`` is 1.
    norm_input
        sinabs' option of that name; by default, as there, ``True`` for LIF and ``False`` for ExpLeak.
    floor
        sinabs' ``min_v_mem``; none by default, as there.

    Raises
    ------
    DataError
        A value is none of these.

    Examples
    --------
    >>> NirOptions(reset="value").given
    ('reset',)
    """

    dt: float | None = None
    reset: str | None = None
    reset_delay: bool | None = None
    max_spikes: int | None = None
    norm_input: bool | None = None
    floor: float | None = None

    def __post_init__(self) -> None:
        if self.reset == "zero":
            object.__setattr__(self, "reset", "value")
        if self.reset is not None and self.reset not in _RESETS:
            raise DataError(f"reset must be one of {', '.join(_RESETS)}, got {self.reset!r}")
        if self.dt is not None and not (isinstance(self.dt, float | int) and isfinite(self.dt) and self.dt > 0):
            raise DataError(f"dt must be a positive number of seconds, got {self.dt!r}")

    @property
    def given(self) -> tuple[str, ...]:
        """Names of what is said."""
        return tuple(item.name for item in fields(self) if getattr(self, item.name) is not None)
