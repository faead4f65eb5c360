"""What a run gives to a person: scores, predictions, tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pysnn.activity import Activity, CountedLayer
from pysnn.ann import ann_macs
from pysnn.backends.base import Probe
from pysnn.errors import DataError
from pysnn.frozen import FrozenDict
from pysnn.network import Network
from pysnn.notebook import object_page
from pysnn.plan.fixed_counts import fixed_counts
from pysnn.plan.ops import ConvOp, NeuronOp, Plan
from pysnn.schemas import COUNT_FIELDS, FIXED_FIELDS, SCHEMAS
from pysnn.simulation.profile import Profile
from pysnn.simulation.state import State
from pysnn.tables import make_table, metadata

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Result", "winners"]

_MOST_READS = 8


@dataclass(frozen=True, eq=False)
class Result:
    """The result of a run.

    Attributes
    ----------
    steps
        Step counts at which the run was read, ascending; R of them. ``(1,)`` for the pass of FirstSpike neurons.
    scores
        float32 ``(R, samples, classes)``.
    labels
        int64 ``(samples,)``, or ``None``.
    counts
        int64 ``(R, operations, fields)``; :meth:`layers` is the same as a table.
    sample_counts, step_counts
        int64 ``(R, operations, samples)``, and by node int64 ``(steps, C, H, W)``; :attr:`activity` says what they are.
    last_state
        Where the run stopped, if that was kept; see :attr:`state`.
    spikes, potentials, probes
        By node, where they were asked for: uint8 and float32/int32 ``(steps, samples, C, H, W)``, and sums. Of FirstSpike neurons spikes
        at each step of the layer's window, the potential at its opening, and levels in place of numbers of spikes.
    kernels
        What ran each operation, by node.
    wall_s
        Seconds of the whole run call.
    backend, seed
        What ran it ("rust/avx512", say), and the seed of the Poisson coding.
    undecided
        int64 ``(R,)``: in how many samples no spike has reached the read-out, so that its biases alone decide; ``None``
        where that is not known: the run went on from a state, did not count, or the network does not spike.
    start
        Steps behind the state that the run went on from; what is computed once a sample is counted where there are none.
    measured
        Times by operation and stage, of a run with ``profile=True``; :attr:`profile` is the same as a table.
    threads
        How many the run might have.
    """

    network: Network
    plan: Plan
    steps: tuple[int, ...]
    scores: NDArray[np.float32]
    counts: NDArray[np.int64]
    sample_counts: NDArray[np.int64]
    last_state: State | None = None
    labels: NDArray[np.int64] | None = None
    step_counts: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    spikes: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    potentials: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    probes: Mapping[str, Probe] = field(default_factory=dict)
    kernels: Mapping[str, str] = field(default_factory=dict)
    wall_s: float = 0.0
    backend: str = ""
    seed: int = 0
    undecided: NDArray[np.int64] | None = None
    start: int = 0
    measured: Profile | None = None
    threads: int = 1

    def __repr__(self) -> str:
        reads = self.steps if len(self.steps) <= _MOST_READS else (self.steps[0], "...", self.steps[-1])
        span = f"windows of {self.plan.window} steps" if self.plan.window else f"T = {', '.join(map(str, reads))}"
        known = "" if self.labels is None else f", accuracy {100 * self.accuracy[-1]:.2f} %"
        return f"Result({self.samples} samples, {span}{known}, {self.plan.precision}, {self.backend})"

    def _repr_html_(self) -> str:
        shown = ("steps", "accuracy", "undecided", "synops", "macs", "spikes_per_neuron", "ms_per_sample")
        rows = [{name: row[name] for name in shown} for row in self.table().to_dicts()]
        facts = {
            "samples": self.samples,
            "neurons": self.neurons,
            "precision": self.plan.precision,
            "backend": self.backend,
        }
        return object_page(
            "Result", {**facts, "window": self.plan.window}, rows, ["Operations and spikes are those of one sample."]
        )

    @property
    def state(self) -> State:
        """Where the run stopped; give it to the next run to go on.

        Raises
        ------
        DataError
            It was not kept, since it was large or not wanted.
        """
        if self.plan.window is not None:
            raise DataError("state: a network of FirstSpike neurons has none; each run starts afresh")
        if self.last_state is None:
            raise DataError("state: it was large and is gone; run with keep_state=True to have it")
        return self.last_state

    @property
    def samples(self) -> int:
        """How many samples were run."""
        return int(self.scores.shape[1])

    @property
    def predictions(self) -> NDArray[np.int64]:
        """Predicted class ``(R, samples)``: the highest score, of equal ones the lowest; -1 where the output counts spikes and got none."""
        return winners(self.scores, self.network.output.readout)

    @property
    def accuracy(self) -> tuple[float, ...]:
        """Share of samples whose prediction is the label, for each of ``steps``; NaN without labels."""
        if self.labels is None:
            return (float("nan"),) * len(self.steps)
        return tuple(float(np.mean((row == self.labels) & (row >= 0))) for row in self.predictions)

    @cached_property
    def activity(self) -> Activity:
        """What the run counted, layer by layer and by sample; by neuron and step too where it ran with ``count_by_step=True``, or of neurons with windows recorded spikes."""
        engine: dict[str, list[int]] = {}
        for k, op in enumerate(self.plan.ops):
            if isinstance(op, ConvOp | NeuronOp):
                engine.setdefault(op.node, []).append(k)
        fixed = fixed_counts(self.plan)
        nodes = [name for name in dict.fromkeys(op.node for op in self.plan.ops) if name in engine or name in fixed]
        counts, needed = (
            np.zeros((len(self.steps), len(nodes), len(fields)), dtype=np.int64)
            for fields in (COUNT_FIELDS, FIXED_FIELDS)
        )
        for at, name in enumerate(nodes):
            if name in engine:
                counts[:, at] = self.counts[:, engine[name]].sum(axis=1)
            if name in fixed:
                once = fixed[name].once if self.start == 0 else 0
                whole = once + np.multiply.outer(self.steps, fixed[name].each_step)
                needed[:, at] = whole * self.samples
        by_step = self.step_counts
        if self.plan.window is not None:
            by_step = {name: array.sum(axis=1, dtype=np.int64) for name, array in self.spikes.items()}
        return Activity(
            kind="clocked",
            samples=self.samples,
            reads=self.steps,
            layers=tuple(self._layer(name, engine.get(name, [None])[0]) for name in nodes),
            counts=counts,
            by_sample=FrozenDict({name: self.sample_counts[:, k].sum(axis=1) for name, k in engine.items()}),
            by_step=FrozenDict({name: array.reshape(len(array), -1) for name, array in by_step.items()}),
            fixed=needed,
            decided=self._decided,
        )

    @property
    def _decided(self) -> NDArray[np.float64] | None:
        if self.network.output.readout != "first_spike" or self.start > 0:
            return None
        # The score of a class is minus the number of its first step with a spike.
        steps: NDArray[np.float64] = 1.0 - self.scores[-1].max(axis=1).astype(np.float64)
        return steps

    def _layer(self, name: str, at: int | None) -> CountedLayer:
        """Say what a node with counts is; ``at`` is its operation, if it has weights or neurons."""
        op = None if at is None else self.plan.ops[at]
        neurons = op.spec.size if isinstance(op, NeuronOp) else 0
        dense = op.weight.size * op.spec.shape[1] * op.spec.shape[2] if isinstance(op, ConvOp) else 0
        return CountedLayer(name, self.network.nodes[name].title, neurons, dense)

    def total(self, name: str) -> NDArray[np.int64]:
        """Return the sum of one count over all layers, for each of ``steps``; names as in ``COUNT_FIELDS`` and ``FIXED_FIELDS``."""
        return self.activity.total(name)

    @property
    def meta(self) -> dict[str, Any]:
        """How it was made, for the metadata of tables."""
        return metadata(backend=self.backend, seed=self.seed, precision=self.plan.precision, wall_s=self.wall_s)

    @property
    def neurons(self) -> int:
        """How many spiking neurons there are."""
        return self.activity.neurons

    def table(
        self, ann_accuracy: float | None = None, ms_per_sample: Sequence[float | None] | None = None
    ) -> "pl.DataFrame":
        """Return one row for each of ``steps``; operations and spikes are for one sample.

        ``ms_per_sample`` has the times of :func:`pysnn.simulation.measure.measure`; without them the last row has the time of the
        run, and the others have none.
        """
        if ms_per_sample is None:
            ms_per_sample = [None] * (len(self.steps) - 1) + [self.wall_s * 1e3 / self.samples]
        rows, activity = [], self.activity
        for i, steps in enumerate(self.steps):
            rows.append(
                {
                    "precision": self.plan.precision,
                    "steps": steps,
                    "window": self.plan.window,
                    "samples": self.samples,
                    "accuracy": self.accuracy[i] if self.labels is not None else None,
                    "ann_accuracy": ann_accuracy,
                    "undecided": None if self.undecided is None else int(self.undecided[i]),
                    "synops": float(activity.effective_acs[i]),
                    "macs": float(activity.effective_macs[i]),
                    "edge_sums": float(activity.total("edge_sums")[i] / self.samples),
                    "rescales": float(activity.total("rescales")[i] / self.samples),
                    "ann_macs": ann_macs(self.network),
                    "ann_macs_padded": ann_macs(self.network, padded=True),
                    "spikes_per_neuron": float(activity.spikes_per_neuron[i]),
                    "ms_per_sample": ms_per_sample[i],
                }
            )
        return make_table("run", rows)

    def confusion(self, steps: int | None = None) -> "pl.DataFrame":
        """Return how many samples of each label were given each class, -1 where nothing decides; schema "confusion", without zeros.

        Parameters
        ----------
        steps
            At which of :attr:`steps`; the largest by default.

        Raises
        ------
        DataError
            The run had no labels, or was not read at that number of steps.
        """
        if self.labels is None:
            raise DataError("confusion: the run had no labels; give run(..., labels=y)")
        wanted = self.steps[-1] if steps is None else steps
        if wanted not in self.steps:
            raise DataError(f"confusion: expected one of the steps {list(self.steps)}, got {steps!r}")
        pairs, counts = np.unique(
            np.stack([self.labels, self.predictions[self.steps.index(wanted)]], axis=1), axis=0, return_counts=True
        )
        found = zip(pairs.tolist(), counts.tolist(), strict=True)
        return make_table("confusion", [{"label": a, "predicted": b, "samples": n} for (a, b), n in found])

    @property
    def profile(self) -> "pl.DataFrame":
        """Where the time went: a row for each layer and stage, in microseconds a sample, summed over threads; see :meth:`Profile.table`.

        Raises
        ------
        DataError
            It was not measured.
        """
        if self.measured is None:
            raise DataError("profile: it was not measured; run with profile=True")
        kernels = [self.kernels.get(op.node, "") for op in self.plan.ops]
        return self.measured.table(self.network, self.plan, kernels=kernels, samples=self.samples, threads=self.threads)

    def layers(self) -> "pl.DataFrame":
        """Return the exact counts, one row a layer (weights or neurons) and a step count, summed over the samples."""
        import polars as pl

        counted = self.activity.table().with_columns(steps=pl.col("read").cast(pl.Int64))
        return counted.select(list(SCHEMAS["layers"]))


def winners(scores: NDArray[np.float32], readout: str) -> NDArray[np.int64]:
    """Return the class with the highest of scores ``(..., classes)``, of equal ones the lowest; -1 where nothing decides.

    Examples
    --------
    >>> winners(np.float32([[2, 3, 3], [0, 0, 0]]), "count").tolist()
    [1, -1]
    """
    found: NDArray[np.int64] = scores.argmax(axis=-1).astype(np.int64)
    if readout == "count":
        found[scores.max(axis=-1) == 0] = -1
    if readout == "first_spike":
        found[np.isneginf(scores.max(axis=-1))] = -1
    return found
