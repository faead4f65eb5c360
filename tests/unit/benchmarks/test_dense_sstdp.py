"""The dense loops that the engine is measured against compute the same."""

import numpy as np

from benchmarks.experiments.sstdp_step import both, published_network


def test_ten_batches_end_with_the_same_weights() -> None:
    rng = np.random.default_rng(0)
    x = np.where(rng.random((640, 40)) < 0.3, 0, rng.random((640, 40)))
    found = both(published_network((40, 30, 20, 10)), (x, rng.integers(0, 10, 640)), 10)
    assert found["largest_difference"] < 1e-5
