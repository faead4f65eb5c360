"""How to run a network: the options of a run, checked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import numpy as np

from pysnn.encode import CODINGS
from pysnn.errors import BackendError, DataError, PlanError
from pysnn.keywords import keywords_of
from pysnn.plan.ops import MAX_BLOCK
from pysnn.simulation.state import State

__all__ = ["RUN_KEYWORDS", "RunKeywords", "RunOptions", "check_integer"]


class RunKeywords(TypedDict, total=False):
    """The fields of :class:`RunOptions` for type checkers and editors, each of which may be missing."""

    precision: Literal["float32", "int8"]
    units: Literal["exact", "power_of_two"]
    first_layer: Literal["float32", "int8"]
    backend: str
    coding: Literal["constant", "poisson", "spikes", "events", "frames"]
    dt: float | None
    seed: int
    threads: int | None
    batch_size: int
    block: int
    state: State | None
    keep_state: bool | None
    count: bool
    count_by_step: bool
    probe: bool
    record: Sequence[str]
    record_potentials: Sequence[str]
    progress: Callable[[int, int], None] | None
    check_range: bool
    profile: bool


@dataclass(frozen=True, eq=False)
class RunOptions:
    """How to run; every field is a keyword of :func:`run` and :class:`Simulator`.

    Attributes
    ----------
    precision
        "float32", or "int8" weights with int32 potentials.
    units
        Of int8 weights: "exact", or "power_of_two", where currents that meet differ by shifts and not by multiplications, for up
        to one bit of the weights; see :class:`pysnn.plan.PlanOptions`.
    first_layer
        Of int8 networks on pictures: "float32" arithmetic, or "int8" weights on uint8 pixels, which is faster (``docs/numerics.md``).
    backend
        "auto" (the fastest there is), "rust", "numba" or "reference".
    coding
        "constant", "poisson", "spikes", "events" or "frames"; see :mod:`pysnn.encode`.
    dt
        Seconds a step; needed by neurons with a time constant.
    seed
        Of the Poisson coding.
    threads
        Threads over the samples, or over the rows of one; ``None``: as many as this process may use. A run that is done
        before a thread has started does without. Results do not depend on it.
    batch_size
        Samples given to the backend at a time: bounds memory. Results do not depend on it.
    block
        Steps computed at a time, 1..32; 0 leaves it to the backend. Results do not depend on it.
    state
        Where a run stopped, to go on from there; ``None`` starts afresh.
    keep_state
        Keep where the run stops, as :attr:`Result.state`: a potential for each neuron of each sample. ``None`` keeps it where
        all of it takes at most 256 MiB.
    count
        Count operations, as :attr:`Result.activity`.
    count_by_step
        Count each neuron's spikes at each step too, over the samples, as :attr:`Activity.by_step` (memory: steps x neurons).
    probe
        Keep sums of currents, potentials and spike counts of every neuron (memory: reads x samples x neurons).
    record, record_potentials
        Names of neuron nodes whose spikes, or potentials, to keep at every step.
    progress
        Called with (samples done, samples in all) now and then.
    check_range
        Warn where the data do not fit the range that the network was made for.
    profile
        Measure where the time goes, as :attr:`Result.profile`; of the compiled backend alone. The run takes a little longer for it.
    """

    precision: Literal["float32", "int8"] = "float32"
    units: Literal["exact", "power_of_two"] = "exact"
    first_layer: Literal["float32", "int8"] = "float32"
    backend: str = "auto"
    coding: Literal["constant", "poisson", "spikes", "events", "frames"] = "constant"
    dt: float | None = None
    seed: int = 0
    threads: int | None = None
    batch_size: int = 256
    block: int = 0
    state: State | None = None
    keep_state: bool | None = None
    count: bool = True
    count_by_step: bool = False
    probe: bool = False
    record: Sequence[str] = ()
    record_potentials: Sequence[str] = ()
    progress: Callable[[int, int], None] | None = None
    check_range: bool = True
    profile: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.coding, str) or self.coding not in CODINGS:
            raise PlanError(f"coding must be one of {', '.join(CODINGS)}, got {self.coding!r}")
        if not isinstance(self.backend, str):
            raise BackendError(f"backend: expected a name, got {self.backend!r}")
        check_integer("seed", self.seed, 0, 2**64 - 1)
        check_integer("batch_size", self.batch_size, 1, 2**31 - 1)
        check_integer("block", self.block, 0, MAX_BLOCK)
        if self.threads is not None:
            check_integer("threads", self.threads, 1, 1024)
        if self.state is not None and not isinstance(self.state, State):
            raise DataError(f"state: expected the state of a result, or None, got {type(self.state).__name__}")
        for field in ("record", "record_potentials"):
            names = getattr(self, field)
            if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
                raise DataError(f"{field}: expected a list of names of neurons, got {names!r}")
        for field, choices in (
            ("count", "True or False"),
            ("count_by_step", "True or False"),
            ("probe", "True or False"),
            ("check_range", "True or False"),
            ("profile", "True or False"),
            ("keep_state", "True, False or None"),
        ):
            value = getattr(self, field)
            if not isinstance(value, bool | np.bool_) and not (value is None and "None" in choices):
                raise DataError(f"{field}: expected {choices}, got {value!r}")
        if self.progress is not None and not callable(self.progress):
            raise DataError(f"progress: expected a function, or None, got {type(self.progress).__name__}")


RUN_KEYWORDS = keywords_of(RunOptions)
"""The same as parameters of a function."""


def check_integer(name: str, value: Any, least: int, most: int) -> None:
    """Raise :class:`DataError` unless ``value`` is an integer in ``least..most``.

    Examples
    --------
    >>> check_integer("steps", 4, 1, 10)
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        raise DataError(f"{name} must be an integer in {least}..{most}, got {value!r}")
