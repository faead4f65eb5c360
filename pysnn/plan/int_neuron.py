"""The numbers of a neuron in integer units."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import PlanError
from pysnn.nodes.base import NeuronParameters
from pysnn.plan.quantise import integers

__all__ = ["across", "in_units"]

Float64 = NDArray[np.float64]


def across(unit: Float64, like: NDArray[Any]) -> Float64:
    """Return a value per channel so that it goes with an array of a value per channel, or of a value per neuron.

    Examples
    --------
    >>> across(np.ones(2), np.ones((2, 3, 3))).shape
    (2, 1, 1)
    """
    return unit if like.ndim == 1 else unit[:, None, None]


def in_units(what: str, own: NeuronParameters, unit: Float64) -> tuple[Float64, dict[str, NDArray[np.int32]]]:
    """Return the unit of the potential, that of the current times the gain, and the constants as integers.

    Raises
    ------
    PlanError
        The gain leaves no unit; ``what`` names the node.
    """
    constants: dict[str, NDArray[np.int32]] = {}
    if own.model.leak != "none":
        unit = unit * _gain(what, own.constants["gain"])
        if not (unit > 0).all():
            raise PlanError(f"{what}: r dt / tau is too small for int8 networks; use precision 'float32'")
        decay, drive = own.constants["decay"], own.constants["drive"]
        constants["decay"] = np.rint(decay * 2.0**30).astype(np.int32)
        constants["drive"] = integers(what, drive / across(unit, drive))
    if own.model.floor:
        floor = own.constants["floor"]
        constants["floor"] = integers(what, floor / across(unit, floor))
    if own.model.refractory:
        constants["refractory"] = own.constants["refractory"].astype(np.int32)
    return unit, constants


def _gain(what: str, gain: Float64) -> Float64:
    """Return the factor of the current, one per channel."""
    if not (gain > 0).all() or (gain.ndim == 3 and np.ptp(gain, axis=(1, 2)).any()):
        raise PlanError(
            f"{what}: int8 networks need a positive factor of the current, one per channel; use precision 'float32'"
        )
    return gain if gain.ndim == 1 else gain[:, 0, 0]
