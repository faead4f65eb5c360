"""``METHODS``: the written-out registry of conversion methods."""

import inspect
from dataclasses import fields
from typing import Any, TypedDict

from pysnn.convert.methods.error_min import ErrorMin
from pysnn.convert.methods.first_spike import FirstSpikeLevels
from pysnn.convert.methods.ltb import LocalThresholdBalancing
from pysnn.convert.methods.max_norm import MaxNorm
from pysnn.convert.methods.method import Method, MethodEntry
from pysnn.convert.methods.percentile import Percentile
from pysnn.convert.methods.trained import TrainedThresholds
from pysnn.errors import DataError, KeywordError
from pysnn.keywords import did_you_mean, keywords_of

__all__ = ["METHODS", "SETTING_KEYWORDS", "MethodSettings", "make_method"]

METHODS: dict[str, MethodEntry] = {
    "max-norm": MethodEntry(MaxNorm, "largest activation", "Diehl et al. 2015, IJCNN", "calibration data"),
    "percentile": MethodEntry(
        Percentile,
        "high percentile of the activations",
        "Rueckauer et al. 2017, Front. Neurosci. 11:682",
        "calibration data",
    ),
    "error-min": MethodEntry(
        ErrorMin,
        "least expected error at a number of time-steps",
        "Li et al. 2021, ICML (PMLR 139)",
        "calibration data, steps",
    ),
    "ltb": MethodEntry(
        LocalThresholdBalancing,
        "local threshold balancing, over the whole calibration set in each round",
        "Bu et al. 2025, CVPR",
        "calibration data",
    ),
    "first-spike": MethodEntry(
        FirstSpikeLevels,
        "one spike in a window of steps: least expected error at its levels, currents shifted layer by layer",
        "levels: Bu et al. 2022, ICLR; constant slope: Stanojevic et al. 2024",
        "calibration data, window",
    ),
    "trained": MethodEntry(
        TrainedThresholds,
        "the activations' own bounds, trained with the weights (tcl, qcfs, ttrbr)",
        "Ho & Chang 2021, DAC; Bu et al. 2022, ICLR",
        "activations with an upper bound",
    ),
}
"""Every method by the name that :func:`pysnn.convert.convert` and the command line take."""


class MethodSettings(TypedDict, total=False):
    """The settings of all methods for type checkers and editors; each method has some of them."""

    per_channel: bool
    percentile: float
    rounds: int
    window: int
    fit_weights: bool


def _all_settings() -> list[inspect.Parameter]:
    """Return the settings of every method as parameters of a function, each once."""
    found: dict[str, inspect.Parameter] = {}
    for entry in METHODS.values():
        for parameter in keywords_of(entry.method, without=["steps"]):
            found.setdefault(parameter.name, parameter)
    return list(found.values())


SETTING_KEYWORDS = _all_settings()
"""The settings of all methods, as :func:`pysnn.convert.convert` shows them."""


def make_method(name: str, settings: dict[str, Any], steps: int | None = None) -> Method:
    """Return a method by name with its settings, or raise :class:`DataError` saying what there is.

    ``steps`` goes to the methods that have such a setting.

    Examples
    --------
    >>> make_method("percentile", {"percentile": 99.0})
    Percentile(per_channel=False, percentile=99.0)
    """
    if name not in METHODS:
        raise DataError(f"method: expected one of {', '.join(METHODS)}, got {name!r}")
    method = METHODS[name].method
    known = [field.name for field in fields(method)]
    for setting in settings:
        if setting not in known or setting == "steps":
            hint = did_you_mean(setting, (*known, "steps", "method", "calibrate"))
            raise KeywordError(f"method '{name}' has the settings {', '.join(known)}, got {setting!r}{hint}")
    own: dict[str, Any] = {"steps": steps} if "steps" in known else {}
    return method(**own, **settings)
