"""What all neurons of a model share: how they compute at the moment, over how many steps and samples."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from pysnn.errors import NetworkError
from pysnn.finetune.ttrbr.dither import Dither

__all__ = ["Clock", "Mode", "clock_of", "running"]

Mode = Literal["clip", "observe", "spike", "record", "replay"]
"""How a :class:`~pysnn.finetune.ttrbr.TrainableClip` computes.

"clip": the activation of an ANN, quantised if it has levels. "observe": a ReLU whose values are kept, to start thresholds from.
"spike": IF neurons through T steps, with a surrogate gradient. "record": the same without a gradient, mean rates kept.
"replay": those mean rates, with the gradient of the clip at the mean current.
"""


@dataclass
class Clock:
    """The mode, T, and the number of samples; a batch of T steps has ``steps * batch`` rows, the first step's first.

    ``dither`` is the noise of quantised clips in training, if there is any.
    """

    mode: Mode = "clip"
    steps: int = 1
    batch: int = 0
    dither: Dither | None = None


def clock_of(model: Any) -> Clock:
    """Return the clock that the neurons of a model share.

    Raises
    ------
    NetworkError
        The model has no neurons, or they were put together from several models.
    """
    clocks: dict[int, Clock] = {
        id(module.clock): module.clock for module in model.modules() if isinstance(vars(module).get("clock"), Clock)
    }
    if len(clocks) != 1:
        raise NetworkError(
            f"{type(model).__name__}: expected neurons that share one clock, found {len(clocks)} clocks; "
            "pysnn.finetune.restructure makes such a model"
        )
    return next(iter(clocks.values()))


@contextmanager
def running(model: Any, mode: Mode, *, steps: int = 1, batch: int = 0) -> Iterator[None]:
    """Let the neurons of a model compute in a mode; behind it they do what they did before."""
    clock = clock_of(model)
    before = (clock.mode, clock.steps, clock.batch)
    clock.mode, clock.steps, clock.batch = mode, steps, batch
    try:
        yield
    finally:
        clock.mode, clock.steps, clock.batch = before
