"""Times and results of one network at several numbers of steps."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from pysnn import IF, Events, Input, Linear, Network, Output, Simulator
from pysnn.simulation.measure import measure

NETWORK = Network.chain({"in": Input((3,)), "fc": Linear(np.eye(3)[:2] + 0.25), "if": IF(), "out": Output("count")})
X = np.random.default_rng(0).random((20, 3)).astype(np.float32)


@pytest.mark.parametrize("backend", ["reference", "auto"])
@pytest.mark.parametrize(("coding", "steps"), [("constant", [1, 2, 8]), ("poisson", [4]), ("spikes", [2, 5])])
def test_progress_only_grows_and_ends_at_the_end(backend: str, coding: Any, steps: list[int]) -> None:
    x = X if coding != "spikes" else (np.stack([X] * 5) > 0.5).astype(np.uint8)
    seen: list[tuple[int, int]] = []
    simulator = Simulator(NETWORK, coding=coding, backend=backend, batch_size=6)
    times, result = measure(simulator, x, steps, progress=lambda done, total: seen.append((done, total)))
    assert result.samples == 20
    assert times[-1] is not None
    assert len({total for _, total in seen}) == 1
    assert all(a[0] <= b[0] for a, b in pairwise(seen))
    assert seen[0][0] < seen[-1][0] == seen[-1][1]


def test_the_result_is_that_of_a_run() -> None:
    simulator = Simulator(NETWORK, backend="reference")
    _, result = measure(simulator, X, [2, 4])
    expected = simulator.run(X, steps=[2, 4])
    assert np.array_equal(result.scores, expected.scores)


@pytest.mark.parametrize("coding", ["constant", "poisson", "spikes"])
def test_events_without_their_coding_are_a_sentence(coding: Any) -> None:
    events = Events.from_dense(np.zeros((4, 2, 3), dtype=np.uint8))
    with pytest.raises(ValueError, match=r'got pysnn\.Events and coding .*; events are run with coding="events"'):
        Simulator(NETWORK, coding=coding, backend="reference").run(events, steps=4)
    assert Simulator(NETWORK, coding="events", backend="reference").run(events, steps=4).samples == 2


def test_spikes_without_their_coding_are_told_what_they_are() -> None:
    with pytest.raises(
        ValueError, match=r'got \(4, 2, 3\); spikes \(steps, samples, \.\.\.\) are run with coding="spikes"'
    ):
        Simulator(NETWORK, backend="reference").run(np.zeros((4, 2, 3)), steps=4)


def slow_runs(monkeypatch: pytest.MonkeyPatch, seconds: float) -> list[Any]:
    """Let every run say that it took so long; return the steps of the runs."""
    whole, steps = Simulator.run, []

    def run(self: Simulator, x: Any, **options: Any) -> Any:
        steps.append(options["steps"])
        return replace(whole(self, x, **options), wall_s=seconds)

    monkeypatch.setattr(Simulator, "run", run)
    return steps


def test_a_run_that_takes_long_is_its_own_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = slow_runs(monkeypatch, 0.5)
    seen: list[tuple[int, int]] = []
    times, _ = measure(
        Simulator(NETWORK, backend="reference"), X, [2, 4], progress=lambda done, total: seen.append((done, total))
    )
    assert steps == [1, [2, 4], 2], "one step to get ready, the run, and the shorter number of steps"
    assert times == [25.0, 25.0]
    assert seen[-1] == (60, 60)
    assert all(a <= b for a, b in pairwise(seen))


def test_one_number_of_steps_is_run_once_where_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = slow_runs(monkeypatch, 0.5)
    seen: list[tuple[int, int]] = []
    measure(Simulator(NETWORK, backend="reference"), X, [4], progress=lambda done, total: seen.append((done, total)))
    assert steps == [1, [4]]
    assert seen[-1] == (40, 40)


def test_a_short_run_is_measured_by_itself_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = slow_runs(monkeypatch, 0.06)
    times, _ = measure(Simulator(NETWORK, backend="reference"), X, [4])
    assert steps == [1, [4], 4, 4, 4, 4]
    assert times == [3.0]
