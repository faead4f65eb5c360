"""What scikit-learn asks of an estimator, without scikit-learn: parameters, checked data, tags."""

import inspect
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, MissingExtraError
from pysnn.foreign import as_numpy

__all__ = ["ClassifierProtocol", "make_seed"]

Array = NDArray[Any]


class ClassifierProtocol:
    """Parameters of ``__init__``, stored unchanged under their names, and the checks of data."""

    _estimator_type: ClassVar[str] = "classifier"
    n_features_in_: int
    classes_: Array

    @classmethod
    def _parameters(cls) -> list[str]:
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name."""
        return {name: getattr(self, name) for name in self._parameters()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name."""
        known = self._parameters()
        for name, value in params.items():
            if name not in known:
                raise DataError(
                    f"Invalid parameter {name!r} for estimator {self!r}; expected one of {', '.join(known)}"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        given = [f"{k}={v!r}" for k, v in self.get_params().items() if repr(v) != repr(defaults[k].default)]
        return f"{type(self).__name__}({', '.join(given)})"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classes_")

    def __sklearn_tags__(self) -> Any:
        try:
            from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags
        except ImportError as error:
            raise MissingExtraError("scikit-learn is not installed: pip install 'pysnn[sklearn]'") from error
        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(),
        )

    def _check_fitted(self) -> None:
        if self.__sklearn_is_fitted__():
            return
        text = f"This {type(self).__name__} instance is not fitted yet: call 'fit' first"
        try:
            from sklearn.exceptions import NotFittedError
        except ImportError as error:
            raise DataError(text) from error
        raise NotFittedError(text)

    def _check_x(self, x: Any, *, first: bool = False) -> Array:
        """Return float64 ``(samples, features)``; with ``first`` the number of features is learned, else compared."""
        if hasattr(x, "toarray"):
            raise TypeError("Sparse data was passed for X, but dense data is required; use X.toarray()")
        array = np.asarray(as_numpy(x, "X"))
        if array.dtype.kind == "c":
            raise DataError("Complex data not supported: X")
        if array.ndim != 2:
            raise DataError(
                f"X: expected 2 dimensions (samples, features), got shape {array.shape}. Reshape your data: "
                "X.reshape(-1, 1) if it has one feature, X.reshape(1, -1) if it is one sample"
            )
        samples, features = array.shape
        for count, what in ((samples, "sample"), (features, "feature")):
            if count < 1:
                raise DataError(f"Found array with 0 {what}(s) (shape={array.shape}) while a minimum of 1 is required.")
        try:
            array = array.astype(np.float64)
        except TypeError as error:
            raise TypeError(f"X: expected numbers, got {error} (argument must be a string or a number)") from error
        if not np.isfinite(array).all():
            raise DataError("X: expected finite values. Input X contains NaN or infinity (inf).")
        if not first and features != self.n_features_in_:
            name = type(self).__name__
            raise DataError(
                f"X has {features} features, but {name} is expecting {self.n_features_in_} features as input"
            )
        if first:
            self.n_features_in_ = features
        return array

    def _check_y(self, y: Any, samples: int) -> NDArray[np.int64]:
        """Learn the classes; give each sample's as an index."""
        if y is None:
            raise DataError("requires y to be passed, but the target y is None")
        labels = np.asarray(as_numpy(y, "y", numeric=False))
        if labels.ndim == 2 and labels.shape[1] == 1:
            _warn_of_column()
            labels = labels[:, 0]
        if labels.ndim != 1 or len(labels) != samples:
            raise DataError(f"y: expected {samples} labels in one dimension, got shape {labels.shape}")
        if labels.dtype.kind == "f":
            if not np.isfinite(labels).all():
                raise DataError("y: expected finite labels. Input y contains NaN or infinity (inf).")
            if (labels != np.floor(labels)).any():
                raise DataError(
                    "Unknown label type: continuous. Maybe you are trying to fit a classifier to real targets"
                )
        self.classes_, index = np.unique(labels, return_inverse=True)
        return index.astype(np.int64)


def make_seed(random_state: Any) -> int:
    """Return a seed for a whole number, a generator (which is drawn from) or ``None`` (another one each time).

    Examples
    --------
    >>> make_seed(3)
    3
    """
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, 2**31 - 1))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(0, 2**31 - 1))
    if not isinstance(random_state, int | np.integer) or random_state < 0:
        raise DataError(
            f"random_state: expected None, a generator or a whole number of 0 or more, got {random_state!r}"
        )
    return int(random_state)


def _warn_of_column() -> None:
    import warnings

    text = "A column-vector y was passed when a 1d array was expected. Change y to shape (n_samples,)"
    try:
        from sklearn.exceptions import DataConversionWarning as Category
    except ImportError:
        warnings.warn(text, UserWarning, stacklevel=4)
    else:
        warnings.warn(text, Category, stacklevel=4)
