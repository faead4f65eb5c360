"""Values become spike times: the brighter, the earlier, or the darker, or both."""

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric
from pysnn.data_range import DataRange
from pysnn.encode.scale import range_problem
from pysnn.errors import DataError
from pysnn.first_spike.network import FirstSpikeNetwork

__all__ = ["as_values", "data_range", "encode_times", "warn_of_range"]


def encode_times(network: FirstSpikeNetwork, x: Any) -> NDArray[np.float32]:
    """Return input spike times, float32 ``(samples, in_size)``, for values in 0..1.

    ``t = 1 - x``, in units of the input window. Step: ``t = round((1 - x) (steps - 1))``, halves to even. A value of 0
    never spikes: else a 16-step code would fire every dark pixel at its last step. A network of coding "dark" sees
    ``1 - x`` in place of ``x``, one of coding "both" sees ``x`` and behind it ``1 - x``.

    Parameters
    ----------
    network
        Says the kernel, the coding and the shape.
    x
        ``(samples, *input_shape)``, or ``(samples, n)`` with as many values; for a vector of ``n`` inputs samples of any shape with
        as many values. Bytes (uint8) are scaled by 1/255.

    Raises
    ------
    DataError
        Another shape, or a value that is NaN or outside 0..1; the message says where.

    Examples
    --------
    >>> from pysnn.first_spike import Dense
    >>> network = FirstSpikeNetwork.draw((3,), [Dense(units=2)])
    >>> encode_times(network, [[1.0, 0.25, 0.0]])
    array([[0.  , 0.75,  inf]], dtype=float32)
    """
    values = as_numeric(x, "x")
    shape, size = network.input_shape, math.prod(network.input_shape)
    fits = values.ndim >= 2 and values.shape[1:] in (shape, (size,))
    if not fits and not (len(shape) == 1 and values.ndim >= 2 and math.prod(values.shape[1:]) == size):
        raise DataError(f"x: expected the shape (samples, {', '.join(map(str, shape))}), got {values.shape}")
    values = as_values(values).reshape(-1, *shape)
    good = (values >= 0) & (values <= 1)
    if not good.all():
        place = tuple(int(i) for i in np.argwhere(~good)[0])
        raise DataError(f"x: expected values from 0 to 1, got {values[place]} at {place}; scale the data first")
    if network.coding == "dark":
        values = np.float32(1) - values
    elif network.coding == "both":
        values = np.concatenate([values, np.float32(1) - values], axis=1)
    if len(shape) == 3:
        values = values.transpose(0, 2, 3, 1)
    times = np.float32(1) - values
    if network.neuron == "step":
        times = np.rint(times * np.float32(network.steps - 1))
    times[values == 0] = np.inf
    return np.ascontiguousarray(times.reshape(len(values), network.plan.in_size))


def as_values(x: Any) -> NDArray[np.float32]:
    """Return data as float32; bytes are scaled by 1/255.

    Examples
    --------
    >>> as_values(np.uint8([0, 255])).tolist()
    [0.0, 1.0]
    """
    values = as_numeric(x, "x")
    scale = np.float32(255 if values.dtype == np.uint8 else 1)
    return np.asarray(values.astype(np.float32) / scale)


def data_range(network: FirstSpikeNetwork, x: Any) -> DataRange:
    """Return the range of data that :func:`encode_times` takes."""
    return DataRange.of(as_numeric(x, "x").reshape(-1, *network.input_shape))


def warn_of_range(network: FirstSpikeNetwork, x: Any, *, stacklevel: int = 3) -> None:
    """Warn, in one sentence, where data that :func:`encode_times` takes do not fit those that the network was trained on."""
    if network.data_range is None:
        return
    problem = range_problem(network.data_range, as_numeric(x, "x").reshape(-1, *network.input_shape))
    if problem:
        warnings.warn(f"x: {problem}", UserWarning, stacklevel=stacklevel)
