"""Decisions of a first-spike network, counted strictly, with what they cost."""

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pysnn.activity import Activity, CountedLayer
from pysnn.backends import get_backend
from pysnn.backends.first_spike import Decisions, FirstSpikeEngine, first_output_spike
from pysnn.errors import DataError
from pysnn.first_spike.coding import encode_times, warn_of_range
from pysnn.first_spike.counts import BatchCounts, count_batch, dense_macs, layer_macs, nonzero_fan_outs
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.foreign import as_numpy
from pysnn.frozen import FrozenDict
from pysnn.plan.first_spike import WeightLayer

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Evaluation", "decide", "evaluate", "evaluate_times"]

_BATCH = 256


@dataclass(frozen=True)
class Evaluation:
    """What a network decided on labelled samples, and at what cost.

    Attributes
    ----------
    samples
        How many.
    accuracy
        Share of samples whose one winner is the label; no output spike is wrong. NaN without labels.
    silent
        Share of samples without an output spike.
    ties
        Share of samples whose two first output spikes come at the same time.
    decision_time_mean, decision_time_p50, decision_time_p90
        Time of the first output spike (units of the input window, or steps), over the samples that have one.
    spikes_per_neuron
        Spikes of a whole run over neurons and samples; inputs are not counted.
    spikes_per_neuron_decision
        The same up to the decision.
    additions_decision, additions_end
        Weights added, a sample: spikes that arrive (inputs and neurons) times their fan-out, up to the decision and to the end.
    dense_macs
        Multiplications and additions of the ANN of the same shape, a sample.
    dead
        Share of neurons (with weights) that fired in none of the samples.
    activity
        All counts by layer, up to the decision and to the end.
    """

    samples: int
    accuracy: float
    silent: float
    ties: float
    decision_time_mean: float
    decision_time_p50: float
    decision_time_p90: float
    spikes_per_neuron: float
    spikes_per_neuron_decision: float
    additions_decision: float
    additions_end: float
    dense_macs: int
    dead: float
    activity: Activity | None = field(default=None, repr=False, compare=False)

    def row(self) -> dict[str, Any]:
        """Return its numbers by name, as a table has them."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "activity"}

    def table(self) -> "pl.DataFrame":
        """Return a table of one row."""
        from pysnn.tables import make_table

        return make_table("first_spike", [self.row()])


def decide(
    network: FirstSpikeNetwork, x: Any, *, backend: str = "auto", threads: int = 1, check_range: bool = True
) -> Decisions:
    """Return the first output spike of each sample: its neuron (-1: none) and its time; nothing later is computed.

    Parameters
    ----------
    network
        What decides.
    x
        Values in 0..1; see :func:`~pysnn.first_spike.encode_times`.
    backend, threads
        Change the speed only.
    check_range
        Warn where the data do not fit those that the network was trained on.

    Examples
    --------
    >>> from pysnn.first_spike import Dense
    >>> network = FirstSpikeNetwork((2,), (Dense(units=2),), ([[2.0, 1.0], [0.0, 4.0]],))
    >>> decide(network, [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]).winner.tolist()
    [0, 1, -1]
    """
    times = encode_times(network, x)
    if check_range:
        warn_of_range(network, x)
    return get_backend(backend).first_spike(network.plan).decide(network.weights, times, threads=threads)


def evaluate(network: FirstSpikeNetwork, x: Any, y: Any, *, backend: str = "auto", threads: int = 1) -> Evaluation:
    """Count decisions and operations over labelled samples.

    Parameters
    ----------
    network
        What decides.
    x, y
        Values in 0..1 and the labels, whole numbers from 0 below the number of output neurons; ``None``: there are none.
    backend, threads
        Change the speed only.

    Raises
    ------
    DataError
        Data or labels do not fit the network.

    Warns
    -----
    UserWarning
        The data do not fit those that the network was trained on.

    Examples
    --------
    >>> from pysnn.first_spike import Dense
    >>> network = FirstSpikeNetwork((2,), (Dense(units=2),), ([[2.0, 1.0], [0.0, 4.0]],))
    >>> found = evaluate(network, [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], [0, 1, 0])
    >>> found.accuracy, found.silent, found.additions_end
    (0.66..., 0.33..., 1.33...)
    """
    times = encode_times(network, x)
    warn_of_range(network, x)
    labels = None if y is None else check_labels(y, len(times), network.plan.out_size)
    engine = get_backend(backend).first_spike(network.plan)
    return evaluate_times(network, engine, times, labels, threads=threads)


def check_labels(y: Any, samples: int, classes: int) -> NDArray[np.int64]:
    """Return labels as int64, one a sample, each below ``classes``."""
    labels = np.asarray(as_numpy(y, "y"))
    if labels.shape != (samples,) or labels.dtype.kind not in "iu":
        raise DataError(f"y: expected {samples} whole numbers, got shape {labels.shape} of {labels.dtype}")
    if samples and not 0 <= labels.min() <= labels.max() < classes:
        hint = "; if they count from 1, subtract 1" if (labels.min(), labels.max()) == (1, classes) else ""
        raise DataError(f"y: expected labels 0 to {classes - 1}, got {labels.min()} to {labels.max()}{hint}")
    return labels.astype(np.int64)


def evaluate_times(
    network: FirstSpikeNetwork,
    engine: FirstSpikeEngine,
    times: NDArray[np.float32],
    labels: NDArray[np.int64] | None,
    *,
    threads: int = 1,
) -> Evaluation:
    """Do :func:`evaluate` on input times, with an engine that is there already."""
    if len(times) == 0:
        raise DataError("x: expected one sample at least, got none")
    plan, parts, winners = network.plan, [], []
    nonzero = nonzero_fan_outs(plan, network.weights)
    for start in range(0, len(times), _BATCH):
        part = times[start : start + _BATCH]
        passed = engine.forward(network.weights, part, threads=threads)
        maps = [passed.times(n) for n in range(len(plan.layers))]
        decided = first_output_spike(plan, maps[-1], passed.marks(len(maps) - 1))
        winners.append(decided.winner)
        parts.append(count_batch(plan, [part, *maps], decided.time, nonzero))
    counts = BatchCounts.join(parts)
    winner = np.concatenate(winners)
    when = counts.decision_time[np.isfinite(counts.decision_time)]
    quantiles = np.quantile(when, [0.5, 0.9]) if len(when) else (np.nan, np.nan)
    return Evaluation(
        samples=len(times),
        accuracy=math.nan if labels is None else float((winner == labels).mean()),
        silent=float((winner < 0).mean()),
        ties=float(counts.tied.mean()),
        decision_time_mean=float(when.mean()) if len(when) else float("nan"),
        decision_time_p50=float(quantiles[0]),
        decision_time_p90=float(quantiles[1]),
        spikes_per_neuron=float(counts.spikes.mean() / network.neurons),
        spikes_per_neuron_decision=float(counts.spikes_decision.mean() / network.neurons),
        additions_decision=float(counts.additions_decision.mean()),
        additions_end=float(counts.additions_end.mean()),
        dense_macs=dense_macs(plan),
        dead=float(1 - counts.fired.mean()),
        activity=_activity(network, counts, len(times)),
    )


def _activity(network: FirstSpikeNetwork, counts: BatchCounts, samples: int) -> Activity:
    layers = [layer for layer in network.plan.layers if isinstance(layer, WeightLayer)]
    return Activity(
        kind="first_spike",
        samples=samples,
        reads=("decision", "end"),
        layers=tuple(
            CountedLayer(layer.name, type(layer).__name__, math.prod(layer.out_shape), layer_macs(layer))
            for layer in layers
        ),
        counts=counts.layers,
        by_sample=FrozenDict({layer.name: counts.by_sample[:, :, k].T for k, layer in enumerate(layers)}),
        decided=np.floor(np.asarray(counts.decision_time, dtype=np.float64)) + 1.0
        if network.neuron == "step"
        else None,
    )
