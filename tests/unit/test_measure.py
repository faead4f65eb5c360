"""Times and results of one network at several numbers of steps."""

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
