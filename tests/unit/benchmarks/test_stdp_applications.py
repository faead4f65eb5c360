"""The published networks with STDP: small ones run, what is read from them is counted by hand, the page is made from rows."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.experiments.stdp import diehl_cook, recurrent, reward, song, vogels
from benchmarks.experiments.stdp.__main__ import curves_of, figures_of
from benchmarks.experiments.stdp.application import Curve, Outcome, spike_statistics
from benchmarks.experiments.stdp.applications import APPLICATIONS
from benchmarks.experiments.stdp.diehl_cook import BLOCK, Learner, Training
from benchmarks.experiments.stdp.page import PAGE, page
from benchmarks.experiments.stdp.readout import accuracy, classes_of, votes


def test_cells_get_the_class_that_they_answer_to_most() -> None:
    counts = np.array([[4, 0, 1, 0], [0, 3, 1, 0], [2, 0, 1, 0]])
    labels = np.array([0, 1, 0])
    own = classes_of(counts, labels, 2)
    # Means by class: 3 0 1 0 and 0 3 1 0; equal ones give the lower class, a cell that never fires gives none.
    assert own.tolist() == [0, 1, 0, -1]
    assert votes(counts, own, 2).tolist() == [0, 1, 0]


def test_images_without_spikes_are_wrong() -> None:
    own = np.array([0, 1, 1])
    counts = np.array([[1, 0, 0], [0, 0, 0], [2, 3, 2]])
    # The last image: class 0 has 2 spikes a cell, class 1 has 2.5.
    assert votes(counts, own, 2).tolist() == [0, -1, 1]
    assert accuracy(counts, np.array([0, 0, 1]), own) == pytest.approx(2 / 3)


def test_statistics_of_spikes() -> None:
    gaps = np.tile([0.1, 0.3], 6)
    times = np.concatenate([[0.0], np.cumsum(gaps)])
    spikes = pl.DataFrame({"neuron": [5] * 13 + [7] * 2, "time": [*times, 0.1, 0.9]})
    rate, cv = spike_statistics(spikes, 3.0, 10)
    # Neuron 7 has too few intervals; those of neuron 5 are 0.2 +- 0.1.
    assert rate == pytest.approx(15 / 30)
    assert cv == pytest.approx(0.5)


def test_pairs_within_the_window_are_rewarded() -> None:
    times = np.array([[0.995, 1], [1.0, 2], [1.2, 1], [1.21, 2], [1.5, 2], [1.6, 1], [1.6, 2], [0.5, 1], [0.505, 2]])
    assert reward._pairs(times, (1, 2), 1.0) == [1.0, 1.21]


def test_dopamine_jumps_and_decays() -> None:
    dopamine = reward.Dopamine()
    dopamine.expect(1.005)
    assert [amount for _, amount in dopamine.second(0.0)] == [reward.TONIC] * 100
    given = dopamine.second(1.0)
    assert given[0][0] == 0.0
    assert given[0][1] == pytest.approx(reward.TONIC + reward.PHASIC)
    assert given[20][1] == pytest.approx(reward.TONIC + reward.PHASIC * np.exp(-1.0))


@pytest.mark.slow
def test_competition_parts_the_weights() -> None:
    outcome = song.run(40.0, 0, seconds=100.0)
    assert outcome.figures["weights below 10 %"] > 0.4
    assert outcome.figures["rate at the end, Hz"] < outcome.figures["rate at the start, Hz"]
    assert outcome.curves["weights"].y.sum() == pytest.approx(1.0)


@pytest.mark.slow
def test_inhibition_learns_to_lower_the_rate() -> None:
    outcome = vogels.run(vogels.Setting(5.0, scale=0.1), 0, seconds=2.0, observed=1.0)
    assert outcome.figures["rate at the end, Hz"] < outcome.figures["rate in the first 0.2 s, Hz"] / 2
    assert outcome.figures["mean inhibitory weight, nS"] > 0


@pytest.mark.slow
def test_a_pair_is_rewarded() -> None:
    outcome = reward.run(0, seconds=3)
    assert outcome.figures["synapses"] > 60_000
    assert len(outcome.curves["rewarded"].x) == 3


@pytest.mark.slow
def test_the_recurrent_network_runs_scaled_down() -> None:
    figures = recurrent.run(1, 0, settle=0.1, seconds=0.1, scale=0.02).figures
    assert figures["plastic synapses"] == 180 * 179
    assert figures["plastic updates a second"] > 0


@pytest.mark.slow
def test_a_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    images = np.random.default_rng(0).random((4, 784), dtype=np.float32) * np.float32(0.4)
    labels = np.array([0, 1, 0, 1])
    whole = Training(tmp_path / "a", Learner("pair rule", 0, cells=6), labels)
    parts = Training(tmp_path / "b", Learner("pair rule", 0, cells=6), labels)
    for training in (whole, parts):
        training.learn(images[:2])
    again = Training(tmp_path / "b", Learner("pair rule", 0, cells=6), labels)
    again.resume()
    for training in (whole, again):
        training.learn(images[2:])
    np.testing.assert_array_equal(np.stack(whole.counts), np.stack(again.counts))
    assert whole.learner.state.same_as(again.learner.state)
    assert np.stack(whole.counts).sum() > 0
    assert whole.course().x == [4]


@pytest.mark.slow
def test_answers_change_nothing_and_do_not_depend_on_each_other() -> None:
    learner = Learner("released rule", 0, cells=6)
    image = np.full(784, 0.3, dtype=np.float32)
    learner.learn(image)
    before = learner.state
    answers = [learner.answer(image, number).tolist() for number in (0, 1, 2, 1)]
    assert learner.state is before
    assert answers[1] == answers[3]
    assert any(answer != answers[0] for answer in answers)


def test_blocks_divide_what_is_learned() -> None:
    assert diehl_cook.LEARNED % BLOCK == 0
    assert diehl_cook.LABELLED <= diehl_cook.LEARNED


def test_rows_and_the_page(tmp_path: Path) -> None:
    outcome = Outcome({"test accuracy": 0.875, "rate, Hz": 1234.5}, {"line": Curve([0, 1], [2, 3])})
    rows = pl.concat([figures_of("one", 0, outcome), figures_of("one", 1, Outcome({"test accuracy": 0.885}))])
    rows.write_parquet(tmp_path / "stdp_song.parquet")
    made = page("<!-- table: song -->\n<!-- end -->\n<!-- table: diehl-cook -->\n<!-- end -->", tmp_path)
    assert "| test accuracy | 88.00 % (87.50..88.50) |" in made
    assert "| rate, Hz | 1,234 |" in made
    assert "Seeds: 0, 1" in made
    assert "not run" in made
    assert curves_of("one", 3, outcome).rows() == [("one", 3, "line", 0.0, 2.0), ("one", 3, "line", 1.0, 3.0)]


def test_the_page_is_that_of_the_tables() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text
    assert all(f"<!-- table: {name} -->" in text for name in APPLICATIONS)
