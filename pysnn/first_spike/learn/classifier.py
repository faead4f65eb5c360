"""Classifiers that follow scikit-learn's protocol, one for each learning rule."""

from collections.abc import Sequence
from typing import Any, Literal

from pysnn.first_spike.defaults import GROWTH, SSTDP_DEFAULTS, STDBP_DEFAULTS, STEPS, Defaults
from pysnn.first_spike.layers import Layer
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
    complement, invert
        Every value ``x`` has a second input ``1 - x``, so that low values are early somewhere too; or ``1 - x`` stands in its place. ``None``:
        what the median of the scaled training data asks for (:func:`~pysnn.first_spike.learn.chosen.choose_coding`).
    neuron
        "ramp"; or "falling": every layer has a window of time and a falling threshold (:class:`~pysnn.first_spike.FirstSpikeNetwork`).
    tau, min_slope
        Of the rule.
    epochs, batch_size, learning_rate, weight_decay
        Of the training; ``batch_size`` "auto" is a hundredth of the samples, from 16 to 128, ``learning_rate`` "auto" follows from the number of
        inputs that spike. Adam, cosine schedule.
    validation_fraction
        Share of the samples, of every class and drawn with the seed, that trains nothing and chooses the best epoch; 0: the last one.
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
    coding_
        How values become spikes: "bright", "dark" or "both" (:class:`~pysnn.first_spike.FirstSpikeNetwork`).
    history_, epoch_, notes_
        A row an epoch; the epoch whose weights these are, from 1; and what the history shows, in sentences.

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
        bias: bool = False,
        complement: bool | None = None,
        invert: bool | None = None,
        neuron: Literal["ramp", "falling"] = "ramp",
        tau: float = STDBP.tau,
        min_slope: float = STDBP.min_slope,
        epochs: int = STDBP_DEFAULTS.epochs,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: float | Literal["auto"] = "auto",
        weight_decay: float = STDBP_DEFAULTS.weight_decay,
        validation_fraction: float = STDBP_DEFAULTS.validation,
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
        self.invert = invert
        self.neuron = neuron
        self.tau = tau
        self.min_slope = min_slope
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.backend = backend
        self.n_jobs = n_jobs

    def _rule(self) -> LearningRule:
        return STDBP(self.tau, self.min_slope)

    def _neuron(self) -> dict[str, Any]:
        return {"neuron": self.neuron}

    def _defaults(self) -> Defaults:
        return STDBP_DEFAULTS

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
    complement, invert
        Every value ``x`` has a second input ``1 - x``, so that low values are early somewhere too; or ``1 - x`` stands in its place. ``None``:
        what the median of the scaled training data asks for (:func:`~pysnn.first_spike.learn.chosen.choose_coding`).
    steps
        Time-steps of the network.
    targets, gap, causal, anti_causal, tau, growth
        Of the rule.
    epochs, batch_size, learning_rate, weight_decay
        Of the training; ``batch_size`` "auto" is a hundredth of the samples, from 16 to 128, ``learning_rate`` "auto" follows from the number of
        inputs that spike. Adam, cosine schedule.
    validation_fraction
        Share of the samples, of every class and drawn with the seed, that trains nothing and chooses the best epoch; 0: the last one.
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
    coding_
        How values become spikes: "bright", "dark" or "both" (:class:`~pysnn.first_spike.FirstSpikeNetwork`).
    history_, epoch_, notes_
        A row an epoch; the epoch whose weights these are, from 1; and what the history shows, in sentences.

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
        complement: bool | None = None,
        invert: bool | None = None,
        steps: int = STEPS,
        targets: Targets = SSTDP.targets,
        gap: float = SSTDP.gap,
        causal: float = SSTDP.causal,
        anti_causal: float = SSTDP.anti_causal,
        tau: float = SSTDP.tau,
        growth: float = GROWTH,
        epochs: int = SSTDP_DEFAULTS.epochs,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: float | Literal["auto"] = "auto",
        weight_decay: float = SSTDP_DEFAULTS.weight_decay,
        validation_fraction: float = SSTDP_DEFAULTS.validation,
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
        self.invert = invert
        self.steps = steps
        self.targets = targets
        self.gap = gap
        self.causal = causal
        self.anti_causal = anti_causal
        self.tau = tau
        self.growth = growth
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.backend = backend
        self.n_jobs = n_jobs

    def _rule(self) -> LearningRule:
        return SSTDP(self.targets, self.gap, self.causal, self.anti_causal, self.tau, growth=self.growth)

    def _neuron(self) -> dict[str, Any]:
        return {"neuron": "step", "steps": self.steps}

    def _defaults(self) -> Defaults:
        return SSTDP_DEFAULTS

    def _temperature(self) -> float:
        return 1.0
