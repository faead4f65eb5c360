"""Arrays of other libraries as NumPy arrays, by what they can do: none of these libraries is imported."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError

__all__ = ["as_numpy"]


def as_numpy(value: Any, what: str, *, numeric: bool = True) -> Any:
    """Return the values of a tensor, a frame or a series as a NumPy array, and anything else as it is.

    Tensors (PyTorch) are detached and brought to the CPU; frames and series are those of pandas and Polars.

    Parameters
    ----------
    numeric
        Whether columns and series must hold numbers.

    Raises
    ------
    DataError
        A column or a series does not hold numbers, or a tensor has no NumPy counterpart (bfloat16, sparse).

    Examples
    --------
    >>> import polars as pl
    >>> as_numpy(pl.DataFrame({"a": [1, 2], "b": [0.5, 1.5]}), "x").tolist()
    [[1.0, 0.5], [2.0, 1.5]]
    """
    if isinstance(value, np.ndarray | np.generic | list | tuple | int | float):
        return value
    if _can(value, "detach", "cpu", "numpy"):
        return _of_tensor(value, what)
    if not _can(value, "to_numpy"):
        return value
    if hasattr(value, "columns"):
        return _of_frame(value, what, numeric=numeric)
    if hasattr(value, "dtype") and hasattr(value, "name"):
        return _of_series(value, f"{what}: series {value.name!r}", numeric=numeric)
    return value


def _can(value: Any, *methods: str) -> bool:
    return not isinstance(value, type) and all(callable(getattr(value, name, None)) for name in methods)


def _of_tensor(value: Any, what: str) -> NDArray[Any]:
    try:
        return np.asarray(value.detach().cpu().numpy())
    except Exception as error:  # whatever the other library raises, the tensor is at fault
        kind = getattr(value, "dtype", type(value).__name__)
        raise DataError(
            f"{what}: expected a tensor that has a NumPy array, got one of {kind} ({error}); try .float() or .to_dense() first"
        ) from error


def _of_frame(frame: Any, what: str, *, numeric: bool) -> NDArray[Any]:
    """Return ``(rows, columns)`` of one dtype that holds every column's."""
    names = list(frame.columns)
    if not names:
        raise DataError(f"{what}: expected a frame with columns, got none")
    series = [frame.iloc[:, i] if hasattr(frame, "iloc") else frame.to_series(i) for i in range(len(names))]
    columns = [
        _of_series(column, f"{what}: column {name!r}", numeric=numeric)
        for name, column in zip(names, series, strict=True)
    ]
    return np.stack(columns, axis=1)


def _of_series(series: Any, what: str, *, numeric: bool) -> NDArray[Any]:
    array = np.asarray(series.to_numpy())
    if numeric and array.dtype.kind == "O":
        # Whole numbers with missing ones among them, in some versions of pandas.
        array = _numbers(array)
    if numeric and array.dtype.kind not in "fiub":
        raise DataError(f"{what}: expected numbers, got {series.dtype}; leave it out, or make numbers of it first")
    return array


def _numbers(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array of Python's own numbers as one of floats, and any other as it is."""
    if all(isinstance(value, int | float | np.number) for value in array.ravel()):
        return array.astype(np.float64)
    return array
