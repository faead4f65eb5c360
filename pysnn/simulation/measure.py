"""Run a network at several numbers of steps, each timed on its own."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from pysnn.simulation.result import Result
from pysnn.simulation.simulator import Simulator

__all__ = ["measure"]

_MOST_REPEATS = 7
_ENOUGH_SECONDS = 0.2

Call = Callable[[int, int], None]


def measure(
    simulator: Simulator,
    x: Any,
    steps: Sequence[int],
    *,
    labels: Any = None,
    progress: Call | None = None,
) -> tuple[list[float | None], Result]:
    """Compute milliseconds a sample for each number of steps, and the result of the longest run.

    Scores and counts are those of one run to the largest number of steps, whose time is that run's where it takes 0.2 s or more. Each
    other number of steps is run again for its time, several times where that is short (given spikes belong to one number of steps,
    and only that is timed).

    Parameters
    ----------
    simulator
        Ready to run.
    x, labels
        As in :func:`pysnn.run`.
    steps
        Ascending numbers of steps.
    progress
        Called with (samples done, samples in all), which only grow, over the first run and one for each time; further
        repeats do not count.

    Examples
    --------
    >>> import numpy as np
    >>> from pysnn import IF, Input, Network, Output
    >>> net = Network.chain({"in": Input((1,)), "if": IF(), "out": Output("count")})
    >>> times, result = measure(Simulator(net, backend="reference"), np.float32([[0.5]]), [2, 4])
    >>> result.table(ms_per_sample=times)["steps"].to_list()
    [2, 4]
    """
    splits = simulator.options.coding in ("constant", "poisson")
    if splits:
        simulator.run(x[:1], steps=1, check_range=False)
    timed = len(steps) if splits else 1
    result = simulator.run(x, steps=steps, labels=labels, progress=_part(progress, 0, 1 + timed))
    seconds: list[float | None] = [None] * len(steps)
    if result.wall_s >= _ENOUGH_SECONDS:
        seconds[-1] = result.wall_s
    for done in range(timed):
        place = len(steps) - 1 - done
        if seconds[place] is not None:
            _say_done(progress, 2 * result.samples, (1 + timed) * result.samples)
            continue
        seconds[place] = _seconds(simulator, x, steps[place], _part(progress, 1 + done, 1 + timed))
    times = [None if s is None else 1e3 * s / result.samples for s in seconds]
    return times, result


def _seconds(simulator: Simulator, x: Any, steps: int, progress: Call | None) -> float:
    """Measure a run: the median of several where it is short."""
    seconds = [simulator.run(x, steps=steps, progress=progress, check_range=False).wall_s]
    while len(seconds) < _MOST_REPEATS and sum(seconds) < _ENOUGH_SECONDS:
        seconds.append(simulator.run(x, steps=steps, check_range=False).wall_s)
    return median(seconds)


def _say_done(progress: Call | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _part(progress: Call | None, done: int, runs: int) -> Call | None:
    if progress is None:
        return None
    return lambda samples, total: progress(done * total + samples, runs * total)
