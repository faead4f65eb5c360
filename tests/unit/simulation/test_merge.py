"""Batches of one run are put together: results in order, counts summed, and every kernel that ran is named."""

import numpy as np
import pytest

from pysnn import IF, Conv2d, Flatten, Input, Linear, Network, Output, run
from pysnn.backends import available_backends
from pysnn.backends.base import RunOutput
from pysnn.simulation.merge import merge_outputs


def output(*kernels: str) -> RunOutput:
    scores, counts = np.zeros((1, 1, 2), dtype=np.float32), np.ones((1, len(kernels), 8), dtype=np.int64)
    by_sample, by_step = np.ones((1, len(kernels), 1), dtype=np.int64), {1: np.ones((3, 1, 1, 2), dtype=np.int64)}
    return RunOutput(scores, counts, by_sample, state={}, by_step=by_step, kernels=kernels)


def test_kernels_of_all_batches_are_named_once() -> None:
    parts = [output("move", "dot", "dot", "event64+dot"), output("move", "event64", "dot", "dot")]
    found = merge_outputs(parts)
    assert found.kernels == ("move", "event64+dot", "dot", "event64+dot")
    assert (found.counts == 2).all()
    assert (found.by_step[1] == 2).all()
    assert found.by_sample.shape == (1, 4, 2)
    assert found.scores.shape == (1, 2, 2)


def network() -> Network:
    rng = np.random.default_rng(0)
    return Network.chain(
        {
            "in": Input((1, 8, 8)),
            "conv1": Conv2d(rng.random((80, 1, 3, 3)), padding=1),
            "if1": IF(),
            "conv2": Conv2d(rng.normal(0, 0.1, (80, 80, 3, 3)), padding=1),
            "if2": IF(),
            "flat": Flatten(),
            "fc": Linear(rng.normal(0, 0.1, (4, 5120))),
            "out": Output(),
        }
    )


@pytest.mark.slow
@pytest.mark.parametrize("backend", available_backends())
def test_kernels_do_not_hang_on_the_batches(backend: str) -> None:
    """A dark sample gives conv2 no events and a bright one gives it one from each input at each step."""
    x = np.stack([np.zeros((1, 8, 8)), np.ones((1, 8, 8))]).astype(np.float32)
    whole, parts = (
        run(network(), x, steps=4, precision="int8", backend=backend, batch_size=size).kernels for size in (2, 1)
    )
    assert parts == whole
    if backend == "rust":
        from pysnn.backends.rust import simd_level

        assert parts["conv2"] == ("event64" if simd_level() == "baseline" else "event64+dot")
