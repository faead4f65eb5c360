"""The exact mapping of a ReLU network onto first-spike neurons of constant slope (A. Stanojevic et al., 2024)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.ann import ann_pass, check_ann
from pysnn.convert.calibration import calibration_data
from pysnn.convert.folding.fold import fold
from pysnn.convert.slope_layers import Stage, read_stages
from pysnn.data_range import DataRange
from pysnn.encode.scale import warn_of_scale
from pysnn.first_spike import FirstSpikeNetwork
from pysnn.first_spike.layers import Layer
from pysnn.network import Network

__all__ = ["to_first_spike"]

Float64 = NDArray[np.float64]

_MARGIN = 1.25


def to_first_spike(network: Network, x: Any = None) -> FirstSpikeNetwork:
    """Return the first-spike network that computes what a ReLU network computes: one spike a neuron at most, nothing lost.

    A value ``a`` of a layer becomes a spike ``a / scale`` before the end of the layer's window of time, 0 becomes no spike, and the
    output neuron with the highest score fires first: equal but for the rounding of float32. Neurons are
    "slope" (:class:`~pysnn.first_spike.FirstSpikeNetwork`); ``docs/first_spike.md`` has the equations.

    Parameters
    ----------
    network
        A chain of ``Linear`` and ``Conv2d`` with a ``ReLU`` between any two of them, with ``MaxPool2d``, ``AvgPool2d``,
        ``GlobalAvgPool``, ``Flatten``, and batch normalisation where it folds. Its inputs are values in 0..1.
    x
        Samples that say how large values become: a layer's scale is 1.25 times its largest one there, and what is larger is cut
        off. ``None``: the largest value that any input in 0..1 could cause, so that nothing is ever cut off; but the values
        of a deep network then use little of their windows, and times have only so many digits.

    Raises
    ------
    NetworkError
        A node that cannot be mapped; the message names it.
    DataError
        The samples do not fit.

    Examples
    --------
    >>> from pysnn.convert import ann_accuracy
    >>> from pysnn.datasets import load_digits, load_digits_mlp
    >>> from pysnn.first_spike import evaluate
    >>> digits, ann = load_digits(), load_digits_mlp()
    >>> found = evaluate(to_first_spike(ann, digits.x_train), digits.x_test, digits.y_test)
    >>> found.accuracy == ann_accuracy(ann, digits.x_test, digits.y_test)
    True
    """
    check_ann(network)
    plain = fold(network)
    pools, stages = read_stages(plain)
    if x is not None:
        warn_of_scale(network.input, calibration_data(network, x))
    highest = [np.inf] * len(stages) if x is None else _highest(plain, stages, x)
    layers: list[Layer] = [*pools]
    weights: list[NDArray[np.float32]] = []
    scale = np.ones(1)
    for stage, seen in zip(stages, highest, strict=True):
        before = np.resize(scale, len(stage.matrix))
        scale = _scale(stage, before, seen)
        # The head start of a neuron stands in the last row, as a bias does.
        mapped = np.concatenate([stage.matrix * before[:, None], stage.bias[None]]) / scale
        weights.append(mapped.astype(np.float32))
        layers += [stage.layer, *stage.pools]
    known = network.input.data_range
    if known is None and x is not None:
        known = DataRange.of(calibration_data(network, x))
    return FirstSpikeNetwork(network.input.shape, tuple(layers), tuple(weights), neuron="slope", data_range=known)


def _scale(stage: Stage, before: Float64, seen: float) -> Float64:
    """Return the value that each column's window stands for: what it can reach, what it did reach, or its ReLU's bound."""
    reachable = stage.bias + (np.maximum(stage.matrix, 0) * before[:, None]).sum(axis=0)
    if not stage.rectified:
        # Scores are compared with each other: one scale.
        reachable = np.full_like(reachable, reachable.max())
    scale = np.minimum(np.minimum(reachable, _MARGIN * seen), stage.ceiling)
    return np.where(scale > 0, scale, 1.0)


def _highest(network: Network, stages: list[Stage], x: Any) -> list[float]:
    _, values = ann_pass(network, x, keep=[stage.name for stage in stages])
    return [float(values[stage.name].max()) for stage in stages]
