"""Parameters of neurons: one number, one per channel, or one per neuron."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_weight, per_channel
from pysnn.errors import NetworkError, PlanError
from pysnn.foreign import as_numpy
from pysnn.nodes.base import Node, Shape

__all__ = ["check_choice", "check_positive", "check_unused", "spread", "steps_of", "take_parameters"]

_AXES = {0: "a number", 1: "one per channel", 3: "one per neuron (channels, height, width)"}


def take_parameters(node: Node, fields: Iterable[str]) -> None:
    """Check fields of a frozen node and set them to a float, or to a frozen float32 array ``(C,)`` or ``(C, H, W)``."""
    for field in fields:
        what = f"{node.title}: {field}"
        value = as_numpy(getattr(node, field), what)
        axes = 0 if isinstance(value, int | float | np.generic) else np.ndim(value)
        if axes not in _AXES:
            raise NetworkError(f"{what}: expected {', '.join(_AXES.values())}, got the shape {np.shape(value)}")
        taken = as_weight(value, what, axes)
        object.__setattr__(node, field, taken if axes else float(taken))


def check_positive(node: Node, fields: Iterable[str]) -> None:
    """Refuse numbers that are not positive."""
    for field in fields:
        lowest = float(np.min(getattr(node, field)))
        if lowest <= 0:
            raise NetworkError(f"{node.title}: {field} must be positive, got {lowest}")


def check_choice(node: Node, field: str, choices: tuple[str, ...]) -> None:
    """Refuse a word that is none of the choices."""
    value = getattr(node, field)
    if not isinstance(value, str) or value not in choices:
        raise NetworkError(f"{node.title}: {field} must be one of {', '.join(choices)}, got {value!r}")
    object.__setattr__(node, field, choices[choices.index(value)])


def check_unused(node: Node, names: Iterable[str], why: str) -> None:
    """Refuse parameters that a neuron inherits and has no use for, where they are not as they are by default."""
    for item in fields(node):
        if item.name in names and np.any(np.asarray(getattr(node, item.name)) != item.default):
            raise NetworkError(f"{node.title}: {why}, and takes no {item.name}")


def spread(value: Any, shape: Shape, what: str) -> NDArray[np.float32]:
    """Return a parameter for a map of ``shape``: float32, a value per channel or, where it has them, a value per neuron.

    Raises
    ------
    NetworkError
        If an array does not fit the shape.

    Examples
    --------
    >>> spread(0.5, (2,), "IF 'a': v_threshold").tolist()
    [0.5, 0.5]
    """
    if np.ndim(value) != 3:
        return per_channel(value, shape[0], what)
    full = (*shape, 1, 1)[:3]
    if value.shape != full:
        raise NetworkError(
            f"{what}: expected one value, {full[0]} (one per channel) or {full} (one per neuron), got {value.shape}"
        )
    return np.asarray(value)


def steps_of(tau: NDArray[np.float64], dt: float | None, what: str, field: str = "tau") -> NDArray[np.float64]:
    """Return ``dt / tau``, or refuse a step that is missing or longer than a time constant."""
    if dt is None:
        raise PlanError(f"{what}: a neuron with a time constant needs dt (seconds a step), got None")
    fraction = np.asarray(dt / tau)
    if fraction.max() > 1:
        raise PlanError(f"{what}: dt must be at most {field}, got dt={dt} s with {field}={float(tau.min()):.6g} s")
    return fraction
