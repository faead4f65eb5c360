"""Check data against a network's input and turn one batch into what backends take."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric, is_finite
from pysnn.encode.digits import warn_of_lost_digits
from pysnn.encode.events import MAX_AT_ONCE, Events
from pysnn.encode.labels import FOR_RUNS, warn_of_gaps
from pysnn.encode.layout import laid_out
from pysnn.errors import DataError
from pysnn.nodes import Input

__all__ = ["Batches", "checked_data", "checked_labels", "input_values"]


@dataclass(frozen=True, eq=False)
class Batches:
    """Checked data: an array ``(samples, ...)``, frames ``(steps, samples, ...)`` or :class:`Events`."""

    data: NDArray[Any] | Events
    frames: bool = False

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return self.data.samples if isinstance(self.data, Events) else int(self.data.shape[1 if self.frames else 0])

    def check_frames(self, steps: int, name: str) -> None:
        """Refuse frames that are not one for each step of a run; ``name`` is the input's."""
        if self.frames and isinstance(self.data, np.ndarray) and len(self.data) != steps:
            raise DataError(f"Input '{name}': expected a frame for each of {steps} steps, got {len(self.data)}")


def checked_data(data: Any, node: Input, name: str, coding: str) -> Batches:
    """Check ``data`` for a coding.

    uint8 images become ``x / 255`` later, batch by batch; every other dtype is taken as it is, in float32. Where the input has
    scaling, every dtype is taken as it is, in float64.

    Warns
    -----
    UserWarning
        Values lie so far from 0, and so close together, that float32 loses what tells them apart.

    Raises
    ------
    DataError
        Wrong shape, dtype or values, or no samples. The message names the input node.
    """
    what = f"Input '{name}'"
    if coding in ("spikes", "events"):
        if node.normalises:
            raise DataError(f"{what}: given spikes cannot be normalised, and the input has {_normalisation(node)}")
        return Batches(_given_spikes(data, node, what, coding))
    frames = coding == "frames"
    array = _frames(data, node, what) if frames else _samples(data, node, what, coding)
    if array.dtype.kind == "f" and not is_finite(array):
        bad = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise DataError(f"{what}: expected finite values, got {array[bad]} at {bad}")
    wide = array.dtype.kind == "f" and array.itemsize > 4 and node.scaling is None
    if wide and max(array.max(), -array.min()) > np.finfo(np.float32).max:
        raise DataError(f"{what}: expected values that float32 holds, got {array.min()} to {array.max()}")
    if coding == "poisson":
        _check_rates(array, node, what)
    if node.scaling is None:
        warn_of_lost_digits(array.reshape(-1, *node.shape), what)
    return Batches(array, frames=frames)


def _check_rates(array: NDArray[Any], node: Input, what: str) -> None:
    if node.normalises:
        raise DataError(f"{what}: Poisson rates cannot be normalised, and the input has {_normalisation(node)}")
    top = 255 if array.dtype == np.uint8 else 1
    if array.min() < 0 or array.max() > top:
        raise DataError(f"{what}: Poisson rates must be in 0..1, got {array.min()} to {array.max()}")


def _normalisation(node: Input) -> str:
    return "scaling" if node.mean is None else "mean and std"


def _frames(data: Any, node: Input, what: str) -> NDArray[Any]:
    """Return frames as an array whose shape is right."""
    if isinstance(data, Events):
        raise DataError(f"{what}: got pysnn.Events and coding 'frames'; events are run with coding=\"events\"")
    array = as_numeric(data, what)
    if array.shape[2:] != node.shape:
        raise DataError(f"{what}: expected (steps, samples, {', '.join(map(str, node.shape))}), got {array.shape}")
    if 0 in array.shape[:2]:
        raise DataError(f"{what}: expected at least one step and one sample, got {array.shape}")
    return array


def _samples(data: Any, node: Input, what: str, coding: str) -> NDArray[Any]:
    """Return data as an array whose shape is right."""
    if isinstance(data, Events):
        raise DataError(f"{what}: got pysnn.Events and coding '{coding}'; events are run with coding=\"events\"")
    given = as_numeric(data, what)
    array = laid_out(given, node.shape)
    if array is None:
        hint = '; spikes (steps, samples, ...) are run with coding="spikes"' if given.shape[2:] == node.shape else ""
        raise DataError(f"{what}: expected (samples, {', '.join(map(str, node.shape))}), got {given.shape}{hint}")
    if array.shape[0] == 0:
        raise DataError(f"{what}: expected at least one sample, got none")
    return array


def checked_labels(labels: Any, samples: int, classes: int, output: str) -> NDArray[np.int64]:
    """Check labels for a number of samples, and for the classes of the node ``output``.

    Raises
    ------
    DataError
        They are not one integer a sample, or there is no such class.

    Warns
    -----
    UserWarning
        Some class below the largest label has no sample, though there are many.

    Examples
    --------
    >>> checked_labels([0, 2], 2, 3, "out").tolist()
    [0, 2]
    """
    array = as_numeric(labels, "labels")
    if array.shape != (samples,) or array.dtype.kind not in "iu":
        raise DataError(f"labels: expected {samples} integers, one a sample, got {array.dtype} {array.shape}")
    if array.min() < 0 or array.max() >= classes:
        bad = array.min() if array.min() < 0 else array.max()
        hint = "; if labels count from 1, subtract 1" if (array.min(), array.max()) == (1, classes) else ""
        raise DataError(f"labels: Output '{output}' has classes 0..{classes - 1}, got {bad}{hint}")
    checked = array.astype(np.int64)
    warn_of_gaps(checked, FOR_RUNS, stacklevel=4)
    return checked


def _given_spikes(data: Any, node: Input, what: str, coding: str) -> Events:
    size = int(np.prod(node.shape))
    if coding == "events":
        if not isinstance(data, Events):
            raise DataError(f"{what}: coding 'events' expects pysnn.Events, got {type(data).__name__}")
        events = data
    else:
        if isinstance(data, Events):
            raise DataError(f"{what}: got pysnn.Events and coding 'spikes'; events are run with coding=\"events\"")
        array = as_numeric(data, what)
        if array.shape[2:] != node.shape:
            raise DataError(f"{what}: expected (steps, samples, {', '.join(map(str, node.shape))}), got {array.shape}")
        events = Events.from_dense(array)
    if events.samples == 0:
        raise DataError(f"{what}: expected at least one sample, got none")
    if events.most_at_once() > MAX_AT_ONCE:
        raise DataError(f"{what}: one input takes at most {MAX_AT_ONCE} events a step, got {events.most_at_once()}")
    if events.index.size and int(events.index.max()) >= size:
        raise DataError(f"{what}: an event has index {int(events.index.max())}, and there are {size} inputs")
    return events


def input_values(node: Input, x: NDArray[Any]) -> NDArray[np.float32]:
    """Return float32 ``(batch, ...)`` in the network's input space: uint8 over 255, then mean and std; or scaling alone.

    Raises
    ------
    DataError
        If a value leaves float32.

    Examples
    --------
    >>> input_values(Input((1,)), np.array([[255]], dtype=np.uint8))
    array([[1.]], dtype=float32)
    """
    values: NDArray[Any] = x
    if node.scaling is None:
        values = x.astype(np.float32)
        if x.dtype == np.uint8:
            values /= np.float32(255)
    if not node.normalises:
        return values
    with np.errstate(over="ignore"):
        normal = np.asarray(node.normalise(values), dtype=np.float32)
    if not np.isfinite(normal).all():
        raise DataError(
            f"Input: a value leaves float32 behind its {_normalisation(node)}: what it is divided by is too small for the data"
        )
    return normal
