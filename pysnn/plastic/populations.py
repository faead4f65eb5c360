"""Populations of a plastic network: sources of spikes, and cells."""

from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric
from pysnn.errors import DataError, NetworkError
from pysnn.frozen import Frozen
from pysnn.plastic.cell_parts import AdaptiveThreshold, Conductance, Current
from pysnn.plastic.rules.base import check_positive

__all__ = ["Cells", "IFCells", "LIFCells", "PoissonSource", "Population", "SpikeSource", "check_rate", "check_size"]

_MOST_CELLS = 2**31 - 1


def check_size(size: Any, what: str) -> int:
    """Return a number of neurons from 1 on.

    Raises
    ------
    NetworkError
        It is none.

    Examples
    --------
    >>> check_size(3, "inputs")
    3
    """
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or not 1 <= size <= _MOST_CELLS:
        raise NetworkError(f"{what}: expected a number of neurons in 1..{_MOST_CELLS}, got {size!r}")
    return int(size)


@dataclass(frozen=True, eq=False)
class PoissonSource(Frozen):
    """Sources that spike at random, independently in each step, with probability ``rate dt``.

    Parameters
    ----------
    size
        Number of sources.
    rate
        Hz: one for all (the cost of a step follows its spikes), or an array of one a source, which a run can replace.

    Examples
    --------
    >>> PoissonSource(100, rate=15.0).size
    100
    """

    is_source: ClassVar[bool] = True

    size: int
    rate: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", check_size(self.size, "PoissonSource: size"))
        object.__setattr__(self, "rate", check_rate(self.rate, self.size, "PoissonSource: rate"))


@dataclass(frozen=True, eq=False)
class SpikeSource(Frozen):
    """Sources whose spikes are given; as the target of a projection a teacher, which ignores what it receives.

    Parameters
    ----------
    size
        Number of sources.
    times
        Seconds, each brought to the nearest step of a run.
    indices
        The source of each spike.

    Examples
    --------
    >>> SpikeSource(2, times=[0.002, 0.001], indices=[0, 1]).indices.tolist()
    [1, 0]
    """

    is_source: ClassVar[bool] = True

    size: int
    times: Any = ()
    indices: Any = ()

    def __post_init__(self) -> None:
        size = check_size(self.size, "SpikeSource: size")
        try:
            times = as_numeric(self.times if len(self.times) else np.zeros(0), "SpikeSource: times").astype(np.float64)
            found = as_numeric(self.indices if len(self.indices) else np.zeros(0, np.int64), "SpikeSource: indices")
        except (TypeError, DataError) as error:
            raise NetworkError(f"SpikeSource: expected arrays of times and indices: {error}") from error
        if times.shape != found.shape or times.ndim != 1:
            raise NetworkError(f"SpikeSource: expected as many times as indices, got {times.shape} and {found.shape}")
        if found.dtype.kind not in "iu" or (found.size and not (found.min() >= 0 and found.max() < size)):
            raise NetworkError(f"SpikeSource: expected whole indices in 0..{size - 1}, got {_span(found)}")
        if not (np.isfinite(times).all() and (times >= 0).all()):
            raise NetworkError(f"SpikeSource: expected times from 0 on, got {_span(times)}")
        order = np.lexsort((found, times))
        times, found = times[order], found[order].astype(np.int64)
        times.flags.writeable = found.flags.writeable = False
        for field, value in (("size", size), ("times", times), ("indices", found)):
            object.__setattr__(self, field, value)


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Base of the cells.

    Parameters
    ----------
    size
        Number of cells.
    v_threshold, v_reset, v_rest
        Volts: a cell fires from the threshold on, and starts at rest.
    refractory
        Seconds after a spike in which the potential stays at its reset.
    synapses
        ``None``: a spike adds its weight to the potential (subtracts it, where inhibitory). Else how it decays.
    adaptive
        ``None``, or how the threshold rises.
    drive
        A constant input, see the subclasses.
    """

    is_source: ClassVar[bool] = False

    size: int
    v_threshold: float = 15e-3
    v_reset: float = 0.0
    v_rest: float = 0.0
    refractory: float = 0.0
    synapses: Current | None = None
    adaptive: AdaptiveThreshold | None = None
    drive: float = 0.0

    def __post_init__(self) -> None:
        what = type(self).__name__
        object.__setattr__(self, "size", check_size(self.size, f"{what}: size"))
        for field in ("v_threshold", "v_reset", "v_rest", "drive"):
            object.__setattr__(self, field, check_positive(getattr(self, field), f"{what}: {field}", None))
        refractory = check_positive(self.refractory, f"{what}: refractory", strict=False)
        object.__setattr__(self, "refractory", refractory)
        if self.synapses is not None and not isinstance(self.synapses, Current):
            raise NetworkError(f"{what}: synapses: expected Current, Conductance or None, got {self.synapses!r}")
        if self.adaptive is not None and not isinstance(self.adaptive, AdaptiveThreshold):
            raise NetworkError(f"{what}: adaptive: expected AdaptiveThreshold or None, got {self.adaptive!r}")
        if self.v_threshold <= max(self.v_reset, self.v_rest):
            raise NetworkError(
                f"{what}: v_threshold: expected more than v_reset ({self.v_reset}) and v_rest ({self.v_rest}), got {self.v_threshold}"
            )


@dataclass(frozen=True, kw_only=True)
class IFCells(Cells):
    """Integrate-and-fire cells without leak: ``v += I``, and ``drive`` volts a second.

    Examples
    --------
    >>> IFCells(size=2, v_threshold=1.0).tau is None
    True
    """

    tau: ClassVar[None] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.synapses, Conductance):
            raise NetworkError(
                "IFCells: synapses: expected Current or None, got Conductance, which needs a leak: LIFCells"
            )


@dataclass(frozen=True, kw_only=True)
class LIFCells(Cells):
    """Leaky integrate-and-fire cells: ``tau dv/dt = v_rest - v + drive + input``.

    Without conductances a step is exact for the leak, ``v = exp(-dt/tau) v + ..``; with them it is a backward Euler step, stable for
    conductances of any size. ``docs/stdp.md`` has the equations.

    Parameters
    ----------
    tau
        Membrane time constant, seconds.
    drive
        Volts that the potential is pulled to above rest.

    Examples
    --------
    >>> LIFCells(size=2, tau=20e-3).tau
    0.02
    """

    tau: float = 20e-3

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "tau", check_positive(self.tau, "LIFCells: tau"))


Population: TypeAlias = PoissonSource | SpikeSource | IFCells | LIFCells


def check_rate(rate: Any, size: int, what: str) -> float | NDArray[np.float64]:
    """Return one rate, or a frozen array of one a source.

    Raises
    ------
    NetworkError
        A rate is negative or not finite, or the array has another length.

    Examples
    --------
    >>> check_rate(3, 2, "rate")
    3.0
    """
    if isinstance(rate, int | float):
        return check_positive(rate, what, strict=False)
    try:
        rates = np.array(as_numeric(rate, what), dtype=np.float64)
    except DataError as error:
        raise NetworkError(str(error)) from error
    if rates.shape != (size,):
        raise NetworkError(f"{what}: expected one rate or {size} (one a source), got shape {rates.shape}")
    if not (np.isfinite(rates).all() and (rates >= 0).all()):
        raise NetworkError(f"{what}: expected rates from 0 Hz on, got {_span(rates)}")
    rates.flags.writeable = False
    return rates


def _span(values: NDArray[Any]) -> str:
    return f"{values.min()}..{values.max()}" if values.size else f"an array of {values.dtype}"
