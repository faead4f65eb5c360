"""What to try against each kind of conversion error."""

from collections.abc import Mapping
from math import ceil, floor, log10
from typing import Any

__all__ = ["advice"]

# What the estimates of steps aim at: an error of a tenth of the signal.
_AIM = 0.1
_MOST_STEPS = 1024
# How the errors fall with the number of steps, T to the power of minus this: exactly for a neuron's quantisation, as measured
# on random currents for its deviation.
_FALLS = {"quantisation": 1.0, "deviation": 0.67}
_HALF = 0.5


_FIXED = {
    "clipping": "Raise the threshold: a higher percentile, max-norm, or error-min for this number of steps; "
    "per channel if a few channels are much larger than the others.",
    "silent": "Lower its threshold (error-min for this number of steps, a lower percentile, one threshold per channel), "
    "take more steps, or start from a higher initial potential (v_init).",
    "saturated": "Raise its threshold: a higher percentile or max-norm, on calibration data like those of the run.",
    "none": "If the accuracy is still too low, more steps lower all parts.",
}


def advice(kind: str, row: Mapping[str, Any], ratio: float) -> str:
    """Return the sentence for a kind of error; ``row`` is the layer's, ``ratio`` its error over its signal.

    Examples
    --------
    >>> advice("none", {}, 0.0)
    'If the accuracy is still too low, more steps lower all parts.'
    """
    if row.get("window") is not None:
        return _windows(kind, row, ratio)
    if kind == "quantisation":
        return _quantisation(row, ratio)
    if kind == "deviation":
        return _deviation(row, ratio)
    return _FIXED[kind]


def _windows(kind: str, row: Mapping[str, Any], ratio: float) -> str:
    """Return the sentence for neurons that spike once, in windows: what there is to choose is the window, and thresholds."""
    if kind == "saturated":
        return "Calibrate on data like those of the run: all its neurons spike at the first step of their window."
    if kind == "silent":
        return (
            "Calibrate on data like those of the run, or take a longer window: no current reaches half its threshold."
        )
    if kind != "quantisation":
        return "A longer window (--window) has a finer threshold and clips less; thresholds per channel fit both to each channel."
    enough = ceil(row["window"] * ratio / _AIM)
    about = (
        f"about {enough} steps for a tenth of the signal"
        if ratio > _AIM
        else "it is below a tenth of the signal already"
    )
    return (
        f"Take a longer window (it falls like 1/S: {about}), thresholds per channel, or fitted weights (--fit-weights)."
    )


def _quantisation(row: Mapping[str, Any], ratio: float) -> str:
    text = (
        f"Take more steps (it falls like 1/T: {_enough('quantisation', row, ratio)}), or lower the threshold: "
        "error-min for this number of steps, ltb, a lower percentile, one threshold per channel."
    )
    if _is_shift(row, "q"):
        start = "higher" if row["bias_q"] < 0 else "lower"
        text += (
            f" {_share(row, 'q')} of its square is a shift of the mean: a {start} initial potential "
            "(half the threshold, or calibrated v_init) takes that away."
        )
    return text


def _deviation(row: Mapping[str, Any], ratio: float) -> str:
    text = (
        f"Take more steps (it falls slower than 1/T: {_enough('deviation', row, ratio)}), or steady the current: "
        "lower thresholds in the layers before it (error-min for this number of steps, ltb)."
    )
    if _is_shift(row, "d"):
        text += f" {_share(row, 'd')} of its square is a shift of the mean: calibrating the bias takes that away."
    return text


def _enough(kind: str, row: Mapping[str, Any], ratio: float) -> str:
    """Say about how many steps bring an error down to a tenth of the signal."""
    steps = row["steps"] * (ratio / _AIM) ** (1 / _FALLS[kind])
    if steps <= row["steps"]:
        return "it is below a tenth of the signal already"
    if steps > _MOST_STEPS:
        return f"a tenth of the signal would take more than {_MOST_STEPS}"
    unit = 10 ** max(0, floor(log10(steps)) - 1)
    return f"about {ceil(steps / unit) * unit} for a tenth of the signal"


def _is_shift(row: Mapping[str, Any], part: str) -> bool:
    """Say whether at least half of an error's root mean square is its mean."""
    return bool(abs(row[f"bias_{part}"]) >= _HALF * row[f"e_{part}"] > 0)


def _share(row: Mapping[str, Any], part: str) -> str:
    return f"{100 * (row[f'bias_{part}'] / row[f'e_{part}']) ** 2:.0f} %"
