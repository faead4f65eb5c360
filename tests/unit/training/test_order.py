"""Orders of samples."""

import numpy as np

from pysnn.training.order import epoch_order


def test_orders_are_permutations_of_their_own() -> None:
    first, second = (epoch_order(0, epoch, 50) for epoch in (0, 1))
    assert sorted(first) == sorted(second) == list(range(50))
    assert not np.array_equal(first, second)
