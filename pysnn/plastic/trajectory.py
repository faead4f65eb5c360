"""What a rule does to one synapse: the weight behind every event of given spike trains."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric
from pysnn.errors import DataError, NetworkError
from pysnn.plastic.connectors import Synapses
from pysnn.plastic.engines import EngineOptions, make_engine
from pysnn.plastic.engines.base import RunPart
from pysnn.plastic.lower import compile_plastic
from pysnn.plastic.network import PlasticNetwork, Projection
from pysnn.plastic.plan import MOST_STEPS
from pysnn.plastic.populations import SpikeSource
from pysnn.plastic.rules.base import Coincidence, Rule

__all__ = ["trajectory"]

_NO_REWARDS: tuple[tuple[int, float], ...] = ()


def trajectory(  # noqa: PLR0913 - two trains, a weight, and the options of a run
    rule: Rule,
    pre: Any,
    post: Any,
    w: float,
    *,
    dt: float,
    steps: int,
    delay: int = 0,
    post_delay: int = 0,
    rewards: Iterable[tuple[int, float]] = _NO_REWARDS,
    coincidence: Coincidence | None = None,
    backend: str = "auto",
    store: str = "eager",
) -> NDArray[np.float64]:
    """Return the weight of one synapse behind each step in which something happens to it.

    Parameters
    ----------
    rule
        The rule.
    pre, post
        Steps of the spikes of the source and of the target, ascending.
    w
        The first weight.
    dt
        Seconds a step.
    steps
        Length of the run; events behind it are left out.
    delay, post_delay
        Steps from a spike to the synapse: axonal, and dendritic (NEST's delay).
    rewards
        Pairs of step and amount.
    coincidence
        In the place of the rule's own.
    backend, store
        See :class:`pysnn.plastic.engines.EngineOptions`.

    Returns
    -------
    numpy.ndarray
        float64 ``(events, 2)``: step, and weight behind all events of the step.

    Raises
    ------
    DataError
        Steps are not ascending whole numbers from 0 on.
    PlanError
        The store or the backend cannot do it: eligibility with the lazy store.

    Examples
    --------
    >>> from pysnn.plastic import PairSTDP
    >>> rule = PairSTDP(a_plus=0.1, a_minus=0.1)
    >>> trajectory(rule, [0, 40], [20], 0.5, dt=1e-3, steps=60, backend="reference").round(4).tolist()
    [[0.0, 0.5], [20.0, 0.5368], [40.0, 0.5]]
    """
    if not isinstance(rule, Rule):
        raise NetworkError(f"trajectory: rule: expected a Rule, got {rule!r}")
    rule = rule if coincidence is None else replace(rule, coincidence=coincidence)
    last = _whole(steps, "steps")
    trains = [
        _steps(train, what) + _whole(late, what)
        for train, what, late in ((pre, "pre", delay), (post, "post", post_delay))
    ]
    amounts: dict[int, float] = {}
    for step, amount in rewards:
        amounts[_whole(step, "rewards")] = amounts.get(int(step), 0.0) + float(amount)
    sources = [SpikeSource(1, times=train * float(dt), indices=np.zeros(len(train), np.int64)) for train in trains]
    wires = Projection(pre="pre", post="post", connector=Synapses.of([0], [0], [w]), delay=0, rule=rule)
    plan = compile_plastic(PlasticNetwork.of(pre=sources[0], post=sources[1], wires=wires), dt, 0)
    engine = make_engine(plan, EngineOptions(backend=backend, store=store, threads=1))
    events = np.unique(np.concatenate([*trains, np.array(list(amounts), dtype=np.int64)]))
    found, at = [], 0
    for event in events[events < last].tolist():
        engine.run(RunPart(event + 1 - at))
        at = event + 1
        if event in amounts:
            engine.reward(0, amounts[event])
        found.append((float(event), float(engine.weights(0)[0])))
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def _whole(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= value < MOST_STEPS:
        raise DataError(f"trajectory: {what}: expected a whole number of steps from 0 on, got {value!r}")
    return int(value)


def _steps(train: Any, what: str) -> NDArray[np.int64]:
    steps = as_numeric(train if len(train) else np.zeros(0, np.int64), f"trajectory: {what}")
    if (
        steps.dtype.kind not in "iu"
        or steps.ndim != 1
        or (steps.size and (steps.min() < 0 or (np.diff(steps.astype(np.int64)) <= 0).any()))
    ):
        raise DataError(f"trajectory: {what}: expected ascending whole steps from 0 on, got {steps!r:.80}")
    return steps.astype(np.int64)
