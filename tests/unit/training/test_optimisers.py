"""Optimisers do what their formulas say, whatever their arrays are cut into."""

import numpy as np
import pytest

from pysnn.backends import available_backends
from pysnn.backends.adam import AdamStep, Moments
from pysnn.errors import DataError
from pysnn.first_spike.learn import SGD, Adam, Schedule

needs_rust = pytest.mark.skipif("rust" not in available_backends(), reason="the Rust core is not installed")


def test_adam_is_its_formula() -> None:
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(300, 200)).astype(np.float32)
    expected, mean, square = weight.astype(np.float64), np.zeros(weight.shape), np.zeros(weight.shape)
    adam = Adam(rate=0.01, weight_decay=0.1)
    for n in range(1, 6):
        gradient = rng.normal(size=weight.shape).astype(np.float32)
        adam.step([weight], [gradient], 0.5)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient.astype(np.float64) ** 2
        step = mean / (1 - 0.9**n) / (np.sqrt(square / (1 - 0.999**n)) + 1e-8) + 0.1 * expected
        expected -= 0.005 * step
    assert np.abs(weight - expected).max() < 1e-5


@needs_rust
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_the_compiled_step_has_the_bits_of_the_written_one(threads: int, decay: float) -> None:
    rng = np.random.default_rng(threads)
    start = [rng.normal(size=shape).astype(np.float32) for shape in ((300, 201), (7, 3), (1, 1))]
    found = []
    for backend in ("reference", "rust"):
        adam = Adam(rate=0.01, weight_decay=decay, backend=backend, threads=threads)
        weights, draws = [weight.copy() for weight in start], np.random.default_rng(9)
        for n in range(4):
            gradients = [(10.0 ** (n - 6) * draws.normal(size=w.shape)).astype(np.float32) for w in weights]
            gradients[0][:5] = 0
            adam.step(weights, gradients, 0.5)
        found.append([*weights, *adam.state.values()])
    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))


@needs_rust
def test_the_compiled_step_refuses_what_it_cannot_change() -> None:
    from pysnn import _core

    a, b, c, d = (np.ones(4, dtype=np.float32) for _ in range(4))
    step = AdamStep(*np.ones(8, dtype=np.float32))
    with pytest.raises(DataError, match="expected 4 values, got 3, 4 and 4"):
        _core.adam(step, Moments(a, b[:3].copy(), c, d), 1)
    with pytest.raises(DataError, match="shares nothing"):
        _core.adam(step, Moments(a, a, c, d), 1)
    with pytest.raises(DataError, match="contiguous"):
        _core.adam(step, Moments(np.ones(8, dtype=np.float32)[::2], b, c, d), 1)
    d.flags.writeable = False
    with pytest.raises(DataError, match="square"):
        _core.adam(step, Moments(a, b, c, d), 1)


def test_sgd_has_momentum_and_decay() -> None:
    weight, gradient = np.array([[2.0]], dtype=np.float32), np.array([[1.0]], dtype=np.float32)
    sgd = SGD(rate=0.5, weight_decay=0.25, momentum=0.5)
    sgd.step([weight], [gradient], 1.0)
    assert weight[0, 0] == 2 - 0.5 * (1 + 0.5)
    sgd.step([weight], [gradient], 1.0)
    assert weight[0, 0] == 1.25 - 0.5 * (1.5 + 0.25 * 1.25)


def test_columns_can_be_forgotten() -> None:
    adam = Adam()
    weight = np.ones((3, 4), dtype=np.float32)
    adam.step([weight], [weight.copy()], 1.0)
    adam.forget(0, np.array([True, False, False, True]))
    for name in ("mean0", "square0"):
        assert (adam.state[name] == 0).tolist() == [[True, False, False, True]] * 3


@pytest.mark.parametrize("kind", ["constant", "cosine", "exponential", "linear"])
def test_schedules_start_at_one_and_end_at_their_last(kind: str) -> None:
    schedule = Schedule(kind, last=0.1)  # type: ignore[arg-type]
    assert schedule(0) == 1
    assert schedule(1) == pytest.approx(1 if kind == "constant" else 0.1)
    assert Schedule(kind, warmup=0.2)(0.1) == pytest.approx(0.5)  # type: ignore[arg-type]


def test_unknown_schedules_are_refused() -> None:
    with pytest.raises(DataError, match="expected constant, cosine"):
        Schedule("steps")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="last"):
        Schedule(last=0)
