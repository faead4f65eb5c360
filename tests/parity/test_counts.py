"""Operation counts are exact: equal to a brute-force replay of every spike, from every backend."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import pysnn
from pysnn.plan.ops import ConvOp, NeuronOp
from pysnn.schemas import COUNT_FIELDS
from pysnn.simulation.result import Result
from tests.parity.cases import Case, cases
from tests.parity.compare import BACKENDS, GENERATED, Way, run_case
from tests.parity.replay import replayed


@pytest.mark.slow
@GENERATED
@given(case=cases(most_nodes=9, tiny=True), pair=st.sampled_from(BACKENDS))
def test_counts_equal_a_replay(case: Case, pair: tuple[str, str]) -> None:
    result = run_case(case, Way(*pair))
    assume(isinstance(result, Result))
    assert isinstance(result, Result)
    for read, expected in enumerate(replayed(case, result)):
        for k, op in enumerate(result.plan.ops):
            found = dict(zip(COUNT_FIELDS, result.counts[read, k].tolist(), strict=True))
            counted = isinstance(op, ConvOp | NeuronOp)
            assert found == (expected[op.node] if counted else dict.fromkeys(COUNT_FIELDS, 0)), op.node


@pytest.mark.parametrize("pair", BACKENDS)
def test_counting_can_be_left_out(pair: tuple[str, str]) -> None:
    network = pysnn.Network.chain(
        {
            "in": pysnn.Input((3,)),
            "fc": pysnn.Linear(np.ones((4, 3))),
            "spike": pysnn.IF(),
            "out": pysnn.Output("count"),
        }
    )
    case = Case(network, np.ones((2, 3), np.float32), (2, 5), {"coding": "poisson"})
    counted, plain = run_case(case, Way(*pair)), run_case(case, Way(*pair), count=False)
    assert isinstance(counted, Result)
    assert isinstance(plain, Result)
    assert counted.total("synops").tolist() == [2 * 2 * 3 * 4, 2 * 5 * 3 * 4]
    assert not plain.counts.any()
    assert np.array_equal(plain.scores, counted.scores)
