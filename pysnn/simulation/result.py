"""What a run gives to a person: scores, predictions, tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pysnn.activity import Activity, CountedLayer
from pysnn.backends.base import Probe
from pysnn.errors import DataError
from pysnn.frozen import FrozenDict
from pysnn.network import Network
from pysnn.plan.ops import ConvOp, NeuronOp, Plan
from pysnn.schemas import SCHEMAS
from pysnn.simulation.state import State
from pysnn.tables import make_table, metadata

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Result", "ann_macs"]


@dataclass(frozen=True, eq=False)
class Result:
    """The result of a run.

    Attributes
    ----------
    steps
        Step counts at which the run was read, ascending; R of them.
    scores
        float32 ``(R, samples, classes)``.
    labels
        int64 ``(samples,)``, or ``None``.
    counts
        int64 ``(R, operations, fields)``; :meth:`layers` is the same as a table.
    last_state
        Where the run stopped, if that was kept; see :attr:`state`.
    spikes, potentials, probes
        By node, where they were asked for: uint8 and float32/int32 ``(steps, samples, C, H, W)``, and sums.
    kernels
        What ran each operation, by node.
    wall_s
        Seconds of the whole run call.
    backend, seed
        What ran it ("rust/avx512", say), and the seed of the Poisson coding.
    undecided
        int64 ``(R,)``: in how many samples no spike has reached the read-out, so that its biases alone decide; ``None``
        where that is not known: the run went on from a state, did not count, or the network does not spike.
    """

    network: Network
    plan: Plan
    steps: tuple[int, ...]
    scores: NDArray[np.float32]
    counts: NDArray[np.int64]
    last_state: State | None = None
    labels: NDArray[np.int64] | None = None
    spikes: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    potentials: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    probes: Mapping[str, Probe] = field(default_factory=dict)
    kernels: Mapping[str, str] = field(default_factory=dict)
    wall_s: float = 0.0
    backend: str = ""
    seed: int = 0
    undecided: NDArray[np.int64] | None = None

    @property
    def state(self) -> State:
        """Where the run stopped; give it to the next run to go on.

        Raises
        ------
        DataError
            It was not kept, since it was large or not wanted.
        """
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
        winners: NDArray[np.int64] = self.scores.argmax(axis=2).astype(np.int64)
        if self.network.output.readout == "count":
            winners[self.scores.max(axis=2) == 0] = -1
        if self.network.output.readout == "first_spike":
            winners[np.isneginf(self.scores.max(axis=2))] = -1
        return winners

    @property
    def accuracy(self) -> tuple[float, ...]:
        """Share of samples whose prediction is the label, for each of ``steps``; NaN without labels."""
        if self.labels is None:
            return (float("nan"),) * len(self.steps)
        return tuple(float(np.mean((row == self.labels) & (row >= 0))) for row in self.predictions)

    @cached_property
    def activity(self) -> Activity:
        """What the run counted, layer by layer; by sample and by neuron too where it ran with ``probe=True``, by step where it recorded spikes."""
        counted = [(k, op) for k, op in enumerate(self.plan.ops) if isinstance(op, ConvOp | NeuronOp)]
        layers = tuple(
            CountedLayer(
                op.node,
                self.network.nodes[op.node].title,
                op.spec.size if isinstance(op, NeuronOp) else 0,
                op.weight.size * op.spec.shape[1] * op.spec.shape[2] if isinstance(op, ConvOp) else 0,
            )
            for _, op in counted
        )
        spikes = {name: probe.spikes.reshape(*probe.spikes.shape[:2], -1) for name, probe in self.probes.items()}
        return Activity(
            kind="clocked",
            samples=self.samples,
            reads=self.steps,
            layers=layers,
            counts=self.counts[:, [k for k, _ in counted]],
            by_sample=FrozenDict({name: array.sum(axis=2, dtype=np.int64) for name, array in spikes.items()}),
            by_neuron=FrozenDict({name: array.sum(axis=1, dtype=np.int64) for name, array in spikes.items()}),
            by_step=FrozenDict(
                {name: array.sum(axis=1, dtype=np.int64).reshape(len(array), -1) for name, array in self.spikes.items()}
            ),
        )

    def total(self, name: str) -> NDArray[np.int64]:
        """Return the sum of one count over all layers, for each of ``steps``; names as in ``COUNT_FIELDS``."""
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
                    "samples": self.samples,
                    "accuracy": self.accuracy[i] if self.labels is not None else None,
                    "ann_accuracy": ann_accuracy,
                    "undecided": None if self.undecided is None else int(self.undecided[i]),
                    "synops": float(activity.effective_acs[i]),
                    "macs": float(activity.effective_macs[i]),
                    "ann_macs": ann_macs(self.network),
                    "spikes_per_neuron": float(activity.spikes_per_neuron[i]),
                    "ms_per_sample": ms_per_sample[i],
                }
            )
        return make_table("run", rows)

    def layers(self) -> "pl.DataFrame":
        """Return the exact counts, one row a layer (weights or neurons) and a step count, summed over the samples."""
        import polars as pl

        counted = self.activity.table().with_columns(steps=pl.col("read").cast(pl.Int64))
        return counted.select(list(SCHEMAS["layers"]))


def ann_macs(network: Network) -> int:
    """Multiply-accumulates of one dense pass: every weight at every output position.

    Examples
    --------
    >>> from pysnn import Input, Linear, Output
    >>> ann_macs(Network.chain({"in": Input((3,)), "fc": Linear(np.ones((2, 3))), "out": Output()}))
    6
    """
    total = 0
    for name, node in network.nodes.items():
        weight = getattr(node, "weight", None)
        if weight is not None:
            positions = int(np.prod(network.shapes[name][1:]))
            total += int(weight.size) * positions
    return total
