"""What an ANN's own scores say about the scale of the data, where nobody knows what it was trained on."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.ann import ann_pass
from pysnn.convert.agreement import few_samples
from pysnn.data_range import DataRange
from pysnn.encode.scale import as_run, scale_problem
from pysnn.network import Network

__all__ = ["data_problem", "known_range", "odd_accuracy", "odd_scores", "warn_of_data"]

_SAMPLES = 64
_FEWEST_SAMPLES = 32
_FEWEST_CLASSES = 3
_ONE_CLASS = 0.98
_MARGIN = 100.0
_PIXELS = (100.0, 255.5)
_LUCK = 0.05

_ADVICE = "the data may not be scaled as those that it was trained on (pixels over 255? mean and std? a scaler?)"


def data_problem(network: Network, data: NDArray[Any]) -> str | None:
    """Return a sentence about data that do not fit an ANN: by what it knows of its data, else by its own scores."""
    problem = scale_problem(network.input, data)
    if problem or network.input.data_range is not None or network.input.scaling is not None:
        # A scaler is part of what was trained: the network knows what it takes.
        return problem
    some = few_samples(network, data, 1, most=_SAMPLES)
    return odd_scores(ann_pass(network, some)[0], some)


def warn_of_data(network: Network, data: NDArray[Any], *, stacklevel: int = 3) -> None:
    """Warn of calibration data that do not fit an ANN."""
    problem = data_problem(network, data)
    if problem:
        warnings.warn(problem, UserWarning, stacklevel=stacklevel)


def known_range(network: Network, data: NDArray[Any]) -> DataRange:
    """Return the range of an ANN's training data, where it is known, or that of calibration data if those are more."""
    known = network.input.data_range
    if known is not None and known.samples >= len(data):
        return known
    return DataRange.of(as_run(network.input, data))


def odd_scores(scores: NDArray[np.float32], data: NDArray[Any]) -> str | None:
    """Return a sentence if an ANN's scores look as if its data had another scale, else ``None``.

    Parameters
    ----------
    scores
        ``(samples, classes)``.
    data
        What they were computed from. Networks for pixels in 0..255 have large scores by right.

    Examples
    --------
    >>> odd_scores(np.float32([[9, 0, 1], [0, 2, 0]] * 20), np.ones((40, 2)))
    >>> odd_scores(np.float32([[3, 2, 1]] * 40), np.ones((40, 2)))
    'ANN: 100 % of 40 calibration samples get the same class: the data may not be scaled as ...'
    """
    samples, classes = scores.shape
    if samples < _FEWEST_SAMPLES or classes < _FEWEST_CLASSES:
        return None
    same = min(_most_frequent(scores.argmax(axis=1)), _most_frequent(scores.argmin(axis=1)))
    if same >= _ONE_CLASS:
        return f"ANN: {100 * same:.0f} % of {samples} calibration samples get the same class: {_ADVICE}"
    ordered = np.sort(scores, axis=1)
    margin = float(np.median(ordered[:, -1] - ordered[:, -2]))
    if margin > _MARGIN and not _are_pixels(data):
        return (
            f"ANN: its best score is ahead by {margin:.3g} in the median of {samples} calibration samples, far beyond "
            f"what training brings about: {_ADVICE}"
        )
    return None


def odd_accuracy(accuracy: float, labels: NDArray[Any]) -> str | None:
    """Return a sentence if an ANN is right no more often than one that always gives the most frequent label.

    Examples
    --------
    >>> odd_accuracy(0.9, np.arange(40) % 4)
    >>> odd_accuracy(0.25, np.arange(40) % 4)
    'ANN: 25 % right on the calibration data, no better than chance: the data may not be scaled as ...'
    """
    if len(labels) < _FEWEST_SAMPLES or len(np.unique(labels)) < 2 or accuracy > _most_frequent(labels) + _LUCK:
        return None
    return (
        f"ANN: {100 * accuracy:.0f} % right on the calibration data, no better than chance: {_ADVICE}, or labels "
        "are in another order"
    )


def _most_frequent(classes: NDArray[Any]) -> float:
    return float(np.unique(classes, return_counts=True)[1].max() / len(classes))


def _are_pixels(data: NDArray[Any]) -> bool:
    return bool(data.min() >= 0 and _PIXELS[0] <= data.max() <= _PIXELS[1])
