"""Random ANNs: each is refused in a sentence, or what it becomes runs and its ANN computes the same."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pysnn import DataError, MaxPool2d, Network, NetworkError, RangeError, ReLU, run
from pysnn.convert import ann_pass, convert
from tests.parity.dice import Dice
from tests.parity.graphs import Available, Maker


class AnnMaker(Maker):
    """Makes ANNs: a ReLU for each neuron, and max-pools anywhere."""

    def _neuron(self, value: Available) -> None:
        bound = self.dice.parameter(value.shape[0], 0.25, 2) if self.dice.flag() else None
        self._emit(ReLU(bound), value, "current")

    def _relu(self, value: Available) -> None:
        self._neuron(value)

    def _max_pool(self, value: Available) -> None:
        if len(value.shape) != 3:
            self._neuron(value)
            return
        self._emit(MaxPool2d(**self._window(value)), value, "current")
        if self.dice.flag():
            for follow in (self._move, self._scale, self._affine, self._neuron)[self.dice.between(0, 3) :]:
                self.sources = [self.values[-1]]
                follow(self.values[-1])


def random_ann(seed: int, most: int) -> Network:
    maker = AnnMaker(Dice(seed), "float32", (1, 2, 3, 6))
    maker.start("constant")
    for _ in range(most):
        maker.grow()
    return maker.finish()


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 12))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_random_networks_run_once_they_convert(seed: int, most: int) -> None:
    ann = random_ann(seed, most)
    data: Any = np.random.default_rng(seed).random((4, *ann.input.shape), dtype=np.float32)
    try:
        conversion = convert(ann, data, steps=8)
    except (NetworkError, DataError):
        return
    np.testing.assert_array_equal(ann_pass(conversion.ann, data)[0], ann_pass(ann, data)[0])
    run(conversion.network, data, steps=8)
    if conversion.int8_refusal is None:
        try:
            run(conversion.network, data, steps=8, precision="int8")
        except RangeError:
            return
