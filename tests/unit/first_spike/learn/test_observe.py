"""What a history says, on rows made by hand and on small trainings that go wrong in a known way."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pysnn.first_spike import Dense, FirstSpikeNetwork
from pysnn.first_spike.learn import SSTDP, STDBP, TrainingOptions, train
from pysnn.first_spike.learn.observe import early_inputs, notes

GOOD = {"loss": 0.1, "accuracy": 0.9, "dead": 0.0, "silent": 0.0, "ties": 0.0}


def history(**columns: list[float]) -> list[dict[str, Any]]:
    length = len(next(iter(columns.values())))
    return [{"epoch": n + 1, **GOOD, **{name: column[n] for name, column in columns.items()}} for n in range(length)]


def test_a_good_training_says_nothing() -> None:
    assert notes(history(loss=[0.9, 0.5, 0.3, 0.3], accuracy=[0.3, 0.6, 0.8, 0.9]), 0.1) == ()
    assert notes([], 0.1) == ()


@pytest.mark.parametrize(("accuracy", "word"), [([0.8, 0.9, 0.9, 0.91], "stands"), ([0.8, 0.9, 0.7, 0.5], "falls")])
def test_a_loss_that_climbs(accuracy: list[float], word: str) -> None:
    (text,) = notes(history(loss=[0.5, 0.2, 0.3, 0.4], accuracy=accuracy), 0.1)
    assert text.startswith(f"the loss climbs, from 0.2 in epoch 2 to 0.4, while the accuracy {word} (")
    assert "lower learning rate" in text


@pytest.mark.parametrize("accuracy", [[0.5, 0.6, 0.8, 0.9], [1.0, 1.0, 1.0, 1.0]])
def test_a_loss_may_climb_while_the_accuracy_rises_or_is_all_there_is(accuracy: list[float]) -> None:
    assert notes(history(loss=[0.5, 0.2, 0.3, 0.4], accuracy=accuracy), 0.1) == ()


def test_a_loss_that_wobbles_or_two_epochs_say_nothing() -> None:
    assert notes(history(loss=[0.5, 0.2, 0.21, 0.215]), 0.1) == ()
    assert notes(history(loss=[0.2, 0.4]), 0.1) == ()


def test_nothing_learned_is_said_in_place_of_the_loss() -> None:
    (text,) = notes(history(loss=[0.2, 0.3, 0.4], accuracy=[0.24, 0.26, 0.25]), 0.25)
    assert text.startswith("nothing was learned: in 3 epochs the accuracy reached 26 %")
    assert "most frequent class gives 25 %" in text
    assert notes(history(accuracy=[0.24, 0.26, 0.4]), 0.25) == ()


@pytest.mark.parametrize(
    ("column", "value", "beginning"),
    [
        ("dead", 0.16, "dead neurons: 16 % fired in no sample"),
        ("silent", 0.024, "silent outputs: 2.4 % of the samples"),
        ("ties", 0.41, "ties: in 41 % of the samples"),
    ],
)
def test_the_last_epoch_counts(column: str, value: float, beginning: str) -> None:
    (text,) = notes(history(**{column: [0.0, value]}), 0.1)
    assert text.startswith(beginning)
    assert notes(history(**{column: [value, 0.0]}), 0.1) == ()


@pytest.mark.parametrize("fields", [{}, {"neuron": "step", "steps": 16}])
def test_a_bright_background_is_seen(fields: dict[str, Any]) -> None:
    times = np.array([[0, 0, 0, np.inf], [0, 0, 9, 0]], dtype=np.float32)
    network = FirstSpikeNetwork.draw((4,), [Dense(units=2)], **fields)
    assert early_inputs(network, times).startswith("bright background: 75 % of the inputs")
    assert "coding='dark'" in early_inputs(network, times)
    assert early_inputs(replace(network, coding="dark"), times).startswith("dark background")
    assert early_inputs(network, np.array([[0, 0, np.inf, np.inf]], dtype=np.float32)) == ""
    both = FirstSpikeNetwork.draw((2,), [Dense(units=2)], coding="both", **fields)
    assert early_inputs(both, times) == ""


def pictures(seed: int = 0) -> tuple[Any, Any]:
    """Draw a bright bar on black, whose place is the class."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, 90)
    images = rng.random((90, 36)).astype(np.float32) * np.float32(0.1)
    for n, label in enumerate(labels):
        images[n, 12 * label : 12 * label + 8] = 0.9
    return images, labels


def test_a_training_on_white_pictures_says_so() -> None:
    x, y = pictures()
    start = FirstSpikeNetwork.draw((36,), [Dense(units=20), Dense(units=3)], seed=0)
    options = TrainingOptions(epochs=2, batch_size=10, rate=0.01)
    assert not any("background" in text for text in train(start, STDBP(), (x, y), options).notes)
    assert "bright background" in train(start, STDBP(), (1 - x, y), options).notes[0]


def test_a_rate_that_is_far_too_high_is_seen() -> None:
    x, y = pictures()
    start = FirstSpikeNetwork.draw((36,), [Dense(units=20), Dense(units=3)], seed=0, neuron="step", steps=16)
    options = TrainingOptions(epochs=6, batch_size=10, rate=1.0, redraw=False)
    trained = train(start, SSTDP(), (x, y), options)
    last = trained.history.row(-1, named=True)
    assert last["dead"] > 0.05
    assert any(text.startswith("dead neurons") for text in trained.notes)
    assert any(text.startswith("silent outputs") for text in trained.notes) == (last["silent"] >= 0.01)


def test_ties_are_counted() -> None:
    """Two outputs with the same weights always fire together."""
    x, y = pictures()
    weight = np.full((36, 3), 0.3, dtype=np.float32)
    start = FirstSpikeNetwork((36,), (Dense(units=3),), (weight,), neuron="step", steps=16)
    trained = train(start, SSTDP(), (x, y), TrainingOptions(epochs=1, batch_size=90, rate=0.0))
    assert trained.history["ties"].to_list() == [1.0]
    assert trained.notes[0].startswith("ties: in 100 %")
