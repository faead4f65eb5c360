"""Warn of labels that do not count from 0 without gaps."""

import warnings

import numpy as np
from numpy.typing import NDArray

__all__ = ["FOR_RUNS", "FOR_TRAINING", "warn_of_gaps"]

FOR_RUNS = 20
"""Samples a class, from which a class that is not there is no chance in test data."""

FOR_TRAINING = 3
"""The same in training data, where it costs more."""

_SHOWN = 5


def warn_of_gaps(labels: NDArray[np.int64], per_class: int, *, stacklevel: int = 3) -> None:
    """Warn where classes below the largest label have no sample.

    Parameters
    ----------
    labels
        Whole numbers from 0.
    per_class
        How many samples a class there must be to say anything.
    stacklevel
        As :func:`warnings.warn` takes it.

    Warns
    -----
    UserWarning
        Which classes are not there, and what to do.

    Examples
    --------
    >>> warn_of_gaps(np.array([0, 1, 2] * 20), FOR_RUNS)
    """
    classes = int(labels.max(initial=0)) + 1
    if classes < 2 or len(labels) < per_class * classes:
        return
    missing = np.setdiff1d(np.arange(classes), labels)
    if len(missing) == 0 or len(missing) == classes - 1:
        return
    if missing.tolist() == [0]:
        what = f"labels: classes count from 0, got 1 to {classes - 1} and no 0: if they count from 1, subtract 1"
    else:
        shown = ", ".join(map(str, missing[:_SHOWN])) + (", ..." if len(missing) > _SHOWN else "")
        what = (
            f"labels: no sample of class {shown} among 0 to {classes - 1}: if such classes do not exist, number the others "
            "without gaps (numpy.unique(y, return_inverse=True)[1])"
        )
    warnings.warn(what, UserWarning, stacklevel=stacklevel)
