"""Classifiers that follow scikit-learn's protocol, one for each learning rule."""

from collections.abc import Sequence
from typing import Any, Literal

from pysnn.first_spike.layers import WINDOWED_GAIN, Layer
from pysnn.first_spike.learn.first_spike_classifier import FirstSpikeClassifier
from pysnn.first_spike.learn.rule import LearningRule
from pysnn.first_spike.learn.sstdp import SSTDP
from pysnn.first_spike.learn.stdbp import STDBP
from pysnn.first_spike.learn.targets import Targets

__all__ = ["SSTDPClassifier", "STDBPClassifier"]


class STDBPClassifier(FirstSpikeClassifier):
    """A network of first-spike neurons, trained with STDBP (:class:`~pysnn.first_spike.learn.STDBP`).

    A sample without any output spike is given the first class by :meth:`predict`; :meth:`score` counts it as wrong.

    Parameters
    ----------
    hidden_layer_sizes
        Neurons of the hidden layers; a number for a single one.
    layers
        Hidden layers of another kind (:mod:`pysnn.first_spike`), instead; with ``input_shape``.
    input_shape
        ``(C, H, W)`` of a sample, for convolutions; ``None``: a vector.
    scale
        "minmax": each feature from its smallest to its largest training value onto 0..1, clipped beyond; ``None``: values are in 0..1.
    bias
        One more input, which spikes at 0 always (vectors only).
    complement
        A second input ``1 - x`` for each feature ``x``, so that low values are early somewhere too (vectors only).
    neuron
        "ramp"; or "falling": every layer has a window of time and a falling threshold (:class:`~pysnn.first_spike.FirstSpikeNetwork`).
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
        hidden_layer_sizes: int | Sequence[int] = (100,),
        *,
        layers: Sequence[Layer] | None = None,
        input_shape: tuple[int, ...] | None = None,
        scale: Literal["minmax"] | None = "minmax",
        bias: bool = True,
        complement: bool = False,
        neuron: Literal["ramp", "falling"] = "ramp",
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
        self.complement = complement
        self.neuron = neuron
        self.tau = tau
        self.min_slope = min_slope
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.backend = backend
        self.n_jobs = n_jobs

    def _rule(self) -> LearningRule:
        return STDBP(self.tau, self.min_slope)

    def _neuron(self) -> dict[str, Any]:
        return {"neuron": self.neuron}

    def _first_weights(self) -> dict[str, float]:
        # Neurons that are above their threshold when their window opens learn nothing.
        return {} if self.neuron == "ramp" else {"gain": WINDOWED_GAIN}

    def _temperature(self) -> float:
        return self.tau


class SSTDPClassifier(FirstSpikeClassifier):
    """A network of first-spike neurons, trained with SSTDP in whole time-steps (:class:`~pysnn.first_spike.learn.SSTDP`).

    A sample without any output spike is given the first class by :meth:`predict`; :meth:`score` counts it as wrong.

    Parameters
    ----------
    hidden_layer_sizes
        Neurons of the hidden layers; a number for a single one.
    layers
        Hidden layers of another kind (:mod:`pysnn.first_spike`), instead; with ``input_shape``.
    input_shape
        ``(C, H, W)`` of a sample, for convolutions; ``None``: a vector.
    scale
        "minmax": each feature from its smallest to its largest training value onto 0..1, clipped beyond; ``None``: values are in 0..1.
    bias
        One more input, which spikes at 0 always (vectors only).
    complement
        A second input ``1 - x`` for each feature ``x``, so that low values are early somewhere too (vectors only).
    steps
        Time-steps of the network.
    targets, gap, causal, anti_causal, tau
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
    >>> model = SSTDPClassifier(epochs=20, random_state=0).fit(digits.x_train, digits.y_train)
    >>> model.score(digits.x_test, digits.y_test) > 0.9
    True
    """

    def __init__(  # noqa: PLR0913 - the parameters of an estimator are those of its constructor
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        *,
        layers: Sequence[Layer] | None = None,
        input_shape: tuple[int, ...] | None = None,
        scale: Literal["minmax"] | None = "minmax",
        bias: bool = False,
        complement: bool = True,
        steps: int = 16,
        targets: Targets = "one_sided",
        gap: float = 6.0,
        causal: float = 0.8,
        anti_causal: float = 0.2,
        tau: float = float("inf"),
        epochs: int = 50,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: float = 1e-2,
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
        self.complement = complement
        self.steps = steps
        self.targets = targets
        self.gap = gap
        self.causal = causal
        self.anti_causal = anti_causal
        self.tau = tau
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.backend = backend
        self.n_jobs = n_jobs

    def _rule(self) -> LearningRule:
        return SSTDP(self.targets, self.gap, self.causal, self.anti_causal, self.tau)

    def _neuron(self) -> dict[str, Any]:
        return {"neuron": "step", "steps": self.steps}

    def _temperature(self) -> float:
        return 1.0
