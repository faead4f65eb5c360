"""Trainings of first-spike networks: who teaches, and what they start from."""

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

import torch

from benchmarks.experiments.first_spike_trained import TRIALS, MeanOfTwo
from benchmarks.experiments.first_spike_windows import NETWORKS


def test_two_teachers_answer_with_the_mean_of_their_scores() -> None:
    first, second, x = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2), torch.ones(4, 3)
    torch.testing.assert_close(MeanOfTwo(first, second)(x), (first(x) + second(x)) / 2)


def test_trials_start_from_networks_that_there_are() -> None:
    for trial in TRIALS.values():
        assert trial.network in NETWORKS
        assert trial.beside in ("", *NETWORKS)
        if trial.start:
            before = TRIALS[trial.start]
            assert (before.network, before.window) == (trial.network, trial.window)
