"""Orders of samples."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pysnn.training.order import epoch_order, held_out, stratified_order


def test_orders_are_permutations_of_their_own() -> None:
    first, second = (epoch_order(0, epoch, 50) for epoch in (0, 1))
    assert sorted(first) == sorted(second) == list(range(50))
    assert not np.array_equal(first, second)


@given(st.integers(0, 100), st.lists(st.integers(0, 4), min_size=1, max_size=200), st.integers(1, 200))
def test_the_end_of_a_stratified_order_has_every_class_in_its_share(seed: int, labels: list[int], count: int) -> None:
    """However the data are sorted: to within one sample a class."""
    y, count = np.array(sorted(labels)), min(count, len(labels))
    order = stratified_order(y, seed)
    assert sorted(order) == list(range(len(y)))
    tail = np.bincount(y[order][len(y) - count :], minlength=5)
    # Samples beyond a place of the order: each class has its share of them to within half a sample, and places to within
    # half a sample a class.
    assert np.all(np.abs(tail - np.bincount(y, minlength=5) * count / len(y)) <= 1 + len(set(labels)) / 2)


def test_a_stratified_order_is_random_and_follows_from_the_seed() -> None:
    labels = np.repeat(np.arange(3), 50)
    first, again, other = (stratified_order(labels, seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len(set(first[:10].tolist()) & set(other[:10].tolist())) < 10


def test_a_class_of_few_samples_is_trained_on() -> None:
    labels = np.array([0] * 98 + [1, 1])
    assert 1 not in labels[stratified_order(labels, 0)][-10:]


def test_how_many_are_held_out() -> None:
    assert [held_out(1198, share) for share in (0, 0.1, 0.5, 1, 300)] == [0, 119, 599, 1, 300]
