"""The training loop: mini-batches in a fixed random order, validation, checkpoints, a row of history an epoch."""

import math
import time
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric
from pysnn.backends.first_spike import FirstSpikeEngine, SpikePass, first_output_spike
from pysnn.encode.labels import FOR_TRAINING, warn_of_gaps
from pysnn.errors import DataError
from pysnn.first_spike.coding import as_values, data_range, encode_times, warn_of_range
from pysnn.first_spike.evaluate import check_labels
from pysnn.first_spike.learn.dead import add_hinge, redraw_silent
from pysnn.first_spike.learn.observe import early_inputs, notes
from pysnn.first_spike.learn.options import TrainingOptions
from pysnn.first_spike.learn.rule import LearningRule
from pysnn.first_spike.learn.state import EpochSums, TrainingState
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.notebook import object_page
from pysnn.plan.first_spike import WeightLayer
from pysnn.training.checkpoint import fingerprint
from pysnn.training.order import epoch_order

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Trained", "Training", "train"]

Array = NDArray[Any]

_SMALL = 0.25
"""Data whose largest value is below this were scaled by too much."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training gives.

    Attributes
    ----------
    network
        The trained network.
    history
        A row an epoch: loss and accuracy on the training part as they were when each batch was seen, accuracy on the validation part
        (NaN without one), share of dead neurons (fired in no sample), spikes a neuron, mean decision time,
        share of samples without an output spike, and of samples whose two first output spikes come at the same time, neurons drawn
        anew, learning rate, seconds.
    epoch
        The epoch whose weights these are, counted from 1.
    notes
        What the training shows, a sentence each with what to try: a loss that climbs, dead neurons, silent outputs, ties, a
        bright background (``docs/first_spike.md``).
    """

    network: FirstSpikeNetwork
    history: "pl.DataFrame"
    epoch: int
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Trained({self.network!r}, {self.history.height} epochs, epoch {self.epoch} kept)"

    def _repr_html_(self) -> str:
        shown = ("epoch", "loss", "accuracy", "validation_accuracy", "dead", "spikes_per_neuron", "silent", "seconds")
        rows = [{name: row[name] for name in shown} for row in self.history.to_dicts()]
        return object_page("Trained", {"network": repr(self.network), "epoch kept": self.epoch}, rows, self.notes)


def train(
    network: FirstSpikeNetwork,
    rule: LearningRule,
    data: tuple[Any, Any],
    options: TrainingOptions | None = None,
) -> Trained:
    """Train a network; the one given stays as it is.

    Parameters
    ----------
    network
        Where to start.
    rule
        A learning rule, for example :class:`~pysnn.first_spike.learn.STDBP`.
    data
        Values in 0..1 and labels; see :func:`~pysnn.first_spike.encode_times`.
    options
        See :class:`~pysnn.first_spike.learn.TrainingOptions`.

    Raises
    ------
    DataError
        Data, labels or options do not fit, or a checkpoint belongs to another training.
    PlanError
        The rule does not train such networks.

    Warns
    -----
    UserWarning
        All values are small, or they do not fit those that the network was trained on before; or a class below the largest
        label has no sample.

    Examples
    --------
    >>> from pysnn.first_spike import Dense, FirstSpikeNetwork
    >>> from pysnn.first_spike.learn import STDBP
    >>> network = FirstSpikeNetwork.draw((2,), [Dense(units=8), Dense(units=2)], seed=1)
    >>> x, y = np.float32([[1, 0.2], [0.2, 1]] * 20), np.array([0, 1] * 20)
    >>> trained = train(network, STDBP(), (x, y), TrainingOptions(epochs=20, batch_size=10, rate=0.03))
    >>> trained.history["accuracy"][-1]
    1.0
    """
    options = options or TrainingOptions()
    rule.check(network.plan)
    times = encode_times(network, data[0])
    labels = check_labels(data[1], len(times), network.plan.out_size)
    if not len(times):
        raise DataError("x: expected at least one sample, got none")
    if len(times) <= options.validation:
        raise DataError(f"x: expected more samples than the {options.validation} for validation, got {len(times)}")
    _warn_of_scale(network, data[0])
    warn_of_gaps(labels, FOR_TRAINING)
    values = None if options.augment is None else as_values(data[0])
    trained = Training(network, rule, times, labels, options, values).run()
    return replace(trained, network=replace(trained.network, data_range=data_range(network, data[0])))


def _warn_of_scale(network: FirstSpikeNetwork, x: Any) -> None:
    """Warn of data that do not fit earlier ones, or, where there were none, of values that use little of 0..1."""
    if network.data_range is not None:
        warn_of_range(network, x, stacklevel=4)
        return
    array = as_numeric(x, "x")
    largest = float(as_values(array.max()))
    if 0 < largest < _SMALL:
        first = ", after bytes were divided by 255" if array.dtype == np.uint8 else ""
        warnings.warn(
            f"x: values of 0 to 1 are expected, and the largest is {largest:.3g}{first}: all spikes come late; divide the "
            "data by their own largest value",
            UserWarning,
            stacklevel=3,
        )


class Training:
    """A training that is going on; :func:`train` is what most callers want."""

    def __init__(
        self,
        network: FirstSpikeNetwork,
        rule: LearningRule,
        times: Array,
        labels: Array,
        options: TrainingOptions,
        values: Array | None = None,
    ) -> None:
        self.network, self.rule, self.options, self.values = network, rule, options, values
        self.plan = network.plan
        self.engine: FirstSpikeEngine = rule.make_engine(self.plan, options.backend)
        self.gradient_rule = rule.gradient_rule(self.plan)
        cut = len(times) - options.validation
        self.times, self.labels = times[:cut], labels[:cut]
        self.held_times, self.held_labels = times[cut:], labels[cut:]
        self.weighted = [n for n, layer in enumerate(self.plan.layers) if isinstance(layer, WeightLayer)]
        self.state = TrainingState(
            [weight.copy() for weight in network.weights], options.make_optimiser(), self._none_fired()
        )
        self.batches = math.ceil(cut / options.batch_size)
        self.mark = ""
        if options.checkpoint is not None:
            parts = (self.plan, rule, options.identity(), *network.weights, times, labels)
            self.mark = fingerprint(*parts)
            if options.checkpoint.exists():
                self.state.load(options.checkpoint, self.mark)

    def run(self) -> Trained:
        """Train to the end, from where the state stands."""
        state, options = self.state, self.options
        while state.epoch < options.epochs:
            order = epoch_order(options.seed, state.epoch, len(self.times))
            while state.batch < self.batches:
                start = time.perf_counter()
                self.step(order[state.batch * options.batch_size : (state.batch + 1) * options.batch_size])
                state.batch += 1
                state.sums.seconds += time.perf_counter() - start
                if options.progress is not None:
                    options.progress(state.epoch * self.batches + state.batch, options.epochs * self.batches)
                if options.checkpoint_batches and state.batch % options.checkpoint_batches == 0:
                    self._save()
            self._end_epoch()
            self._save()
            if options.report is not None:
                options.report(state.rows[-1])
        return self._trained()

    def step(self, samples: Array) -> None:
        """Take one step on samples of the training part, given by their numbers."""
        state, threads = self.state, self.options.threads
        times, labels = self._inputs(samples), self.labels[samples]
        passed = self.engine.forward(state.weights, times, threads=threads)
        last = len(self.plan.layers) - 1
        out = passed.times(last)
        loss, gradient = self.rule.output_gradient(self.plan, out, labels)
        gradient /= np.float32(len(samples))
        back = self.engine.backward(state.weights, passed, gradient, rule=self.gradient_rule, threads=threads)
        gradients = self.rule.adjusted(self.plan, state.weights, back.weights)
        if self.options.hinge:
            add_hinge(self.plan, state.weights, gradients, self.options.hinge, self.options.hinge_sum)
        state.optimiser.step(state.weights, gradients, self.options.schedule(self._progress()))
        self._bound()
        self._count(passed, loss, labels)

    def _inputs(self, samples: Array) -> Array:
        """Return the input times of samples, of images distorted for this epoch if that is asked for."""
        augment = self.options.augment
        if augment is None or self.values is None:
            return np.asarray(self.times[samples])
        images = augment(self.values[samples], seed=self.options.seed, epoch=self.state.epoch, samples=samples)
        return encode_times(self.network, images)

    def _bound(self) -> None:
        low, high = self.rule.bounds()
        if not (math.isinf(low) and math.isinf(high)):
            for layer, weight in zip(self.weighted, self.state.weights, strict=True):
                threshold = self.plan.layers[layer].threshold  # type: ignore[union-attr]
                np.clip(weight, low * threshold, high * threshold, out=weight)

    def _progress(self) -> float:
        return (self.state.epoch + self.state.batch / self.batches) / self.options.epochs

    def _count(self, passed: SpikePass, loss: Array, labels: Array) -> None:
        last = len(self.plan.layers) - 1
        times = passed.times(last)
        self.state.sums.add(first_output_spike(self.plan, times, passed.marks(last)), times, loss, labels)
        for n, layer in enumerate(self.weighted):
            counts = passed.spikes(layer)
            self.state.fired[n] += counts
            self.state.sums.spikes += int(counts.sum())

    def _end_epoch(self) -> None:
        state, options, sums = self.state, self.options, self.state.sums
        accuracy = self._validate()
        dead = np.concatenate(state.fired) == 0
        if self._is_best(accuracy):
            state.best = [weight.copy() for weight in state.weights]
            state.best_accuracy, state.best_epoch = accuracy, state.epoch + 1
        redrawn = 0
        if options.redraw and state.epoch + 1 < options.epochs:
            rng = np.random.default_rng([options.seed, 2, state.epoch])
            redrawn = redraw_silent(self.network, state, rng)
        state.rows.append(
            {
                "epoch": state.epoch + 1,
                **sums.means(self.network.neurons),
                "validation_accuracy": accuracy if accuracy >= 0 else math.nan,
                "dead": float(dead.mean()),
                "redrawn": redrawn,
                "learning_rate": options.rate * options.schedule(self._progress()),
            }
        )
        state.epoch, state.batch, state.sums, state.fired = state.epoch + 1, 0, EpochSums(), self._none_fired()

    def _is_best(self, accuracy: float) -> bool:
        """Return whether this epoch's weights are to be kept in place of an earlier one's."""
        keep, best = self.options.keep, self.state.best_accuracy
        if keep == "last" or not self.options.validation:
            return True
        return accuracy > best or (keep == "last_best" and accuracy == best)

    def _validate(self) -> float:
        """Return the accuracy on the validation part, -1 without one."""
        if not len(self.held_labels):
            return -1.0
        decided = self.engine.decide(self.state.weights, self.held_times, threads=self.options.threads)
        return float((decided.winner == self.held_labels).mean())

    def _none_fired(self) -> list[Array]:
        shapes = [self.plan.layers[layer].out_shape for layer in self.weighted]
        return [np.zeros(math.prod(shape), dtype=np.int64) for shape in shapes]

    def _save(self) -> None:
        if self.options.checkpoint is not None:
            self.state.save(self.options.checkpoint, self.mark)

    def _trained(self) -> Trained:
        from pysnn.tables import make_table

        weights = self.state.best or self.state.weights
        history = make_table("training", self.state.rows)
        most_frequent = float(np.bincount(self.labels).max() / len(self.labels))
        seen = (early_inputs(self.network, self.times), *notes(self.state.rows, most_frequent))
        told = tuple(text for text in seen if text)
        return Trained(self.network.with_weights(weights), history, self.state.best_epoch, told)
