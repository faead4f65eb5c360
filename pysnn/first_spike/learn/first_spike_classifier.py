"""What the scikit-learn classifiers made of first-spike networks share; scikit-learn itself is not needed."""

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from pysnn.backends import get_backend
from pysnn.encode.data_range import DataRange
from pysnn.encode.scale import range_problem
from pysnn.errors import DataError
from pysnn.first_spike.coding import encode_times
from pysnn.first_spike.evaluate import decide
from pysnn.first_spike.layers import Dense, Layer
from pysnn.first_spike.learn.losses import log_time_shares
from pysnn.first_spike.learn.options import TrainingOptions
from pysnn.first_spike.learn.rule import LearningRule
from pysnn.first_spike.learn.sklearn_protocol import ClassifierProtocol, make_seed
from pysnn.first_spike.learn.training import train
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.foreign import as_numpy
from pysnn.plan.first_spike import FirstSpikePlan

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FirstSpikeClassifier"]

Array = NDArray[Any]


class FirstSpikeClassifier(ClassifierProtocol):
    """A network of first-spike neurons behind scikit-learn's protocol; a derived class says the rule and the neurons.

    Its constructor takes at least the parameters that are declared here.
    """

    hidden_layer_sizes: int | Sequence[int]
    layers: Sequence[Layer] | None
    input_shape: tuple[int, ...] | None
    scale: Literal["minmax"] | None
    bias: bool
    complement: bool
    epochs: int
    batch_size: int | Literal["auto"]
    learning_rate: float
    validation_fraction: float
    random_state: Any
    backend: str
    n_jobs: int | None

    @abstractmethod
    def _rule(self) -> LearningRule:
        """Give the learning rule."""

    @abstractmethod
    def _neuron(self) -> dict[str, Any]:
        """Give the attributes of the network that say its neurons."""

    @abstractmethod
    def _temperature(self) -> float:
        """Give the temperature of :meth:`predict_proba`, in units of the spike times."""

    def _first_weights(self) -> dict[str, float]:
        """Give the attributes of dense layers that say their first weights: the layers' own."""
        return {}

    def fit(self, X: Any, y: Any) -> Self:
        """Train on ``(samples, features)`` and labels.

        Raises
        ------
        DataError
            Data or parameters do not fit.
        """
        array = self._check_x(X, first=True)
        self.data_range_ = DataRange.of(array)
        labels = self._check_y(y, len(array))
        if self.scale not in ("minmax", None):
            raise DataError(f"scale: expected minmax or None, got {self.scale!r}")
        self.smallest_ = array.min(axis=0)
        self.range_ = array.max(axis=0) - self.smallest_
        seed = make_seed(self.random_state)
        order = np.random.default_rng([seed, 3]).permutation(len(array))
        data = (self._values(array)[order], labels[order])
        trained = train(self._network(seed), self._rule(), data, self._options(len(array), seed))
        self.network_: FirstSpikeNetwork = trained.network
        self.history_: pl.DataFrame = trained.history
        return self

    def predict(self, X: Any) -> Array:
        """Give the class whose neuron spikes first."""
        winners = self._winners(X)
        return np.asarray(self.classes_[winners.clip(min=0)])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Give ``softmax(-t / temperature)`` over the output neurons.

        A silent neuron stands one unit of time behind all others, and behind the input window. In whole steps ties are frequent: there
        the larger potential counts as up to half a step earlier.
        """
        return np.exp(self._scores(X))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Give the logarithm of :meth:`predict_proba`; with two classes the difference, second minus first."""
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Give the share of right predictions; no output spike is wrong."""
        winners = self._winners(X)
        right = (winners >= 0) & (
            self.classes_[winners.clip(min=0)] == np.asarray(as_numpy(y, "y", numeric=False)).ravel()
        )
        return float(np.average(right, weights=sample_weight))

    def _winners(self, X: Any) -> NDArray[np.int64]:
        values = self._fitting(X)
        threads = self.n_jobs or 1
        return decide(self.network_, values, backend=self.backend, threads=threads, check_range=False).winner

    def _fitting(self, X: Any) -> NDArray[np.float32]:
        """Return the values of new data, and warn if those do not fit the training data."""
        self._check_fitted()
        array = self._check_x(X)
        problem = range_problem(self.data_range_, array)
        if problem:
            warnings.warn(f"X: {problem}", UserWarning, stacklevel=4)
        return self._values(array)

    def _scores(self, X: Any) -> NDArray[np.float64]:
        """Give the logarithms of the probabilities, finite, in the order of the decision."""
        values = self._fitting(X)
        network = self.network_
        times = encode_times(network, values)
        engine = get_backend(self.backend).first_spike(network.plan)
        passed = engine.forward(network.weights, times, threads=self.n_jobs or 1)
        last = len(network.plan.layers) - 1
        ranked = _in_rank(passed.times(last).astype(np.float64), passed.marks(last), network.plan)
        return log_time_shares(ranked, self._temperature())

    def _network(self, seed: int) -> FirstSpikeNetwork:
        hidden = (
            self.layers
            if self.layers is not None
            else [Dense(units=int(n), **self._first_weights()) for n in np.atleast_1d(self.hidden_layer_sizes)]
        )
        shape = self.input_shape or (self.n_features_in_ * (1 + self.complement) + self.bias,)
        layers = [*hidden, Dense(units=len(self.classes_), **self._first_weights())]
        return FirstSpikeNetwork.draw(shape, layers, seed=seed, **self._neuron())

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
        """Give values in 0..1, of vectors with their complement and the bias behind them."""
        if self.scale == "minmax":
            array = (array - self.smallest_) / np.where(self.range_ > 0, self.range_, 1)
            array = array.clip(0, 1)
        parts = [array]
        if self.input_shape is None:
            parts += [1 - array] if self.complement else []
            parts += [np.ones((len(array), 1))] if self.bias else []
        return np.concatenate(parts, axis=1).astype(np.float32)


def _in_rank(times: Array, marks: Array, plan: FirstSpikePlan) -> NDArray[np.float64]:
    """Give finite output times in the order of the decision; silent ones stand one unit of time behind all others and the window."""
    fired = np.isfinite(times)
    latest = np.where(fired, times, 1).max(axis=1, keepdims=True)
    if plan.windowed:
        # Who stood above the threshold when the window opened would have fired before.
        excess = marks - getattr(plan.layers[-1], "threshold", 0.0)
        times = np.where(fired & (excess >= 0), times - excess, times)
    if plan.neuron == "step":
        most = marks.max(axis=1, keepdims=True).astype(np.float64)
        times = times - 0.5 * marks / np.where(most > 0, most, 1)
    return np.where(fired, times, np.maximum(latest, 1) + 1)
