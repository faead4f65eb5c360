"""What a backend takes and gives: raw arrays, nothing that a person reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.adam import AdamStep, Moments
from pysnn.backends.first_spike import FirstSpikeEngine
from pysnn.plan.first_spike import FirstSpikePlan
from pysnn.plan.ops import Plan

__all__ = [
    "Backend",
    "ConstantInput",
    "EventInput",
    "Executable",
    "ExecutableStream",
    "FrameInput",
    "PixelInput",
    "PoissonInput",
    "Probe",
    "RunOutput",
    "RunRequest",
    "StreamStart",
]

Array: TypeAlias = NDArray[Any]

# What every run makes has slots and is not frozen: freezing costs as much time as a step of a small network.


@dataclass(slots=True, eq=False)
class ConstantInput:
    """The same current at every step: ``values`` float32 ``(batch, C, H, W)``."""

    values: NDArray[np.float32]

    @property
    def batch(self) -> int:
        return int(self.values.shape[0])


@dataclass(frozen=True, eq=False)
class PixelInput:
    """The same numbers at every step: ``pixels`` uint8 ``(batch, C, H, W)``."""

    pixels: NDArray[np.uint8]

    @property
    def batch(self) -> int:
        return int(self.pixels.shape[0])


@dataclass(frozen=True, eq=False)
class PoissonInput:
    """A spike with probability ``rates`` (float32 ``(batch, C, H, W)``, 0..1) at each step, from a counter.

    ``first_sample`` is the number of the batch's first sample in the data set, so that a split changes nothing.
    """

    rates: NDArray[np.float32]
    seed: int
    first_sample: int = 0

    @property
    def batch(self) -> int:
        return int(self.rates.shape[0])


@dataclass(frozen=True, eq=False)
class EventInput:
    """Given spikes. Those of sample ``b`` at step ``t`` are ``index[offsets[b * steps + t]:offsets[b * steps + t + 1]]``.

    ``offsets`` int64 ``(batch * steps + 1,)``; ``index`` uint32, flat positions in ``(C, H, W)``, in any order
    within a step; one that stands there n times is a count of n.
    """

    offsets: NDArray[np.int64]
    index: NDArray[np.uint32]
    batch: int


@dataclass(frozen=True, eq=False)
class FrameInput:
    """A real-valued map a step: ``frames`` float32 ``(steps, batch, C, H, W)``."""

    frames: NDArray[np.float32]

    @property
    def batch(self) -> int:
        return int(self.frames.shape[1])


@dataclass(slots=True, eq=False)
class RunRequest:
    """One run. ``read_at``: ascending step counts in 1..steps at which scores, counts and probes are read.

    ``state`` maps an operation's number to its array (see :class:`RunOutput`); ``None`` is a fresh start.
    ``start`` is how many steps the state has behind it. ``block`` is 1..32 steps at a time, 0 for the backend's choice.
    ``count_by_step``: each neuron's spikes at each step are counted, over the batch.
    ``record_spikes``: numbers of operations with a count map; ``record_potentials``: numbers of neuron operations.
    ``progress`` is called with the number of samples done so far, now and then, from the calling thread.
    ``profile``: measure where the time goes; of the compiled backend alone.
    ``keep_state``: if it is false, a backend may leave arrays of integers out of the output's state; what float32 holds is
    always looked at.
    """

    input: ConstantInput | PixelInput | PoissonInput | EventInput | FrameInput
    steps: int
    read_at: tuple[int, ...]
    state: Mapping[int, Array] | None = None
    start: int = 0
    threads: int = 1
    block: int = 0
    count: bool = True
    count_by_step: bool = False
    probe: bool = False
    record_spikes: tuple[int, ...] = ()
    record_potentials: tuple[int, ...] = ()
    progress: Callable[[int], None] | None = None
    keep_state: bool = True
    profile: bool = False


@dataclass(frozen=True, eq=False)
class Probe:
    """What one neuron operation did, at each read: arrays ``(reads, batch, C, H, W)``.

    Sums over the run's steps, ascending, in float64: of the current, and of its square. ``potential`` is float32 or
    int32, after the reset; ``spikes`` is int32. (``gain`` and ``drive`` are not part of the current.)
    """

    current_sum: NDArray[np.float64]
    current_square_sum: NDArray[np.float64]
    potential: NDArray[np.float32] | NDArray[np.int32]
    spikes: NDArray[np.int32]


@dataclass(slots=True, eq=False)
class RunOutput:
    """Raw results.

    scores: float32 ``(reads, batch, K)``.
    counts: int64 ``(reads, operations, len(COUNT_FIELDS))``, summed over the batch, from this run's first step on.
    by_sample: int64 ``(reads, operations, batch)``, as counts, of each sample: its spikes of a neuron operation, its synops or macs of a weight
        operation; ``(reads, operations, 0)`` where nothing is counted.
    by_step: neuron operation that spikes -> int64 ``(steps, C, H, W)``, summed over the batch.
    state: operation -> array. Neuron: potentials ``(batch, C, H, W)``, float32 or int32, with an axis
        for the values behind the first where it has several. Max-pool of counts:
    cumulative counts of its source ``(batch, C, H, W)`` int32. Delay: the source's maps ``(batch, steps, C, H, W)``, the oldest first. Output: ``(batch, K)``: the float32 sum of a real
    source, the int64 sum of a current or count source, or the int64 number of the first step with a spike (-1: none).
    spikes: operation -> uint8 ``(steps, batch, C, H, W)``; potentials: operation -> ``(steps, batch, C, H, W)``.
    profile: float64 ``(operations + 1, parts)``, nanoseconds of each operation by part (:attr:`Executable.parts`), and behind them of the run itself,
        summed over threads; ``None`` where it was not asked for.
    kernels: a word for each operation: what ran it, several joined by "+" where blocks or batches differ.
    """

    scores: NDArray[np.float32]
    counts: NDArray[np.int64]
    by_sample: NDArray[np.int64]
    state: dict[int, Array]
    by_step: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    spikes: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    potentials: dict[int, Array] = field(default_factory=dict)
    probes: dict[int, Probe] = field(default_factory=dict)
    kernels: tuple[str, ...] = ()
    profile: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class StreamStart:
    """Where a stream begins: ``state`` as in :class:`RunRequest`, ``steps`` behind it; ``seed`` of Poisson rates."""

    batch: int
    seed: int = 0
    state: Mapping[int, Array] | None = None
    steps: int = 0


class ExecutableStream(Protocol):
    """A network that goes on from step to step; the same results as one run of all steps."""

    @property
    def steps(self) -> int:
        """Steps done so far."""
        ...

    def step(self, given: Array, offsets: NDArray[np.int64] | None = None, /) -> NDArray[np.float32]:
        """Take one step; gives the scores behind it, float32 ``(batch, K)``.

        ``given`` are values float32 of the batch, C-contiguous; or, with ``offsets``, events as in :class:`EventInput`.
        A stream whose step fails in the middle has ended.
        """
        ...

    def state(self) -> Mapping[int, Array]:
        """Return what the network remembers, as :attr:`RunOutput.state` has it."""
        ...


class Executable(Protocol):
    """A plan made ready by a backend; may be run many times, from several threads.

    ``name`` says what runs it: the backend, and the SIMD level where it has one ("rust/avx512"). ``parts`` are the columns of its profiles,
    empty where it has none.
    """

    name: str
    parts: tuple[str, ...]

    def run(self, request: RunRequest) -> RunOutput:
        """Run it. Requests come from :mod:`pysnn.simulation.simulator`, which has checked shapes, dtypes and values."""
        ...

    def stream(self, start: StreamStart) -> ExecutableStream:
        """Open a stream, which keeps its state between steps."""
        ...


class Backend(Protocol):
    """A way to run plans."""

    name: str

    def compile(self, plan: Plan) -> Executable:
        """Make a plan ready."""
        ...

    def first_spike(self, plan: FirstSpikePlan) -> FirstSpikeEngine:
        """Make the plan of a first-spike network ready."""
        ...

    def adam(self, step: AdamStep, moments: Moments, *, threads: int) -> None:
        """Take a step of Adam in place; the same bits on every backend."""
        ...
