"""STDBP as a scikit-learn classifier; scikit-learn itself is not needed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from pysnn.backends import get_backend
from pysnn.errors import DataError
from pysnn.first_spike.coding import encode_times
from pysnn.first_spike.evaluate import decide
from pysnn.first_spike.layers import Dense, Layer
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.learn.losses import time_shares
from pysnn.learn.options import TrainingOptions
from pysnn.learn.sklearn_protocol import ClassifierProtocol, make_seed
from pysnn.learn.stdbp import STDBP
from pysnn.learn.training import train

if TYPE_CHECKING:
    import polars as pl

__all__ = ["STDBPClassifier"]

Array = NDArray[Any]


class STDBPClassifier(ClassifierProtocol):
    """A network of first-spike neurons, trained with STDBP (:class:`~pysnn.learn.STDBP`).

    A sample without any output spike is given the first class by :meth:`predict`; :meth:`score` counts it as wrong.

    Parameters
    ----------
    hidden_layer_sizes
        Neurons of the hidden layers.
    layers
        Hidden layers of another kind (:mod:`pysnn.first_spike`), instead; with ``input_shape``.
    input_shape
        ``(C, H, W)`` of a sample, for convolutions; ``None``: a vector.
    scale
        "minmax": each feature from its smallest to its largest training value onto 0..1, clipped beyond; ``None``: values are in 0..1.
    bias
        One more input, which spikes at 0 always (vectors only).
    tau, min_slope
        Of the rule.
    epochs, batch_size, learning_rate
        Of the training; ``batch_size`` "auto" is a twentieth of the samples, from 8 to 128. Adam, cosine schedule.
    validation_fraction
        Share of the samples, drawn with the seed, that chooses the best epoch; 0: the last one.
    random_state
        A whole number gives the same network each time.
    backend, n_jobs
        Change the speed only; ``n_jobs`` threads (``None``: 1).

    Attributes
    ----------
    classes_, n_features_in_
        Labels, and the number of features.
    network_
        The trained network, without the scaling.
    history_
        A row an epoch.

    Examples
    --------
    >>> from pysnn.datasets import load_digits
    >>> digits = load_digits()
    >>> model = STDBPClassifier(epochs=20, random_state=0).fit(digits.x_train, digits.y_train)
    >>> model.score(digits.x_test, digits.y_test) > 0.9
    True
    """

    def __init__(  # noqa: PLR0913 - the parameters of an estimator are those of its constructor
        self,
        hidden_layer_sizes: Sequence[int] = (100,),
        *,
        layers: Sequence[Layer] | None = None,
        input_shape: tuple[int, ...] | None = None,
        scale: Literal["minmax"] | None = "minmax",
        bias: bool = True,
        tau: float = 0.1,
        min_slope: float = 0.5,
        epochs: int = 50,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: float = 5e-3,
        validation_fraction: float = 0.0,
        random_state: Any = None,
        backend: str = "auto",
        n_jobs: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.layers = layers
        self.input_shape = input_shape
        self.scale = scale
        self.bias = bias
        self.tau = tau
        self.min_slope = min_slope
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.backend = backend
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any) -> Self:
        """Train on ``(samples, features)`` and labels.

        Raises
        ------
        DataError
            Data or parameters do not fit.
        """
        array = self._check_x(X, first=True)
        labels = self._check_y(y, len(array))
        if self.scale not in ("minmax", None):
            raise DataError(f"scale: expected minmax or None, got {self.scale!r}")
        self.smallest_ = array.min(axis=0)
        self.range_ = array.max(axis=0) - self.smallest_
        seed = make_seed(self.random_state)
        order = np.random.default_rng([seed, 3]).permutation(len(array))
        trained = train(
            self._network(seed),
            STDBP(self.tau, self.min_slope),
            (self._values(array)[order], labels[order]),
            self._options(len(array), seed),
        )
        self.network_: FirstSpikeNetwork = trained.network
        self.history_: pl.DataFrame = trained.history
        return self

    def predict(self, X: Any) -> Array:
        """Give the class whose neuron spikes first."""
        winners = self._winners(X)
        return np.asarray(self.classes_[winners.clip(min=0)])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Give ``softmax(-t / tau)`` over the output neurons, as in the loss."""
        return time_shares(self._times(X), self.tau)

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Give the logarithm of :meth:`predict_proba`; with two classes the difference, second minus first."""
        with np.errstate(divide="ignore"):
            scores = np.log(self.predict_proba(X))
        if len(self.classes_) == 2:
            scores = scores.clip(min=np.finfo(np.float64).min / 4)
            return np.asarray(scores[:, 1] - scores[:, 0])
        return np.asarray(scores)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Give the share of right predictions; no output spike is wrong."""
        winners = self._winners(X)
        right = (winners >= 0) & (self.classes_[winners.clip(min=0)] == np.asarray(y).ravel())
        return float(np.average(right, weights=sample_weight))

    def _winners(self, X: Any) -> NDArray[np.int64]:
        self._check_fitted()
        values = self._values(self._check_x(X))
        return decide(self.network_, values, backend=self.backend, threads=self.n_jobs or 1).winner

    def _times(self, X: Any) -> NDArray[np.float32]:
        self._check_fitted()
        network = self.network_
        times = encode_times(network, self._values(self._check_x(X)))
        engine = get_backend(self.backend).first_spike(network.plan)
        passed = engine.forward(network.weights, times, threads=self.n_jobs or 1)
        found: NDArray[np.float32] = passed.times(len(network.plan.layers) - 1)
        return found

    def _network(self, seed: int) -> FirstSpikeNetwork:
        hidden = self.layers if self.layers is not None else [Dense(units=int(n)) for n in self.hidden_layer_sizes]
        shape = self.input_shape or (self.n_features_in_ + self.bias,)
        return FirstSpikeNetwork.draw(shape, [*hidden, Dense(units=len(self.classes_))], seed=seed)

    def _options(self, samples: int, seed: int) -> TrainingOptions:
        return TrainingOptions(
            epochs=self.epochs,
            batch_size=max(8, min(128, samples // 20)) if self.batch_size == "auto" else self.batch_size,
            rate=self.learning_rate,
            validation=int(samples * self.validation_fraction),
            seed=seed,
            backend=self.backend,
            threads=self.n_jobs or 1,
        )

    def _values(self, array: Array) -> NDArray[np.float32]:
        """Give values in 0..1, with the bias behind them."""
        if self.scale == "minmax":
            array = (array - self.smallest_) / np.where(self.range_ > 0, self.range_, 1)
            array = array.clip(0, 1)
        if self.bias and self.input_shape is None:
            array = np.concatenate([array, np.ones((len(array), 1))], axis=1)
        return array.astype(np.float32)
