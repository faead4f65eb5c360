"""How far a converted network decides as its ANN does, on a bounded part of the calibration data."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.ann import ann_macs, ann_pass
from pysnn.convert.pair import ConvertedPair
from pysnn.network import Network

__all__ = ["Agreement", "compare_with_ann", "few_samples", "to_try"]

_FEWEST = 16
_MOST_MACS = 200_000_000_000
"""Multiplications that a comparison may stand for, samples x steps x those of one pass: seconds, at most."""

_ENOUGH = 0.9
_MOST_ERROR = 0.2
_FEWEST_DIFFERENT = 5
_ONE_CLASS = 0.95
_FEWEST_FOR_LOWEST = 64


@dataclass(frozen=True)
class Agreement:
    """How a spiking network's scores compare with those of the ANN that it was made of.

    Attributes
    ----------
    steps, samples
        At how many time-steps, on how many samples.
    highest, lowest
        Share of samples whose highest (lowest) score is the ANN's; ``None`` where there is one score only. Networks that
        choose the smallest of several costs are read by ``lowest``.
    error
        Largest difference to an ANN's score, over the range of the ANN's scores.
    decides_by_lowest
        The ANN's highest score is the same one nearly always and its lowest is not: what matters is the lowest.
    window
        Steps of a window, where neurons spike once in windows.

    Examples
    --------
    >>> Agreement(32, 256, 0.97, 0.95, 0.1).sentence
    'agreement with the ANN on 256 samples at T = 32: 97.0 % (lowest score 95.0 %, largest error 10 % of the range)'
    """

    steps: int
    samples: int
    highest: float | None
    lowest: float | None
    error: float
    decides_by_lowest: bool = False
    window: int | None = None

    @property
    def poor(self) -> bool:
        """Whether the decision differs in more than a tenth of the samples, and in 5 at least; one score: an error above 0.2."""
        decision = self.lowest if self.decides_by_lowest else self.highest
        if decision is None:
            return self.error > _MOST_ERROR
        return decision < _ENOUGH and round((1 - decision) * self.samples) >= _FEWEST_DIFFERENT

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        when = f"at T = {self.steps}" if self.window is None else f"in windows of {self.window} steps"
        where = f"on {self.samples} samples {when}"
        error = f"largest error {100 * self.error:.3g} % of the range"
        if self.highest is None or self.lowest is None:
            return f"difference to the ANN {where}: {error} of its score"
        return (
            f"agreement with the ANN {where}: {100 * self.highest:.1f} % "
            f"(lowest score {100 * self.lowest:.1f} %, {error})"
        )

    @property
    def facts(self) -> dict[str, str | int | float]:
        """The same as a saved network has it."""
        shares = {"agreement": self.highest, "agreement.lowest": self.lowest}
        known: dict[str, str | int | float] = {name: share for name, share in shares.items() if share is not None}
        return {**known, "agreement.error": self.error, "agreement.samples": self.samples}


def few_samples(network: Network, x: NDArray[Any], steps: int, most: int = 256) -> NDArray[Any]:
    """Return samples, evenly spaced, that a comparison at a number of steps has time for: of large networks fewer."""
    affordable = _MOST_MACS // max(1, steps * ann_macs(network))
    count = min(len(x), most, max(_FEWEST, affordable))
    return x if count == len(x) else x[np.arange(count) * len(x) // count]


def compare_with_ann(pair: ConvertedPair, x: NDArray[Any], steps: int, options: Mapping[str, Any]) -> Agreement:
    """Run the spiking network and the ANN on all of ``x`` and compare their scores.

    Parameters
    ----------
    pair
        The spiking network and its ANN.
    x
        Data as :func:`pysnn.run` takes it.
    steps
        Number of time-steps.
    options
        Fields of :class:`pysnn.simulation.simulator.RunOptions`.
    """
    from pysnn.simulation.simulator import Simulator

    quiet = {"count": False, "keep_state": False, "check_range": False}
    scores = Simulator(pair.spiking, **{**quiet, **options}).run(x, steps=steps).scores[0].astype(np.float64)
    expected = ann_pass(pair.ann, x)[0].astype(np.float64)
    error = _share(float(np.abs(scores - expected).max()), float(np.ptp(expected)))
    if scores.shape[1] == 1:
        return Agreement(int(steps), len(x), None, None, error)
    top, bottom = expected.argmax(axis=1), expected.argmin(axis=1)
    return Agreement(
        int(steps),
        len(x),
        float(np.mean(scores.argmax(axis=1) == top)),
        float(np.mean(scores.argmin(axis=1) == bottom)),
        error,
        decides_by_lowest=len(x) >= _FEWEST_FOR_LOWEST and _most_frequent(top) >= _ONE_CLASS > _most_frequent(bottom),
    )


def to_try(method: str, settings: Mapping[str, Any], corrections: Collection[str]) -> str:
    """Return what may make a conversion agree more, in words."""
    if method == "first-spike":
        tries = [
            "a longer window (--window)",
            *([] if settings.get("per_channel") else ["per_channel=True (--per-channel)"]),
            *([] if settings.get("fit_weights") else ["fit_weights=True (--fit-weights)"]),
        ]
        return f"try {', '.join(tries)}; errors() and 'pysnn diagnose' say which layer loses most"
    tries = ["more steps"]
    if not settings.get("per_channel"):
        tries.append("per_channel=True (--per-channel)")
    if not corrections:
        tries.append("calibrate=['bias'] (--calibrate bias)")
    tries.append(f"another method (say {'percentile' if method == 'max-norm' else 'max-norm'})")
    return f"try {', '.join(tries)}; errors() and 'pysnn diagnose' say which layer loses most"


def _most_frequent(classes: NDArray[np.int64]) -> float:
    return float(np.bincount(classes).max() / len(classes))


def _share(part: float, whole: float) -> float:
    if whole > 0:
        return min(part / whole, float(np.finfo(np.float32).max))
    return 0.0 if part == 0 else 1.0
