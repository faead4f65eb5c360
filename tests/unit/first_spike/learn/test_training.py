"""Training depends on its data, options and seed only: not on threads, backends, or on how often it was killed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pysnn.backends import available_backends
from pysnn.errors import DataError, FileFormatError, PlanError
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork, Layer, evaluate
from pysnn.first_spike.learn import STDBP, Trained, TrainingOptions, train

OPTIONS = TrainingOptions(epochs=3, batch_size=16, rate=0.01, validation=20, seed=3)


def small_data(seed: int = 0) -> tuple[Any, Any]:
    """Make noisy copies of three patterns of 20 values."""
    rng = np.random.default_rng(seed)
    patterns, labels = rng.random((3, 20)), rng.integers(0, 3, 120)
    noisy = (patterns[labels] + rng.normal(0, 0.1, (120, 20))).clip(0, 1)
    return noisy.astype(np.float32), labels


def network(seed: int = 0) -> FirstSpikeNetwork:
    return FirstSpikeNetwork.draw((20,), [Dense(units=30), Dense(units=3)], seed=seed)


def same(a: Trained, b: Trained) -> bool:
    rows = a.history.drop("seconds").equals(b.history.drop("seconds"), null_equal=True)
    weights = zip(a.network.weights, b.network.weights, strict=True)
    return rows and a.epoch == b.epoch and all(np.array_equal(x, y) for x, y in weights)


def test_it_learns_and_tells_how() -> None:
    before = network()
    rows: list[Any] = []
    trained = train(before, STDBP(), small_data(), replace(OPTIONS, epochs=10, report=rows.append))
    assert rows == trained.history.to_dicts()
    assert trained.history["epoch"].to_list() == list(range(1, 11))
    assert trained.history["loss"][-1] < trained.history["loss"][0]
    x, y = small_data()
    assert (
        evaluate(trained.network, x[-20:], y[-20:]).accuracy
        == max(trained.history["validation_accuracy"].to_list())
        > 0.9
    )
    assert np.array_equal(before.weights[0], network().weights[0])


@pytest.mark.parametrize(("keep", "place"), [("best", 0), ("last_best", -1), ("last", None)])
def test_which_epoch_is_kept(keep: Any, place: int | None) -> None:
    """With three held-out samples many epochs are equally good."""
    trained = train(network(), STDBP(), small_data(), replace(OPTIONS, epochs=12, validation=3, keep=keep))
    accuracy = trained.history["validation_accuracy"].to_numpy()
    best = np.flatnonzero(accuracy == accuracy.max()) + 1
    assert len(best) > 1
    assert trained.epoch == (12 if place is None else best[place])


@pytest.mark.slow
@pytest.mark.parametrize("backend", available_backends())
def test_backends_and_threads_train_alike(backend: str) -> None:
    expected = train(network(), STDBP(), small_data(), OPTIONS)
    assert same(expected, train(network(), STDBP(), small_data(), replace(OPTIONS, backend=backend, threads=2)))


def test_seeds_differ() -> None:
    one = train(network(), STDBP(), small_data(), OPTIONS)
    assert not same(one, train(network(), STDBP(), small_data(), replace(OPTIONS, seed=4)))
    assert not np.array_equal(network(0).weights[0], network(1).weights[0])


class Killed(BaseException):
    """Stands for a kill: nothing cleans up behind it."""


@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_a_killed_training_goes_on_to_the_same_result(tmp_path: Path, optimiser: Any) -> None:
    options = replace(OPTIONS, optimiser=optimiser, checkpoint=tmp_path / "a.npz", checkpoint_batches=3)
    expected = train(network(), STDBP(), small_data(), replace(options, checkpoint=None))
    for at in (1, 4, 7, 8, 15, 20):

        def kill(done: int, _total: int, at: int = at) -> None:
            if done == at:
                raise Killed

        with pytest.raises(Killed):
            train(network(), STDBP(), small_data(), replace(options, progress=kill))
    assert same(expected, train(network(), STDBP(), small_data(), options))
    assert same(expected, train(network(), STDBP(), small_data(), options))


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    options = replace(OPTIONS, checkpoint=tmp_path / "a.npz")
    train(network(), STDBP(), small_data(), options)
    others: list[tuple[FirstSpikeNetwork, STDBP, Any, TrainingOptions]] = [
        (network(1), STDBP(), small_data(), options),
        (network(), STDBP(tau=0.2), small_data(), options),
        (network(), STDBP(), small_data(1), options),
        (network(), STDBP(), small_data(), replace(options, rate=0.1)),
    ]
    for start, rule, data, other in others:
        with pytest.raises(DataError, match="another training"):
            train(start, rule, data, other)
    train(network(), STDBP(), small_data(), replace(options, threads=2, checkpoint_batches=1))


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    options = replace(OPTIONS, checkpoint=path)
    train(network(), STDBP(), small_data(), options)
    whole = path.read_bytes()
    for damaged in (b"", b"text", whole[: len(whole) // 2], b"PK" + whole[:100]):
        path.write_bytes(damaged)
        with pytest.raises(FileFormatError, match=r"a\.npz"):
            train(network(), STDBP(), small_data(), options)


def test_silent_neurons_are_drawn_anew() -> None:
    start = network()
    weights = [weight.copy() for weight in start.weights]
    weights[0][:, 5:9] = -1
    dead = start.with_weights(weights)
    trained = train(dead, STDBP(), small_data(), replace(OPTIONS, keep="last"))
    assert trained.history["redrawn"][0] == 4
    assert trained.history["dead"].to_list()[0] == pytest.approx(4 / 33)
    assert trained.history["dead"].to_list()[-1] == 0
    left = train(dead, STDBP(), small_data(), replace(OPTIONS, keep="last", redraw=False))
    assert left.history["redrawn"].sum() == 0
    assert np.array_equal(left.network.weights[0][:, 5:9], weights[0][:, 5:9])


def test_the_hinge_lifts_silent_neurons() -> None:
    start = network()
    weights = [weight.copy() for weight in start.weights]
    weights[0][:, 5:9] = -0.01
    options = replace(OPTIONS, redraw=False, keep="last")
    left = train(start.with_weights(weights), STDBP(), small_data(), options)
    lifted = train(start.with_weights(weights), STDBP(), small_data(), replace(options, hinge=1.0, hinge_sum=2.0))
    assert left.history["dead"][-1] > 0
    assert lifted.history["dead"][-1] == 0


def test_convolutions_learn() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 80)
    images = rng.random((80, 1, 8, 8)) * 0.2
    images[labels == 0, :, 3, :] = 0.9
    images[labels == 1, :, :, 3] = 0.9
    layers: list[Layer] = [Conv(channels=6, kernel=3), EarliestPool(2), Dense(units=2)]
    start = FirstSpikeNetwork.draw((1, 8, 8), layers, seed=0)
    trained = train(start, STDBP(), (images, labels), TrainingOptions(epochs=15, batch_size=10, rate=0.01))
    assert trained.history["accuracy"][-1] > 0.95


def test_nothing_to_learn_from_is_no_crash() -> None:
    """All-silent and constant inputs: a defined, useless network, and a history that says so."""
    labels = np.array([0, 1, 2] * 10)
    silent = train(network(), STDBP(), (np.zeros((30, 20)), labels), replace(OPTIONS, validation=0))
    assert silent.history["silent"].to_list() == [1, 1, 1]
    assert silent.history["accuracy"].to_list() == [0, 0, 0]
    constant = train(network(), STDBP(), (np.ones((30, 20)), labels), replace(OPTIONS, validation=0))
    assert max(constant.history["accuracy"].to_list()) <= 0.5


@pytest.mark.parametrize(
    ("x", "y", "what"),
    [
        (np.full((4, 20), np.nan), [0, 1, 2, 0], "expected values from 0 to 1, got nan"),
        (np.full((4, 20), 1.5), [0, 1, 2, 0], "got 1.5"),
        (np.zeros((4, 19)), [0, 1, 2, 0], "expected the shape"),
        (np.zeros((4, 20)), [0, 1, 2], "expected 4 whole numbers"),
        (np.zeros((4, 20)), [0, 1, 2, 3], "labels 0 to 2, got 0 to 3"),
        (np.zeros((4, 20)), [0, 1, -1, 2], "got -1 to 2"),
        (np.zeros((4, 20)), [0.0, 1.0, 2.0, 0.0], "whole numbers"),
        (np.zeros((0, 20)), np.zeros(0, dtype=int), "x: expected at least one sample, got none"),
    ],
)
def test_wrong_data_is_named(x: Any, y: Any, what: str) -> None:
    with pytest.raises(DataError, match=what):
        train(network(), STDBP(), (x, np.asarray(y)), replace(OPTIONS, validation=0))


def test_wrong_options_are_named() -> None:
    with pytest.raises(DataError, match="epochs"):
        TrainingOptions(epochs=-1)
    with pytest.raises(DataError, match="adam, sgd"):
        TrainingOptions(optimiser="lion")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="best, last_best or last, got 'first'"):
        TrainingOptions(keep="first")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="20 for validation, got 4"):
        train(network(), STDBP(), (np.zeros((4, 20)), np.zeros(4, dtype=int)), OPTIONS)
    step = FirstSpikeNetwork.draw((20,), [Dense(units=3)], neuron="step", steps=8)
    with pytest.raises(PlanError, match="exact times, not 'step'"):
        train(step, STDBP(), small_data(), OPTIONS)
