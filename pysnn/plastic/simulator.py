"""Runs of plastic networks."""

import logging
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, PlanError
from pysnn.plastic.activity import plastic_activity
from pysnn.plastic.capacity import check_plastic_memory
from pysnn.plastic.connectors import check_seed
from pysnn.plastic.engines import EngineOptions, make_engine
from pysnn.plastic.engines.base import Counts, RunPart
from pysnn.plastic.lower import compile_plastic, thresholds_of
from pysnn.plastic.monitors import Monitor
from pysnn.plastic.network import PlasticNetwork
from pysnn.plastic.normalise import with_sum
from pysnn.plastic.plan import MOST_STEPS, PlasticPlan
from pysnn.plastic.populations import check_rate
from pysnn.plastic.recorder import Recorder
from pysnn.plastic.result import Matrix, PlasticResult
from pysnn.plastic.rules.base import check_positive
from pysnn.plastic.state import PlasticState

__all__ = ["PlasticSimulator", "RunOptions"]

_LOG = logging.getLogger("pysnn")
_BUSY = 0.5


@dataclass(frozen=True, eq=False)
class RunOptions:
    """How a run goes; every field is a keyword of :meth:`PlasticSimulator.run`.

    Attributes
    ----------
    state
        Where a run stopped, to go on from there; ``None`` starts afresh.
    learn
        Whether weights and adaptive thresholds change; traces go on in any case.
    watch
        What to write down: :mod:`pysnn.plastic.monitors`.
    rewards
        Pairs of time (s, from the start of this run) and amount: each goes to every projection whose rule has eligibility.
    rates
        By name: rates in Hz in the place of those of Poisson sources with a rate each.
    normalise
        By projection: what the weights onto each target are to sum up to as the run starts; see :func:`pysnn.plastic.normalise`.
    keep_state
        Whether the result has the state and the weights.
    progress
        Called with (steps done, steps in all) now and then.
    """

    state: PlasticState | None = None
    learn: bool = True
    watch: Sequence[Monitor] = ()
    rewards: Iterable[tuple[float, float]] = ()
    rates: Mapping[str, Any] = field(default_factory=dict)
    normalise: Mapping[str, float] = field(default_factory=dict)
    keep_state: bool = True
    progress: Callable[[int, int], None] | None = None


class PlasticSimulator:
    """A plastic network, compiled for a time step.

    Parameters
    ----------
    network
        The network.
    dt
        Seconds a step.
    seed
        Of Poisson sources.
    **options
        ``backend``, ``store``, ``threads``, ``tile``: see :class:`pysnn.plastic.engines.EngineOptions`. No result depends on them.

    Raises
    ------
    PlanError
        The time step does not fit a time constant or a rate, or the store cannot do what a rule asks for.
    CapacityError
        The network would not fit into this machine's memory.

    Examples
    --------
    >>> from pysnn.plastic import AllToAll, LIFCells, PairSTDP, PoissonSource, Projection
    >>> net = PlasticNetwork.of(
    ...     inputs=PoissonSource(50, rate=20.0),
    ...     cells=LIFCells(size=2, v_threshold=1.0),
    ...     wires=Projection(pre="inputs", post="cells", connector=AllToAll(), weight=0.1, delay=0, rule=PairSTDP(w_max=0.2)),
    ... )
    >>> run = PlasticSimulator(net, dt=1e-3, backend="reference").run(0.5)
    >>> run.weights("wires").weight.shape
    (100,)
    """

    def __init__(self, network: PlasticNetwork, *, dt: float, seed: int = 0, **options: Any) -> None:
        check_seed(seed, "seed")
        self.network = network
        self.dt = check_positive(dt, "dt")
        self.plan: PlasticPlan = compile_plastic(network, self.dt, seed)
        self._options = options
        chosen = EngineOptions(**options)
        check_plastic_memory(self.plan, chosen)
        self._engine = make_engine(self.plan, chosen)
        self._places = {one.name: k for k, one in enumerate(self.plan.populations)}
        self._connectivity: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        self._fresh = True
        _LOG.info(
            "a plastic network of %.0f synapses runs on '%s'",
            sum(one.expected for one in self.plan.projections),
            self.backend,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(PlasticSimulator, self.network, dt=self.dt, seed=self.plan.seed, **self._options), ()

    @property
    def backend(self) -> str:
        """Which engine, SIMD level and store."""
        return self._engine.name

    def run(self, seconds: float, **options: Any) -> PlasticResult:
        """Run for a time; see :class:`RunOptions`.

        Raises
        ------
        DataError
            An option does not fit the network.
        """
        chosen = RunOptions(**options)
        steps = round(check_positive(seconds, "seconds", strict=False) / self.dt)
        self._start(chosen)
        first = chosen.state.step if chosen.state is not None else 0
        last = first + steps
        if last >= MOST_STEPS:
            raise PlanError(f"seconds: expected less than {MOST_STEPS} steps in all, got {last}")
        recorder = Recorder(self.plan, chosen.watch, first)
        rewards = self._rewards(chosen.rewards, first, last)
        begun = time.perf_counter()
        counts, rewarded = self._advance(chosen, recorder, rewards, (first, last))
        taken = time.perf_counter() - begun
        self._warn_of_storms(counts, steps)
        state = self._engine.save() if chosen.keep_state else None
        matrices = self._matrices() if chosen.keep_state else {}
        learned = steps if chosen.learn else 0
        activity = plastic_activity(
            self.network, counts, dt=self.dt, steps=steps, learned=learned, rewarded=self._visits(rewarded)
        )
        return PlasticResult(recorder.tables(), state, activity, counts, self.backend, taken, matrices)

    def _start(self, chosen: RunOptions) -> None:
        if chosen.state is not None or not self._fresh:
            self._engine.load(chosen.state)
        self._fresh = False
        for name, total in chosen.normalise.items():
            k = self._projection(name, "normalise")
            one = self.plan.projections[k]
            _, to = self._connected(k)
            top = np.inf if one.kernel is None else one.kernel.w_max
            self._engine.set_weights(k, with_sum(self._engine.weights(k), to, total, float(top)))

    def _projection(self, name: str, what: str) -> int:
        names = [one.name for one in self.plan.projections]
        if name not in names:
            raise DataError(f"{what}: expected one of {', '.join(names) or 'no projection'}, got {name!r}")
        return names.index(name)

    def _connected(self, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if k not in self._connectivity:
            self._connectivity[k] = self._engine.connectivity(k)
        return self._connectivity[k]

    def _advance(
        self, chosen: RunOptions, recorder: Recorder, rewards: Mapping[int, float], span: tuple[int, int]
    ) -> tuple[Counts, int]:
        """Run; return the counts of the steps, and how many rewards were given while the network learned."""
        first, last = span
        stops = sorted(recorder.stops(first, last) | rewards.keys())
        thresholds = self._thresholds(chosen.rates)
        counts = Counts((0,) * len(self.plan.populations), *((0,) * len(self.plan.projections),) * 3)
        at, rewarded = first, 0
        for stop in stops:
            progress = _shifted(chosen.progress, at - first, last - first)
            record = self._engine.run(RunPart(stop - at, chosen.learn, recorder.recorded, thresholds, progress))
            at, counts = stop, counts + record.counts
            if stop in rewards and chosen.learn:
                rewarded += 1
                for k, projection in enumerate(self.plan.projections):
                    if projection.kernel is not None and projection.kernel.c is not None:
                        self._engine.reward(k, rewards[stop])
            recorder.take(record, self._engine, stop, last=stop == last)
            if chosen.progress is not None:
                chosen.progress(stop - first, last - first)
        return counts, rewarded

    def _visits(self, rewarded: int) -> tuple[int, ...]:
        """Return how many synapses of each projection so many rewards have changed."""
        eligible = (one.kernel is not None and one.kernel.c is not None for one in self.plan.projections)
        return tuple(
            rewarded * len(self._connected(k)[1]) if rewarded and able else 0 for k, able in enumerate(eligible)
        )

    def _rewards(self, rewards: Iterable[tuple[float, float]], first: int, last: int) -> dict[int, float]:
        """Return amounts by the step before which they are given: behind all events of the step of their time."""
        found: dict[int, float] = {}
        for moment, amount in rewards:
            step = first + round(check_positive(moment, "rewards: time", strict=False) / self.dt)
            if step >= last:
                raise DataError(f"rewards: expected times within the run, got {moment} s")
            found[step + 1] = found.get(step + 1, 0.0) + check_positive(amount, "rewards: amount", None)
        able = any(one.kernel is not None and one.kernel.c is not None for one in self.plan.projections)
        if found and not able:
            raise PlanError("rewards: expected a projection whose rule has eligibility, such as RewardSTDP")
        return found

    def _thresholds(self, rates: Mapping[str, Any]) -> dict[int, NDArray[np.uint64]]:
        found = {}
        for name, given in rates.items():
            place = self._places.get(name, -1)
            if place < 0 or self.plan.populations[place].thresholds is None:
                able = [one.name for one in self.plan.populations if one.thresholds is not None]
                raise DataError(f"rates: expected sources with a rate each ({', '.join(able) or 'none'}), got {name!r}")
            size = self.plan.populations[place].size
            each = np.broadcast_to(check_rate(given, size, f"rates: {name}"), size)
            found[place] = thresholds_of(np.ascontiguousarray(each, dtype=np.float64), self.dt, name)
        return found

    def _matrices(self) -> dict[str, Matrix]:
        found = {}
        for k, projection in enumerate(self.plan.projections):
            row, to = self._connected(k)
            found[projection.name] = Matrix(row, to, self._engine.weights(k), projection.sizes)
        return found

    def _warn_of_storms(self, counts: Counts, steps: int) -> None:
        for population, spikes in zip(self.plan.populations, counts.spikes, strict=True):
            if population.cells is not None and steps and spikes > _BUSY * steps * population.size:
                share = spikes / (steps * population.size)
                warnings.warn(
                    f"'{population.name}' fired in {share:.0%} of its steps: its input is too strong, or dt too long",
                    UserWarning,
                    stacklevel=3,
                )


def _shifted(progress: Callable[[int, int], None] | None, before: int, total: int) -> Callable[[int], None] | None:
    if progress is None:
        return None
    return lambda done: progress(before + done, total)
