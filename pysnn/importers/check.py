"""Is an imported network the one that it came from? Both compute the same samples, and the results are compared."""

import logging

import numpy as np

from pysnn.ann import ann_pass
from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.nodes.base import Array

__all__ = ["HALF_TOLERANCE", "TOLERANCE", "check_import", "largest_difference"]

TOLERANCE = 1e-3
"""Largest relative difference that rounding is taken to explain."""

HALF_TOLERANCE = 3e-2
"""The same where the source computes in floats of 16 bits: 2**-11 of a value is rounded away in every layer."""

_LOG = logging.getLogger("pysnn")


def largest_difference(got: Array, expected: Array) -> float:
    """Return the largest absolute difference, relative to the largest absolute value of ``expected``.

    Where one of the two is not finite, or the shapes differ, it is infinite.

    Examples
    --------
    >>> largest_difference(np.array([1.0, 2.5]), np.array([1.0, 2.0]))
    0.25
    """
    if got.shape != expected.shape or not (np.isfinite(got).all() and np.isfinite(expected).all()):
        return float("inf")
    difference = float(np.abs(got.astype(np.float64) - expected.astype(np.float64)).max(initial=0.0))
    scale = float(np.abs(expected).max(initial=0.0))
    if scale == 0:
        return 0.0 if difference == 0 else float("inf")
    return difference / scale


def check_import(network: Network, x: Array, expected: Array, source: str, tolerance: float | None = None) -> float:
    """Run an imported network and compare it with what the source framework computed from the same samples.

    Parameters
    ----------
    network
        The imported network.
    x
        ``(batch, ...)`` samples.
    expected
        The source framework's result, one row a sample.
    source
        Its name, for messages.
    tolerance
        Largest difference; ``TOLERANCE`` by default.

    Returns
    -------
    float
        The largest relative difference (see :func:`largest_difference`); it is logged too.

    Raises
    ------
    NetworkError
        The difference is above the tolerance, or the source's result is not finite.
    DataError
        The network's own result is not finite, or the samples do not fit its input.
    """
    expected = np.asarray(expected)
    if not np.isfinite(expected).all():
        raise NetworkError(f"{source} computes values that are not finite from these samples: check the weights")
    got, _ = ann_pass(network, x)
    if got.size == expected.size:
        expected = expected.reshape(got.shape)
    difference = largest_difference(got, expected)
    largest = TOLERANCE if tolerance is None else tolerance
    if not difference <= largest:
        raise NetworkError(
            f"the imported network differs from {source}: shapes {got.shape} and {expected.shape}, largest relative "
            f"difference {difference:.3g}, at most {largest:g} was expected; please report the model's layers"
        )
    _LOG.info("import: largest relative difference to %s %.3g", source, difference)
    return difference
