"""How to train for few time-steps: the options, checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pysnn.errors import DataError
from pysnn.finetune.ttrbr.steps import GRADIENTS, Gradient
from pysnn.training.augment import Augmentation
from pysnn.training.optimisers import Schedule

__all__ = ["TTRBROptions"]

_WHOLE = {"epochs": 0, "batch_size": 2, "validation": 0, "seed": 0, "crop": 0, "cutout": 0, "threads": 0}
_POSITIVE = ("rate", "temperature")
_SHARES = ("momentum", "smoothing", "distillation", "ema")
_NOT_NEGATIVE = ("weight_decay", "threshold_decay", "gradient_norm", "noise")


@dataclass(frozen=True)
class TTRBROptions:
    """How to train; every result follows from these, the model and the data.

    Attributes
    ----------
    epochs, batch_size
        Passes over the training part, and samples a step.
    steps, gradient
        T, to fine-tune through T simulated steps, and how (see :func:`pysnn.finetune.ttrbr.mean_output`); ``None`` trains the clips of the ANN.
    noise
        Width of the noise that quantised clips round with, in levels (:class:`pysnn.finetune.ttrbr.dither.Dither`); 0 for none.
    rate, schedule, momentum
        SGD with Nesterov's momentum: its first learning rate and its course.
    gradient_norm
        Longer gradients are shortened to this; 0 for no limit.
    weight_decay, threshold_decay
        L2 on weights (convolutions, linear layers) and on thresholds; normalisation and biases have none. On thresholds it is 5e-4 by
        default, and 0 as soon as steps are simulated: ``gradient_norm`` does not shorten a decay, so that thresholds would shrink there
        whatever the loss says.
    frozen_norm
        Whether batch normalisation keeps its statistics; by default, as soon as steps are simulated.
    smoothing
        Label smoothing.
    distillation, temperature
        Share of the teacher's answers in the loss, and the temperature that both are softened with.
    ema
        Decay of the mean of weights over the training, which is what is validated and kept; 0 for none.
    crop, flip, cutout
        Augmentation: padding of random crops, random flips, side of the square that is blanked (0: none).
    validation
        Samples at the end of the data that train nothing: they choose. 0 for none.
    keep
        "best": the epoch that was best on the validation part (of equal ones the first); "last".
    seed
        Of the order of samples and of the augmentation.
    precision
        "bfloat16" (mixed), "float32", or "auto": bfloat16 where the device computes in it.
    device
        "cpu", "cuda", or "auto": a GPU if there is one.
    checkpoint, checkpoint_seconds
        A file that the training goes on from if it is there; written after every epoch, and this often within one.
    threads
        Of PyTorch; 0 leaves them as they are.
    progress
        Called with (steps done, steps in all).
    report
        Called with each epoch's row of the history.
    """

    epochs: int = 20
    batch_size: int = 128
    steps: int | None = None
    gradient: Gradient = "rate"
    noise: float = 0.0
    rate: float = 0.02
    schedule: Schedule = field(default_factory=lambda: Schedule(last=0.001))
    momentum: float = 0.9
    gradient_norm: float = 1.0
    weight_decay: float = 5e-4
    threshold_decay: float | None = None
    frozen_norm: bool | None = None
    smoothing: float = 0.0
    distillation: float = 0.0
    temperature: float = 2.0
    ema: float = 0.0
    crop: int = 4
    flip: bool = True
    cutout: int = 0
    validation: int = 5000
    keep: Literal["best", "last"] = "best"
    seed: int = 0
    precision: Literal["auto", "bfloat16", "float32"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    checkpoint: Path | None = None
    checkpoint_seconds: float = 120.0
    threads: int = 0
    progress: Callable[[int, int], None] | None = None
    report: Callable[[Mapping[str, Any]], None] | None = None

    def __post_init__(self) -> None:
        for name, least in _WHOLE.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise DataError(f"{name}: expected a whole number of {least} or more, got {value!r}")
        if self.steps is not None and (
            isinstance(self.steps, bool) or not isinstance(self.steps, int) or self.steps < 1
        ):
            raise DataError(f"steps: expected a whole number of 1 or more, or none, got {self.steps!r}")
        self._check_numbers()
        for name, choices in (
            ("gradient", GRADIENTS),
            ("keep", ("best", "last")),
            ("precision", ("auto", "bfloat16", "float32")),
            ("device", ("auto", "cpu", "cuda")),
        ):
            if getattr(self, name) not in choices:
                raise DataError(f"{name}: expected one of {', '.join(choices)}, got {getattr(self, name)!r}")
        if self.steps is not None and self.noise:
            raise DataError("noise: expected 0 where steps are simulated, whose counts are what they are")

    def _check_numbers(self) -> None:
        for names, most, strict in (
            (_POSITIVE, float("inf"), True),
            (_SHARES, 1.0, False),
            (_NOT_NEGATIVE, float("inf"), False),
        ):
            for name in names:
                value = getattr(self, name)
                if value is None and name == "threshold_decay":
                    continue
                if not 0 <= value < most or (strict and value == 0):
                    bounds = f"{'above 0' if strict else 'of 0 or more'}{' and below 1' if most == 1 else ''}"
                    raise DataError(f"{name}: expected a number {bounds}, got {value!r}")

    @property
    def norm_stays(self) -> bool:
        """Whether batch normalisation keeps its statistics."""
        return self.steps is not None if self.frozen_norm is None else self.frozen_norm

    @property
    def decay_of_thresholds(self) -> float:
        """L2 on thresholds."""
        default = 5e-4 if self.steps is None else 0.0
        return default if self.threshold_decay is None else self.threshold_decay

    @property
    def augmentation(self) -> Augmentation:
        """How each image of the training part is changed in each epoch."""
        return Augmentation(jump=self.crop, mirror=0.5 if self.flip else 0.0, blank=self.cutout)

    def identity(self) -> str:
        """Name everything that a result depends on."""
        names = [name for name in self.__dataclass_fields__ if name not in _NO_RESULT]
        return repr([(name, getattr(self, name)) for name in names])


_NO_RESULT = ("checkpoint", "checkpoint_seconds", "threads", "progress", "report")
