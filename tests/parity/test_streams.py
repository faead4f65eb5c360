"""A stream gives, step by step, the bits of one run; on random networks, every backend and level, cut anywhere."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import pysnn
from pysnn import Events, Simulator
from pysnn.simulation.result import Result
from pysnn.simulation.stream import Stream
from tests.parity.cases import Case, cases
from tests.parity.compare import BACKENDS, GENERATED, Way, run_case, simd_level


def _at(case: Case, step: int) -> Any:
    """What enters at a step."""
    coding = case.options["coding"]
    if coding in ("spikes", "frames"):
        return case.data[step]
    if coding == "events":
        here = case.data.step == step
        at = case.data.sample[here], np.zeros(int(here.sum()), dtype=np.int64), case.data.index[here]
        return Events(*at, samples=case.samples)
    return case.data


def _open(case: Case, pair: tuple[str, str], state: pysnn.State | None = None) -> Stream:
    spikes = isinstance(case.data, Events) or case.options["coding"] == "spikes"
    events = case.data if isinstance(case.data, Events) else Events.from_dense(case.data) if spikes else None
    most = events.most_at_once() if events is not None else 1
    with simd_level(pair[1]):
        simulator = Simulator(case.network, backend=pair[0], check_range=False, **case.options)
        return simulator.stream(case.samples, max_count=most, state=state)


@pytest.mark.slow
@GENERATED
@given(case=cases(most_nodes=6), pair=st.sampled_from(BACKENDS), other=st.sampled_from(BACKENDS), data=st.data())
def test_a_stream_is_the_run(case: Case, pair: tuple[str, str], other: tuple[str, str], data: st.DataObject) -> None:
    whole = run_case(case, Way(), probe=False, record=(), record_potentials=())
    assume(isinstance(whole, Result))
    assert isinstance(whole, Result)
    cut = data.draw(st.integers(0, case.steps[-1]))
    stream, idle = _open(case, pair), _open(case, pair)
    for step in range(case.steps[-1]):
        if step == cut:
            stream = _open(case, other, stream.state)
        found = stream.step(_at(case, step))
        if step + 1 in case.steps:
            read = case.steps.index(step + 1)
            assert np.array_equal(found.scores, whole.scores[read])
            assert np.array_equal(found.predictions, whole.predictions[read])
    assert stream.steps == whole.state.steps
    for name, array in whole.state.arrays.items():
        assert np.array_equal(array, stream.state.arrays[name])
        assert array.dtype == stream.state.arrays[name].dtype
    assert idle.steps == 0
