"""STDBP's loss on spike times in windows, and the strict count of what networks trained by it are right in."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

import torch

from benchmarks.experiments.stdbp_windows import SETTINGS, SpikeTimes
from benchmarks.experiments.window_training import first_spikes, steps_of, with_thresholds
from pysnn.finetune import restructure
from pysnn.finetune.ttrbr import Task, TrainableClip, TTRBROptions, train


def test_the_loss_and_its_gradient_are_those_of_a_softmax_over_spike_times() -> None:
    rng = np.random.default_rng(0)
    times, labels, tau = rng.integers(0, 17, (40, 10)), rng.integers(0, 10, 40), 0.2
    scores = torch.tensor(1 - (times + rng.uniform(-0.4, 0.4, times.shape)) / 16, requires_grad=True)
    weights = np.exp(-times / 16 / tau)
    shares = weights / weights.sum(axis=1, keepdims=True)
    loss = SpikeTimes(16, tau)(scores, torch.from_numpy(labels))
    assert loss.item() == pytest.approx(-np.log(shares[np.arange(40), labels]).mean())
    loss.backward()
    # A larger potential is an earlier spike.
    np.testing.assert_allclose(scores.grad.numpy(), (shares - np.eye(10)[labels]) / tau / 40, atol=1e-12)


def test_silent_and_earliest_output_neurons_keep_their_gradient() -> None:
    scores = torch.tensor([[-0.5, 1.5]], requires_grad=True)
    steps, times = steps_of(scores, 16)
    assert steps.tolist() == [[16.0, 0.0]]
    assert times.tolist() == [[16.0, 0.0]]
    times.sum().backward()
    assert scores.grad.tolist() == [[-16.0, -16.0]]


@pytest.mark.parametrize(
    ("name", "shape"), [("mnist", (1, 28, 28)), ("fashion-mnist", (1, 28, 28)), ("caltech101", (1, 64, 64))]
)
def test_the_networks_learn_by_spike_times_alone(name: str, shape: tuple[int, ...]) -> None:
    setting, rng = SETTINGS[name], np.random.default_rng(1)
    labels = rng.integers(0, 2, 48)
    images = (rng.random((48, *shape)) * 40 + 120 * labels[:, None, None, None]).astype(np.uint8)
    x = torch.from_numpy(images).float() / 255
    torch.manual_seed(0)
    model = with_thresholds(restructure(setting.model(), calibration=x, levels=16), setting.reach)
    clips = [module for module in model.modules() if isinstance(module, TrainableClip)]
    assert [float(clip.threshold) for clip in clips] == list(setting.reach)
    task = Task(model, images, labels, setting.mean, setting.std, loss=SpikeTimes())
    options = TTRBROptions(epochs=3, batch_size=16, validation=0, crop=0, rate=0.1, precision="float32", threads=1)
    losses = train(task, options).history["loss"].to_list()
    assert losses[-1] < losses[0] / 2


def test_one_winner_counts_and_silence_is_wrong() -> None:
    # Of 16 steps; the third sample is a tie that the potential decides against the label, the fifth is silent. The label is 0 in all but the last sample.
    scores = np.array([[0.9, 0.3], [0.51, 0.5], [0.5, 0.51], [2.0, 1.5], [0.03, -1.0], [0.9, 0.3]], dtype=np.float32)
    assert first_spikes(scores, np.array([0, 0, 0, 0, 0, 1])) == {"accuracy": 3 / 6, "silent": 1 / 6, "ties": 3 / 6}
