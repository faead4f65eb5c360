"""How to train: the options, checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pysnn.errors import DataError
from pysnn.training.augment import Augmentation
from pysnn.training.optimisers import OPTIMISERS, Optimiser, Schedule

__all__ = ["TrainingOptions"]


@dataclass(frozen=True)
class TrainingOptions:
    """How to train; every result follows from these, the data and the rule.

    Attributes
    ----------
    epochs, batch_size
        Passes over the training part, and samples a step.
    optimiser, rate, weight_decay, momentum
        "adam" or "sgd", its first learning rate, its decay of weights, and the momentum of "sgd".
    schedule
        The learning rate over the training.
    validation
        Samples at the end of the data that train nothing: they choose. 0 for none.
    keep
        "best": the weights of the epoch that was best on the validation part, of equal ones the first; "last_best": of equal ones the
        last, which suits small validation parts; "last": those of the last epoch.
    seed
        Of the order of samples and of drawn weights.
    hinge, hinge_sum
        Dead neurons, before: the loss gets ``hinge * sum_j max(0, hinge_sum * threshold - sum_i w_ij)``.
    redraw
        Dead neurons, after: a neuron that fired in no sample of an epoch gets new first weights.
    augment
        Distortions of the training part's images, none by default; the data are ``(samples, C, H, W)`` then.
    checkpoint
        A file that the training goes on from if it is there; written after every epoch, and every
        ``checkpoint_batches`` steps (0: only after epochs). An interrupted training ends with the same network.
    backend, threads
        Change the speed only.
    progress
        Called with (steps done, steps in all) after every step.
    report
        Called with each epoch's row of the history.
    """

    epochs: int = 10
    batch_size: int = 128
    optimiser: Literal["adam", "sgd"] = "adam"
    rate: float = 1e-3
    weight_decay: float = 0.0
    momentum: float = 0.9
    schedule: Schedule = field(default_factory=Schedule)
    validation: int = 0
    keep: Literal["best", "last_best", "last"] = "best"
    seed: int = 0
    hinge: float = 0.0
    hinge_sum: float = 1.0
    redraw: bool = True
    augment: Augmentation | None = None
    checkpoint: Path | None = None
    checkpoint_batches: int = 0
    backend: str = "auto"
    threads: int = 1
    progress: Callable[[int, int], None] | None = None
    report: Callable[[Mapping[str, Any]], None] | None = None

    def __post_init__(self) -> None:
        for name, least in (("epochs", 0), ("batch_size", 1), ("validation", 0), ("seed", 0), ("threads", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise DataError(f"{name}: expected a whole number of {least} or more, got {value!r}")
        for name in ("rate", "weight_decay", "hinge", "hinge_sum"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise DataError(f"{name}: expected a number of 0 or more, got {getattr(self, name)!r}")
        if not 0 <= self.momentum < 1:
            raise DataError(f"momentum: expected a number from 0 below 1, got {self.momentum!r}")
        if self.optimiser not in OPTIMISERS:
            raise DataError(f"optimiser: expected one of {', '.join(OPTIMISERS)}, got {self.optimiser!r}")
        if self.keep not in ("best", "last_best", "last"):
            raise DataError(f"keep: expected best, last_best or last, got {self.keep!r}")

    def make_optimiser(self) -> Optimiser:
        """Make the optimiser that they ask for."""
        own: dict[str, Any] = {"momentum": self.momentum} if self.optimiser == "sgd" else {}
        own |= {"backend": self.backend, "threads": self.threads}
        return OPTIMISERS[self.optimiser](rate=self.rate, weight_decay=self.weight_decay, **own)

    def identity(self) -> str:
        """Name everything that a result depends on."""
        names = [name for name in self.__dataclass_fields__ if name not in _NO_RESULT]
        return repr([(name, getattr(self, name)) for name in names])


_NO_RESULT = ("checkpoint", "checkpoint_batches", "backend", "threads", "progress", "report")
