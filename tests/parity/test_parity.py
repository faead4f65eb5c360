"""Every backend, SIMD level, thread count and split gives the bits of the reference, on random networks."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import pysnn
from pysnn.simulation.result import Result
from tests.parity.cases import Case, cases
from tests.parity.compare import BACKENDS, GENERATED, Way, assert_same, run_case

_COMPILED = [pair for pair in BACKENDS if pair[0] != "reference"]


def _ways(pairs: list[tuple[str, str]]) -> st.SearchStrategy[Way]:
    return st.builds(
        lambda pair, threads, block, size: Way(pair[0], pair[1], threads, block, size),
        st.sampled_from(pairs),
        st.sampled_from([1, 2, 3]),
        st.sampled_from([0, 1, 3, 7, 32]),
        st.sampled_from([1, 2, 3, 256]),
    )


def _reference(case: Case) -> Any:
    """The reference's outcome; a network beyond the precision's bounds is another test's subject."""
    expected = run_case(case, Way())
    assume(isinstance(expected, Result) or expected[0] is not pysnn.PlanError)
    return expected


@pytest.mark.slow
@GENERATED
@given(case=cases(), way=_ways([("reference", "")]))
def test_splits_change_nothing(case: Case, way: Way) -> None:
    assert_same(_reference(case), run_case(case, way))


@pytest.mark.slow
@pytest.mark.skipif(not _COMPILED, reason="there is no backend but the reference")
@GENERATED
@given(case=cases(), data=st.data())
def test_backends_agree(case: Case, data: st.DataObject) -> None:
    expected = _reference(case)
    for pair in _COMPILED:
        assert_same(expected, run_case(case, Way(*pair)))
        assert_same(expected, run_case(case, data.draw(_ways([pair]))))


@pytest.mark.slow
@GENERATED
@given(case=cases(most_nodes=6), way=_ways(BACKENDS), data=st.data())
def test_a_state_goes_on_where_it_stopped(case: Case, way: Way, data: st.DataObject) -> None:
    total = case.steps[-1]
    assume(total > 1 and case.options["coding"] != "events")
    whole = _reference(case)
    assume(isinstance(whole, Result))
    cut = data.draw(st.integers(1, total - 1))
    spikes = case.options["coding"] in ("spikes", "frames")
    before = run_case(case, way, steps=cut, data=case.data[:cut] if spikes else case.data)
    assert isinstance(before, Result)
    rest = case.data[cut:] if spikes else case.data
    later = [step - cut for step in case.steps if step > cut]
    other = data.draw(_ways(BACKENDS))
    after = run_case(case, other, steps=later, data=rest, state=before.state)
    assert isinstance(after, Result)
    assert np.array_equal(whole.scores[-len(later) :], after.scores)
    for name, array in whole.state.arrays.items():
        assert np.array_equal(array, after.state.arrays[name])
    for name, recorded in whole.potentials.items():
        assert np.array_equal(recorded, np.concatenate([before.potentials[name], after.potentials[name]]))
    for name, recorded in whole.spikes.items():
        assert np.array_equal(recorded, np.concatenate([before.spikes[name], after.spikes[name]]))
    summed = slice(0, 6)
    assert np.array_equal(whole.counts[-1, :, summed], before.counts[-1, :, summed] + after.counts[-1, :, summed])


@pytest.mark.slow
@GENERATED
@given(case=cases(most_nodes=6), way=_ways(BACKENDS))
def test_reads_are_prefixes(case: Case, way: Way) -> None:
    assume(case.options["coding"] in {"constant", "poisson"})
    whole = _reference(case)
    assume(isinstance(whole, Result))
    for i, steps in enumerate(case.steps):
        alone = run_case(case, way, steps=steps)
        assert isinstance(alone, Result)
        assert np.array_equal(alone.scores[0], whole.scores[i])
        assert np.array_equal(alone.counts[0], whole.counts[i])
