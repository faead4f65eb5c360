"""The loss of SSTDP on potentials in windows, beside the targets that stepped networks learn by."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

import torch

from benchmarks.experiments.sstdp_windows import Targets, seven_convolutions
from benchmarks.experiments.window_training import with_thresholds
from pysnn.errors import DataError
from pysnn.finetune.ttrbr import Task, TTRBROptions, train
from pysnn.finetune.ttrbr.clip import TrainableClip
from pysnn.first_spike.learn.targets import output_targets


def test_the_loss_and_its_gradient_are_those_of_the_targets() -> None:
    rng = np.random.default_rng(0)
    times, labels = rng.integers(0, 17, (40, 10)), rng.integers(0, 10, 40)
    scores = torch.tensor(1 - (times + rng.uniform(-0.4, 0.4, times.shape)) / 16, requires_grad=True)
    wanted = output_targets(times.astype(np.float64), labels, 16, "one_sided", 10.0)
    errors = (times - wanted) / 16
    loss = Targets(16, 10.0)(scores, torch.from_numpy(labels))
    assert loss.item() == pytest.approx((errors**2).sum(axis=1).mean() / 2)
    loss.backward()
    # A larger potential is an earlier spike.
    np.testing.assert_allclose(scores.grad.numpy(), -errors / 40, atol=1e-12)


def test_a_network_of_seven_convolutions_learns_by_the_targets_alone() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 10, 64)
    images = (rng.random((64, 3, 32, 32)) * 40 + 20 * labels[:, None, None, None]).astype(np.uint8)
    from pysnn.finetune import restructure

    x = torch.from_numpy(images).float() / 255
    torch.manual_seed(0)
    model = with_thresholds(restructure(seven_convolutions((4, 4, 4, 8)), calibration=x, levels=16), (3.0,) * 7)
    assert sum(isinstance(module, TrainableClip) for module in model.modules()) == 7
    task = Task(model, images, labels, (0.0,) * 3, (1.0,) * 3, loss=Targets())
    options = TTRBROptions(epochs=4, batch_size=16, validation=0, crop=0, rate=0.1, precision="float32", threads=1)
    losses = train(task, options).history["loss"].to_list()
    assert losses[-1] < losses[0]
    with pytest.raises(DataError, match="loss: expected none beside distillation"):
        train(task, replace(options, smoothing=0.1))
