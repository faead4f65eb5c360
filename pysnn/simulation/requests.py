"""Split a run into requests, one a batch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from pysnn.backends.base import RunRequest
from pysnn.encode.batch import Batches
from pysnn.errors import DataError
from pysnn.network import Network
from pysnn.plan.ops import Plan
from pysnn.processors import usable_threads
from pysnn.simulation.encoded import encoded, samples_at_once
from pysnn.simulation.options import RunOptions

__all__ = ["Times", "make_requests"]


class Times(NamedTuple):
    """Where a run is read, the steps behind its first state, that state, and whether the last one is kept."""

    read_at: tuple[int, ...]
    done: int
    state: dict[int, NDArray[Any]] | None
    keep: bool


def make_requests(
    network: Network, data: Batches, plan: Plan, options: RunOptions, times: Times
) -> Iterator[RunRequest]:
    """Make one request a batch."""
    steps, state = times.read_at[-1], times.state
    size = samples_at_once(data, steps, options)
    threads = options.threads or usable_threads()
    spec = plan.ops[0].spec
    recorded = _recorded(plan.spiking, options.record), _recorded(plan.neurons, options.record_potentials)
    for start in range(0, data.samples, size):
        stop = min(start + size, data.samples)
        part = None if state is None else {k: array[start:stop] for k, array in state.items()}
        progress = _offset_progress(options.progress, start, data.samples)
        given = encoded(network.input, data, (start, stop), spec=spec, steps=steps, options=options)
        yield RunRequest(
            given,
            steps,
            times.read_at,
            part,
            times.done,
            threads,
            options.block,
            options.count,
            options.count_by_step,
            options.probe,
            *recorded,
            progress,
            times.keep,
            options.profile,
        )
        if options.progress is not None:
            options.progress(stop, data.samples)


def _recorded(neurons: Mapping[str, int], names: Sequence[str]) -> tuple[int, ...]:
    if not names:
        return ()
    for name in names:
        if name not in neurons:
            raise DataError(f"record: there is no neuron '{name}'; there are {', '.join(neurons) or 'none'}")
    return tuple(neurons[name] for name in names)


def _offset_progress(
    progress: Callable[[int, int], None] | None, start: int, samples: int
) -> Callable[[int], None] | None:
    if progress is None:
        return None
    return lambda done: progress(start + done, samples)
