"""What the scikit-learn classifiers made of first-spike networks share; scikit-learn itself is not needed."""

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from pysnn.backends import get_backend
from pysnn.data_range import DataRange
from pysnn.encode.scale import range_problem
from pysnn.errors import DataError
from pysnn.first_spike.coding import encode_times
from pysnn.first_spike.defaults import Defaults, default_batch_size
from pysnn.first_spike.evaluate import decide
from pysnn.first_spike.layers import Dense, Layer
from pysnn.first_spike.learn.chosen import choose_coding, choose_rate
from pysnn.first_spike.learn.losses import log_time_shares
from pysnn.first_spike.learn.options import TrainingOptions
from pysnn.first_spike.learn.rule import LearningRule
from pysnn.first_spike.learn.sklearn_protocol import ClassifierProtocol, make_seed
from pysnn.first_spike.learn.training import train
from pysnn.first_spike.network import Coding, FirstSpikeNetwork
from pysnn.foreign import as_numpy
from pysnn.plan.first_spike import FirstSpikePlan
from pysnn.training.order import held_out, stratified_order

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
    complement: bool | None
    invert: bool | None
    epochs: int
    batch_size: int | Literal["auto"]
    learning_rate: float | Literal["auto"]
    weight_decay: float
    validation_fraction: float
    random_state: Any
    backend: str
    n_jobs: int | None

    @abstractmethod
    def _rule(self) -> LearningRule:
        """Return the learning rule."""

    @abstractmethod
    def _neuron(self) -> dict[str, Any]:
        """Return the attributes of the network that say its neurons."""

    @abstractmethod
    def _temperature(self) -> float:
        """Return the temperature of :meth:`predict_proba`, in units of the spike times."""

    @abstractmethod
    def _defaults(self) -> Defaults:
        """Return the defaults of the rule."""

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
        if not 0 <= self.validation_fraction < 1:
            raise DataError(f"validation_fraction: expected a share from 0 below 1, got {self.validation_fraction!r}")
        self.smallest_ = array.min(axis=0)
        self.range_ = array.max(axis=0) - self.smallest_
        seed = make_seed(self.random_state)
        self.coding_: Coding = choose_coding(self._scaled(array), self.complement, self.invert)
        network, values = self._network(seed), self._values(array)
        order = stratified_order(labels, seed)
        options = self._options(network, values, seed)
        trained = train(network, self._rule(), (values[order], labels[order]), options)
        self.network_: FirstSpikeNetwork = trained.network
        self.history_: pl.DataFrame = trained.history
        self.epoch_ = trained.epoch
        self.notes_ = trained.notes
        return self

    def predict(self, X: Any) -> Array:
        """Return the class whose neuron spikes first."""
        winners = self._winners(X)
        return np.asarray(self.classes_[winners.clip(min=0)])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return ``softmax(-t / temperature)`` over the output neurons.

        A silent neuron stands one unit of time behind all others, and behind the input window. In whole steps ties are frequent: there
        the larger potential counts as up to half a step earlier.
        """
        return np.exp(self._scores(X))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the logarithm of :meth:`predict_proba`; with two classes the difference, second minus first."""
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of right predictions; no output spike is wrong."""
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
        """Return the logarithms of the probabilities, finite, in the order of the decision."""
        values = self._fitting(X)
        network = self.network_
        times = encode_times(network, values)
        engine = get_backend(self.backend).first_spike(network.plan)
        passed = engine.forward(network.weights, times, threads=self.n_jobs or 1)
        last = len(network.plan.layers) - 1
        ranked = _in_rank(passed.times(last).astype(np.float64), passed.marks(last), network.plan)
        return log_time_shares(ranked, self._temperature())

    def _network(self, seed: int) -> FirstSpikeNetwork:
        fields, defaults = self._neuron(), self._defaults()
        first = defaults.first_weights(str(fields["neuron"]))
        hidden = (
            self.layers
            if self.layers is not None
            else [Dense(units=units, **first) for units in _sizes(self.hidden_layer_sizes)]
        )
        shape = self.input_shape or (self.n_features_in_ + self.bias,)
        layers = [*hidden, Dense(units=len(self.classes_), **first)]
        return FirstSpikeNetwork.draw(shape, layers, seed=seed, coding=self.coding_, **fields)

    def _options(self, network: FirstSpikeNetwork, values: Array, seed: int) -> TrainingOptions:
        samples = len(values)
        rate, batch = self.learning_rate, self.batch_size
        return TrainingOptions(
            epochs=self.epochs,
            batch_size=default_batch_size(samples) if batch == "auto" else batch,
            rate=choose_rate(network, values, self._defaults()) if rate == "auto" else rate,
            weight_decay=self.weight_decay,
            validation=held_out(samples, self.validation_fraction),
            keep="last_best",
            seed=seed,
            backend=self.backend,
            threads=self.n_jobs or 1,
        )

    def _scaled(self, array: Array) -> Array:
        """Return values in 0..1."""
        if self.scale is None:
            return array
        return np.asarray(((array - self.smallest_) / np.where(self.range_ > 0, self.range_, 1)).clip(0, 1))

    def _values(self, array: Array) -> NDArray[np.float32]:
        """Return what the network takes: values in 0..1, and behind vectors, if there is a bias, one that spikes at once."""
        parts = [self._scaled(array)]
        if self.input_shape is None and self.bias:
            parts += [np.full((len(array), 1), float(self.coding_ != "dark"))]
        return np.concatenate(parts, axis=1).astype(np.float32)


def _sizes(given: Any) -> list[int]:
    """Return the numbers of neurons of the hidden layers, of which one or several are given."""
    if isinstance(given, np.ndarray):
        given = given.tolist()
    sizes = list(given) if isinstance(given, list | tuple) else [given]
    if not all(isinstance(size, int | np.integer) and not isinstance(size, bool) for size in sizes):
        raise DataError(f"hidden_layer_sizes: expected a number of neurons, or one for each layer, got {given!r}")
    return [int(size) for size in sizes]


def _in_rank(times: Array, marks: Array, plan: FirstSpikePlan) -> NDArray[np.float64]:
    """Return finite output times in the order of the decision; silent ones stand one unit of time behind all others and the window."""
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
