"""SSTDP's targets on constant-slope neurons: networks that learn from random weights by them alone.

    PYSNN_DATA=... python -m benchmarks.experiments.sstdp_windows TASK SEED          trains; stopped, it goes on from its checkpoint
    PYSNN_DATA=... python -m benchmarks.experiments.sstdp_windows TASK SEED --save   then looks at the test split, once, and writes the row

Tasks are CIFAR-10 with seven convolutions, and MNIST with 784-800-10. Needs PyTorch. Every neuron spikes once at most, at a whole step of its layer's
window of 16. The loss is that of SSTDP (Liu et al. 2021, Eqs 4-6) on the times of the output neurons, in windows; there is no cross-entropy, in no
phase. It goes back through constant slopes, ``dt_j/dt_i = w_ij / theta_j``, with whole steps passed straight through. So these are SSTDP's targets,
and not its kernel (Eqs 7-9). Batch normalisation is folded into the weights behind the training. The rate was chosen of two, with and without
a limit of gradients, by a narrower network on 500 of the first 3,000 training images; gap and epochs were set beforehand. The last epoch counts,
and the last 5,000 training images are watched.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from benchmarks.experiments.first_spike_windows import SSTDP
from benchmarks.experiments.window_training import WINDOW, Experiment, Setting, conv, output, steps_of

__all__ = ["SETTINGS", "Targets", "seven_convolutions"]


@dataclass(frozen=True)
class Targets:
    """Loss of SSTDP on scores in windows: an output neuron with potential u spikes at step ``t = S - floor(S u + 1/2)``, from 0 to S, which is silent.

    With the mean m of the n neurons that spike (all, at S, where none does) and the gap D (Eqs 4, 5): the label's target is ``min(t, m - (n-1)/n D)``, the
    others' ``max(t, m + D/n)``, within 0 .. S; ``E = 1/2 sum_j ((t_j - T_j) / S)^2`` (Eq 6), the mean over samples. Whole steps are passed straight through.

    Examples
    --------
    >>> float(Targets(window=4, gap=2.0)(torch.tensor([[1.0, 0.5]]), torch.tensor([0])))
    0.0
    >>> float(Targets(window=4, gap=2.0)(torch.tensor([[0.5, 0.5]]), torch.tensor([0])))
    0.0625
    """

    window: int = WINDOW
    gap: float = 10.0

    def __call__(self, scores: Any, labels: Any) -> Any:
        """Return the loss of a batch, scores ``(batch, classes)``."""
        steps = self.window
        whole, times = steps_of(scores, steps)
        fired = whole < steps
        fired |= ~fired.any(1, keepdim=True)
        count = fired.sum(1, keepdim=True).to(scores.dtype)
        mean = (whole * fired).sum(1, keepdim=True) / count
        early = torch.minimum(whole, mean - (count - 1) / count * self.gap)
        late = torch.maximum(whole, mean + self.gap / count)
        is_label = nn.functional.one_hot(labels, scores.shape[1]) > 0
        targets = torch.where(is_label, early, late).clamp(0, steps)
        return (((times - targets) / steps) ** 2).sum(1).mean() / 2


def seven_convolutions(widths: tuple[int, int, int, int] = (32, 64, 128, 256)) -> Any:
    """Return seven convolutions with ReLUs and a linear layer, all normalised, and four max-pools."""
    layers = conv(3, widths[0])
    for inputs, outputs in itertools.pairwise(widths):
        layers += [*conv(inputs, outputs), nn.MaxPool2d(2), *conv(outputs, outputs)]
    return nn.Sequential(*layers, nn.MaxPool2d(4), nn.Flatten(), *output(widths[-1])).eval()


def dense() -> Any:
    """Return 784-800-10; the input has a window of its own."""
    hidden = [nn.Linear(784, 800, bias=False), nn.BatchNorm1d(800), nn.ReLU()]
    return nn.Sequential(nn.Flatten(), nn.ReLU(), *hidden, *output(800)).eval()


SETTINGS = {
    "cifar10": Setting(
        "cifar10",
        seven_convolutions,
        30,
        (3.0,) * 7,
        {"crop": 4, "flip": True},
        mean=(0.4914, 0.4822, 0.4465),
        std=(0.2470, 0.2435, 0.2616),
    ),
    "mnist": Setting("mnist", dense, 30, (1.0, 3.0), {"crop": 2, "flip": False}),
}
"""Tasks by name."""

EXPERIMENT = Experiment("sstdp", Targets(), SETTINGS, SSTDP, {"gap": Targets().gap, "rate": Setting.rate})

if __name__ == "__main__":
    EXPERIMENT.main(__doc__)
