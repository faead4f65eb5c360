"""Trainings of first-spike networks: what they start from, and who teaches."""

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

from benchmarks.experiments.first_spike_trained import TRIALS
from benchmarks.experiments.first_spike_windows import NETWORKS


def test_trials_start_from_networks_that_there_are() -> None:
    for trial in TRIALS.values():
        assert trial.network in NETWORKS
        assert trial.beside in ("", *NETWORKS)
        if trial.start:
            before = TRIALS[trial.start]
            assert (before.network, before.window) == (trial.network, trial.window)
            assert trial.epochs_in_all > before.epochs_in_all
