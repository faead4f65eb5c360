"""A threshold without memory."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import NetworkError
from pysnn.neurons.if_ import IF
from pysnn.nodes.base import Shape
from pysnn.nodes.neuron_model import NeuronModel

__all__ = ["Threshold"]


@dataclass(frozen=True, eq=False)
class Threshold(IF):
    """Threshold without memory: a spike where the current itself reaches ``v_threshold``.

    NIR's Threshold, which has ``compare=">"``.

    Its potential is the current of the step; there is no reset.

    Examples
    --------
    >>> Threshold(0.5).model.reset
    'none'
    """

    reset: str = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reset != "none" or self.floor is not None or self.options or np.any(self.v_init):
            raise NetworkError(f"{self.title}: it has no memory, and takes no v_init, reset, floor or refractory steps")

    @property
    def model(self) -> NeuronModel:
        """The stages of its step."""
        return replace(super().model, leak="euler")

    def _constants(self, shape: Shape, what: str, dt: float | None) -> dict[str, NDArray[np.float64]]:
        del what, dt
        channels = shape[0]
        return {"decay": np.zeros(channels), "gain": np.ones(channels), "drive": np.zeros(channels)}
