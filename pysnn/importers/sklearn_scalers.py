"""scikit-learn's scalers as operations on an input, in the order in which scikit-learn computes them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pysnn.errors import DataError

__all__ = ["scaler_steps"]

Step = tuple[str, Any]


def scaler_steps(scaler: Any) -> list[Step]:
    """Return what a fitted scaler does, for :class:`~pysnn.Input`'s ``scaling``.

    Raises
    ------
    DataError
        It is no scaler that is known, or not fitted.

    Examples
    --------
    >>> from sklearn.preprocessing import MaxAbsScaler
    >>> [(name, values.tolist()) for name, values in scaler_steps(MaxAbsScaler().fit([[2.0], [-4.0]]))]
    [('divide', [4.0])]
    """
    name = type(scaler).__name__
    if not type(scaler).__module__.startswith("sklearn.") or name not in _SCALERS:
        kind = f"{type(scaler).__module__.partition('.')[0]} {type(scaler).__qualname__}"
        raise DataError(f"from_sklearn: expected {', '.join(_SCALERS)} before the MLP, got {kind}")
    if not hasattr(scaler, "n_features_in_"):
        raise DataError(f"from_sklearn: the {name} is not fitted")
    return _SCALERS[name](scaler)


def _standard(scaler: Any) -> list[Step]:
    centre: list[Step] = [("subtract", scaler.mean_)] if scaler.with_mean else []
    return centre + ([("divide", scaler.scale_)] if scaler.with_std else [])


def _min_max(scaler: Any) -> list[Step]:
    steps: list[Step] = [("multiply", scaler.scale_), ("add", scaler.min_)]
    return steps + (_clipped(scaler, *scaler.feature_range) if scaler.clip else [])


def _max_abs(scaler: Any) -> list[Step]:
    steps: list[Step] = [("divide", scaler.scale_)]
    return steps + (_clipped(scaler, -1.0, 1.0) if getattr(scaler, "clip", False) else [])


def _robust(scaler: Any) -> list[Step]:
    centre: list[Step] = [("subtract", scaler.center_)] if scaler.with_centering else []
    return centre + ([("divide", scaler.scale_)] if scaler.with_scaling else [])


def _clipped(scaler: Any, low: float, high: float) -> list[Step]:
    features = scaler.n_features_in_
    return [("at_least", np.full(features, float(low))), ("at_most", np.full(features, float(high)))]


_SCALERS: dict[str, Callable[[Any], list[Step]]] = {
    "StandardScaler": _standard,
    "MinMaxScaler": _min_max,
    "MaxAbsScaler": _max_abs,
    "RobustScaler": _robust,
}
