"""What a conversion method is."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Method", "MethodEntry"]


@dataclass(frozen=True)
class Method:
    """A rule that chooses thresholds from what the ANN's activations are on calibration data.

    Parameters
    ----------
    per_channel
        One threshold per channel rather than one per layer.

    Attributes
    ----------
    clips
        Whether each layer's activations are clipped at its thresholds before the layers behind see them.
    bounded
        Whether thresholds are the activations' own upper bounds, so that every activation needs one.
    """

    clips: ClassVar[bool] = False
    bounded: ClassVar[bool] = False

    per_channel: bool = False

    def thresholds(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Choose a threshold for each group of neurons.

        Parameters
        ----------
        activations
            Values behind the ReLU, ``(groups, values)``: one group for a layer, or one for each of its channels. They come
            in an order that does not depend on the order of the calibration data.

        Returns
        -------
        thresholds
            ``(groups,)``; 0 for a group that is never active.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class MethodEntry:
    """What ``pysnn methods`` says of a method, and the class whose fields are its settings."""

    method: type[Method]
    title: str
    source: str
    needs: str
