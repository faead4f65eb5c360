"""The networks that kernels are compared on: their times are crossings, their gradients those of the times."""

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.experiments.psp_nets import KERNELS, backward, forward
from pysnn.backends.reference.first_spike import ReferenceFirstSpike
from pysnn.first_spike import Dense, FirstSpikeNetwork

SIZES = (9, 11, 7, 4)


def net(seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(4 / a, 1.2 / np.sqrt(a), (a, b)) for a, b in pairwise(SIZES)]
    times = np.where(rng.random((5, SIZES[0])) < 0.3, np.inf, rng.random((5, SIZES[0])))
    times[:, 3] = times[:, 2]
    return weights, times


@pytest.mark.parametrize("name", KERNELS)
def test_neurons_fire_at_the_first_crossing(name: str) -> None:
    kernel, fired, silent = KERNELS[name], 0, 0
    grid = np.linspace(0, 4, 4001)
    for seed in range(3):
        weights, times = net(seed)
        for weight, layer in zip(weights, forward(kernel, weights, times), strict=True):
            since = np.maximum(grid - layer.inputs[:, :, None], 0)
            potential = np.einsum("bit,ij->bjt", kernel.value(since), weight)
            reached = potential >= 1
            first = np.where(reached.any(axis=2), grid[reached.argmax(axis=2)], np.inf)
            late = np.isinf(first) & (layer.times > grid[-1])
            # A peak that only just reaches the threshold may lie between two points of the grid.
            grazing = np.isinf(first) & (potential.max(axis=2) > 1 - 1e-4)
            assert (late | grazing | np.isclose(layer.times, first, rtol=0, atol=2e-3)).all()
            fired, silent = fired + int(np.isfinite(layer.times).sum()), silent + int(np.isinf(layer.times).sum())
    assert fired > 100
    assert silent or name == "ramp"


def test_ramps_are_those_of_the_engine() -> None:
    weights, times = net(0)
    plan = FirstSpikeNetwork.draw(SIZES[:1], [Dense(units=n) for n in SIZES[1:]]).plan
    engine = ReferenceFirstSpike(plan)
    passed = engine.forward(weights, times)
    for number, layer in enumerate(forward(KERNELS["ramp"], weights, times)):
        assert np.allclose(layer.times, passed.times(number), rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_gradients_are_central_differences(name: str) -> None:
    kernel, compared = KERNELS[name], 0
    for seed in range(4):
        weights, times = net(seed)
        passed = forward(kernel, weights, times)
        pull = np.random.default_rng(seed).normal(size=passed[-1].times.shape)
        found = backward(kernel, weights, passed, pull)

        def loss(
            weights: list[np.ndarray] = weights, times: np.ndarray = times, pull: np.ndarray = pull
        ) -> tuple[float, list[np.ndarray]]:
            layers = forward(kernel, weights, times)
            last = layers[-1].times
            causal = [layer.inputs[:, :, None] < layer.times[:, None] for layer in layers]
            return float((pull * np.where(np.isfinite(last), last, 0)).sum()), causal

        _, causal = loss()
        for weight, gradient in zip(weights, found, strict=True):
            for place in map(tuple, np.argwhere(weight < np.inf)[::7]):
                kept, sides = weight[place], []
                for step in (1e-6, -1e-6):
                    weight[place] = kept + step
                    sides.append(loss())
                weight[place] = kept
                if all(np.array_equal(a, b) for side in sides for a, b in zip(side[1], causal, strict=True)):
                    numeric = (sides[0][0] - sides[1][0]) / 2e-6
                    assert gradient.sum(axis=0)[place] == pytest.approx(numeric, rel=1e-3, abs=1e-5)
                    compared += 1
    assert compared > 60
