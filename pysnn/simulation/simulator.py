"""Run a network: check what came, compile once, go through the data in batches, put the results together."""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import is_finite
from pysnn.backends import get_backend
from pysnn.backends.base import Executable, RunOutput, RunRequest
from pysnn.encode import Events
from pysnn.encode.batch import checked_data, checked_labels
from pysnn.encode.scale import warn_of_scale
from pysnn.errors import CapacityError, DataError, PlanError
from pysnn.keywords import check_keywords, show_keywords
from pysnn.network import Network
from pysnn.plan.limits import check_potentials
from pysnn.plan.lower import compile_plan
from pysnn.plan.ops import MAX_COUNT, Plan
from pysnn.plan.options import PlanOptions
from pysnn.plan.windows import window_of
from pysnn.processors import usable_threads
from pysnn.simulation.capacity import check_memory, keeps_state
from pysnn.simulation.merge import merge_outputs
from pysnn.simulation.options import RUN_KEYWORDS, RunKeywords, RunOptions, check_integer
from pysnn.simulation.profile import Profile, check_profile
from pysnn.simulation.requests import Times, make_requests
from pysnn.simulation.result import Result
from pysnn.simulation.state import State, to_operations
from pysnn.simulation.steps import MAX_STEPS, checked_steps
from pysnn.simulation.stream import Stream
from pysnn.simulation.undecided import count_undecided, last_neurons
from pysnn.simulation.windows import check_fresh, spikes_in_steps

__all__ = ["Simulator", "run"]

_RUN_KEYWORDS = tuple(parameter.name for parameter in RUN_KEYWORDS)


@show_keywords(RUN_KEYWORDS)
def run(
    network: Network,
    x: Any,
    *,
    steps: int | Sequence[int] | None = None,
    labels: Any = None,
    **options: Unpack[RunKeywords],
) -> Result:
    """Run a network on data.

    Parameters
    ----------
    network
        A spiking network.
    x
        ``(samples, ...)`` in the shape of the network's input: float values in its input space, or uint8 (then over 255).
        Arrays, tensors of PyTorch, or frames of pandas and Polars (a column a feature).
        Given spikes are ``(steps, samples, ...)``, or :class:`~pysnn.encode.Events`; so are frames (coding "frames"), which are real-valued.
    steps
        Number of time-steps, or several: the run goes to the largest, and is read at each. Left out, or 1, where the neurons
        are :class:`~pysnn.FirstSpike`: theirs are those of the window.
    labels
        Classes, integers ``(samples,)``, for :attr:`Result.accuracy`.
    **options
        Fields of :class:`RunOptions`.

    Raises
    ------
    DataError, PlanError, RangeError, BackendError
        What was expected, what came, and where.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output
    >>> net = Network.chain({"in": Input((1,)), "if": IF(v_threshold=1.0), "out": Output("count")})
    >>> run(net, np.float32([[0.25]]), steps=[4, 8]).scores.ravel().tolist()
    [1.0, 2.0]
    """
    return Simulator(network, **options).run(x, steps=steps, labels=labels)


class Simulator:
    """A network made ready to run many times: plans are compiled once and kept, as the environment says at that time.

    Parameters
    ----------
    network
        A spiking network.
    **options
        Fields of :class:`RunOptions`, for every run that does not say otherwise.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output
    >>> net = Network.chain({"in": Input((1,)), "if": IF(), "out": Output("count")})
    >>> simulator = Simulator(net, backend="reference")
    >>> first = simulator.run(np.float32([[0.75]]), steps=2)
    >>> simulator.run(np.float32([[0.75]]), steps=2, state=first.state).scores.item()
    3.0
    """

    @show_keywords(RUN_KEYWORDS)
    def __init__(self, network: Network, **options: Unpack[RunKeywords]) -> None:
        if not isinstance(network, Network):
            kind = f"{type(network).__module__}.{type(network).__qualname__}"
            raise DataError(f"run: expected a pysnn.Network, got {kind}")
        self.network = network
        check_keywords("run", options, _RUN_KEYWORDS, ("steps", "labels"))
        self.options = RunOptions(**options)
        self._compiled: dict[tuple[PlanOptions, str], tuple[Plan, Executable]] = {}
        self._last: tuple[Plan, tuple[int, ...]] | None = None
        self._latest: tuple[RunOptions, int, tuple[Plan, Executable]] | None = None
        self._fits: tuple[Plan, RunOptions, tuple[int, ...], bool, int] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _make_simulator, (self.network, vars(self.options))

    @show_keywords(RUN_KEYWORDS)
    def plan(self, max_count: int = 1, **changes: Unpack[RunKeywords]) -> Plan:
        """Return the plan that a run would use."""
        return self._ready(self._changed(changes), max_count)[0]

    @show_keywords(RUN_KEYWORDS)
    def run(
        self,
        x: Any,
        *,
        steps: int | Sequence[int] | None = None,
        labels: Any = None,
        **changes: Unpack[RunKeywords],
    ) -> Result:
        """Run on data; see :func:`run`. ``changes`` replace the simulator's options for this run."""
        started = time.perf_counter()
        options = self._changed(changes)
        read_at = checked_steps(steps, window_of(self.network))
        data = checked_data(x, self.network.input, self.network.input_name, options.coding)
        if options.check_range and options.state is None and isinstance(data.data, np.ndarray) and not data.frames:
            warn_of_scale(self.network.input, data.data)
        most = data.data.most_at_once() if isinstance(data.data, Events) else 1
        plan, executable = self._ready(options, most)
        if labels is not None:
            labels = checked_labels(labels, data.samples, plan.ops[-1].spec.size, plan.ops[-1].node)
        check_fresh(options.state, plan.window)
        check_profile(executable, options.profile)
        state = None if options.state is None else to_operations(options.state, plan, data.samples)
        done = 0 if options.state is None else options.state.steps
        data.check_frames(read_at[-1], self.network.input_name)
        if done + read_at[-1] > MAX_STEPS:
            raise DataError(f"steps: a state may have at most {MAX_STEPS} steps behind it, got {done + read_at[-1]}")
        keep = plan.window is None and keeps_state(plan, data.samples, options.keep_state)
        times = Times(read_at, done, state, keep)
        requests = make_requests(self.network, data, plan, options, times)
        first = next(requests)
        self._check_size((plan, options, read_at, keep, data.samples), first)
        try:
            every = chain((first,), requests)
            output = merge_outputs(self._checked(executable.run(request), plan, keep) for request in every)
        except MemoryError as error:
            raise CapacityError("the run ran out of memory; a smaller batch_size needs less") from error
        seconds = time.perf_counter() - started
        undecided = None
        if options.count and options.state is None:
            undecided = self._undecided(output, plan)
        return Result(
            network=self.network,
            plan=plan,
            steps=read_at,
            scores=output.scores,
            counts=output.counts,
            sample_counts=output.by_sample,
            step_counts={plan.ops[k].node: array for k, array in output.by_step.items()},
            last_state=State(done + read_at[-1], {n: output.state[k] for n, k in plan.stateful.items()})
            if keep
            else None,
            labels=labels,
            spikes={plan.ops[k].node: spikes_in_steps(array, plan.window) for k, array in output.spikes.items()},
            potentials={plan.ops[k].node: array for k, array in output.potentials.items()},
            probes={plan.ops[k].node: probe for k, probe in output.probes.items()},
            kernels={op.node: word for op, word in zip(plan.ops, output.kernels, strict=False) if word},
            wall_s=seconds,
            backend=executable.name,
            seed=options.seed,
            undecided=undecided,
            start=done,
            measured=None if output.profile is None else Profile(executable.parts, output.profile, seconds),
            threads=options.threads or usable_threads(),
        )

    @show_keywords(RUN_KEYWORDS)
    def stream(self, samples: int = 1, *, max_count: int = 1, **changes: Unpack[RunKeywords]) -> Stream:
        """Open a stream, which takes one step a call and keeps its state inside; streams do not know of each other.

        ``samples`` go through it side by side. ``max_count`` is the largest count of one input in one step, where spikes enter.
        ``changes`` replace the simulator's options for this stream; ``state`` goes on from there.

        Examples
        --------
        >>> from pysnn import IF, Input, Network, Output
        >>> net = Network.chain({"in": Input((2,)), "if": IF(v_threshold=2.0), "out": Output("first_spike")})
        >>> stream = Simulator(net, coding="events").stream()
        >>> [stream.step(inputs).predictions.tolist() for inputs in ([1], [0], [0, 1], [])]
        [[-1], [-1], [0], [0]]
        """
        options = self._changed(changes)
        check_integer("max_count", max_count, 1, MAX_COUNT)
        if options.first_layer == "int8":
            raise PlanError("stream: first_layer 'int8' reads pictures that stay; streams take first_layer='float32'")
        return Stream(self.network, self._ready(options, int(max_count)), options, samples)

    def _changed(self, changes: RunKeywords) -> RunOptions:
        if not changes:
            return self.options
        check_keywords("run", changes, _RUN_KEYWORDS, ("steps", "labels"))
        return replace(self.options, **changes)

    def _undecided(self, output: RunOutput, plan: Plan) -> NDArray[np.int64] | None:
        """Count the samples in which no spike got to the read-out."""
        if self._last is None or self._last[0] is not plan:
            self._last = plan, last_neurons(plan)
        return count_undecided(output, plan, self._last[1])

    def _check_size(self, run: tuple[Plan, RunOptions, tuple[int, ...], bool, int], first: RunRequest) -> None:
        """Refuse a run whose potentials could leave int32, or whose results memory; one from the start that is like the latest is known to fit."""
        plan, options, _, keep, samples = run
        known = self._fits
        if (
            known is not None
            and first.state is None
            and known[0] is plan
            and known[1] is options
            and known[2:] == run[2:]
        ):
            return
        check_potentials(plan, first.steps, first.state)
        check_memory(plan, first, samples, keep_state=keep)
        self._fits = None if first.state is not None else run

    def _checked(self, output: RunOutput, plan: Plan, keep: bool) -> RunOutput:
        """Refuse potentials that have left float32, and drop those that nobody wants."""
        for name, k in plan.stateful.items():
            array = output.state.get(k)
            if array is not None and array.dtype.kind == "f" and not is_finite(array):
                raise DataError(
                    f"{self.network.nodes[name].title} '{name}': expected finite potentials, got one beyond float32; "
                    "weights or data are too large"
                )
        return output if keep else replace(output, state={})

    def _ready(self, options: RunOptions, max_count: int) -> tuple[Plan, Executable]:
        if self._latest is not None and self._latest[0] is options and self._latest[1] == max_count:
            return self._latest[2]
        coding = "events" if options.coding == "spikes" else options.coding
        wanted = PlanOptions(options.precision, coding, options.dt, max_count, options.units, options.first_layer)
        key = (wanted, options.backend)
        if key not in self._compiled:
            plan = compile_plan(self.network, wanted)
            self._compiled[key] = plan, get_backend(options.backend).compile(plan)
        self._latest = options, max_count, self._compiled[key]
        return self._compiled[key]


def _make_simulator(network: Network, options: dict[str, Any]) -> Simulator:
    """Make a pickled or copied simulator again: its plans are compiled where it arrives, when they are needed."""
    return Simulator(network, **options)
