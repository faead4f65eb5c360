"""STDBP with the falling threshold as convolutional networks that learn from random weights.

    PYSNN_DATA=... python -m benchmarks.experiments.stdbp_windows TASK SEED          trains; stopped, it goes on from its checkpoint
    PYSNN_DATA=... python -m benchmarks.experiments.stdbp_windows TASK SEED --save   then looks at the test split, once, and writes the row

Tasks are MNIST, Fashion-MNIST, and faces against motorbikes of Caltech 101 in 64 x 64 pixels, whose seeds draw the split too. Needs PyTorch. Pictures
enter as spikes, a window of 16 steps for the input and for every layer. The loss goes back through falling thresholds of one slope, with whole steps
passed straight through. tau and the rate were chosen by three epochs on 20,000 training images of Fashion-MNIST, on its last 5,000, of tau 0.2, 0.1,
0.05 at rates 0.1 and 0.03, tau 0.05 at 0.015, and tau 0.025 at 0.03 and 0.01; networks, epochs and augmentation were set beforehand. Caltech's choice
was watched with 100 of 400 training pictures held out. The last epoch counts.
"""

from dataclasses import dataclass
from typing import Any

from torch import nn

from benchmarks.experiments.first_spike_windows import STDBP
from benchmarks.experiments.window_training import WINDOW, Experiment, Setting, conv, output, steps_of

__all__ = ["SETTINGS", "SpikeTimes"]

RATE = 0.03


@dataclass(frozen=True)
class SpikeTimes:
    """Loss of STDBP in windows: the cross-entropy of ``softmax(-t / (tau S))`` on the output neurons' steps t, from 0 to S, which is silent.

    Whole steps are passed straight through.

    Examples
    --------
    >>> import torch
    >>> loss = SpikeTimes(window=4, tau=0.25)
    >>> round(float(loss(torch.tensor([[0.75, 0.5]]), torch.tensor([0]))), 4)
    0.3133
    """

    window: int = WINDOW
    tau: float = 0.05

    def __call__(self, scores: Any, labels: Any) -> Any:
        """Return the loss of a batch, scores ``(batch, classes)``."""
        _, times = steps_of(scores, self.window)
        return nn.functional.cross_entropy(-times / (self.tau * self.window), labels)


def digits() -> Any:
    """Return 16C3-P2-32C3-32C3-P2-64C3-64C3-10."""
    first = [*conv(1, 16), nn.MaxPool2d(2), *conv(16, 32), *conv(32, 32), nn.MaxPool2d(2)]
    return nn.Sequential(nn.ReLU(), *first, *conv(32, 64), *conv(64, 64), nn.Flatten(), *output(3136)).eval()


def clothes() -> Any:
    """Return 32C3-P2-64C3-64C3-P2-128C3-10."""
    first = [*conv(1, 32), nn.MaxPool2d(2), *conv(32, 64), *conv(64, 64), nn.MaxPool2d(2)]
    return nn.Sequential(nn.ReLU(), *first, *conv(64, 128), nn.Flatten(), *output(6272)).eval()


def pictures() -> Any:
    """Return 16C5/2-P2-32C3-P2-64C3-P2-2."""
    first = [*conv(1, 16, 5, 2), nn.MaxPool2d(2), *conv(16, 32), nn.MaxPool2d(2), *conv(32, 64), nn.MaxPool2d(2)]
    return nn.Sequential(nn.ReLU(), *first, nn.Flatten(), *output(1024, 2)).eval()


SETTINGS = {
    "mnist": Setting("mnist", digits, 15, (1.0, *(3.0,) * 5), {"crop": 2, "flip": False}, rate=RATE),
    "fashion-mnist": Setting("fashion-mnist", clothes, 20, (1.0, *(3.0,) * 4), {"crop": 2, "flip": True}, rate=RATE),
    "caltech101": Setting(
        "caltech101",
        pictures,
        40,
        (1.0, *(3.0,) * 3),
        {"crop": 4, "flip": True},
        rate=RATE,
        batch_size=20,
        validation=20,
    ),
}
"""Tasks by name."""

EXPERIMENT = Experiment("stdbp", SpikeTimes(), SETTINGS, STDBP, {"tau": SpikeTimes().tau, "rate": RATE})

if __name__ == "__main__":
    EXPERIMENT.main(__doc__)
