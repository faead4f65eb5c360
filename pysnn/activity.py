"""Exact counts of what a network did on data: one record for every kind of run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.frozen import Frozen, FrozenDict
from pysnn.schemas import ACTIVITY_FIELDS, COUNT_FIELDS, FIXED_FIELDS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Activity", "CountedLayer"]

Int64 = NDArray[np.int64]


class CountedLayer(NamedTuple):
    """A layer with counts: its name, its type, how many neurons it has, and multiplications of one dense pass (ANN)."""

    name: str
    type: str
    neurons: int
    dense: int


@dataclass(frozen=True, eq=False)
class Activity(Frozen):
    """What a network did, summed over the samples of a run; integers that every backend counts alike.

    Attributes
    ----------
    kind
        "clocked", or "first_spike".
    samples
        Over how many samples.
    reads
        When it was counted: after so many steps each; a first-spike network up to its "decision", and to the "end".
    layers
        The layers, in the order of ``counts``.
    counts
        int64 ``(reads, layers, fields)``, the fields in the order of :data:`pysnn.schemas.COUNT_FIELDS`: events that arrive,
        synaptic operations with non-zero weights and with zeros, multiplications of analogue inputs, updates of neurons,
        spikes, and pairs of neuron and sample that were silent, or fired at every step.
    by_sample
        int64 ``(reads, samples)`` by layer: of neurons their spikes in each sample, of weights their synaptic operations, or
        multiplications where the input is analogue. Their sums are those of ``counts``.
    by_step
        int64 ``(steps, neurons)`` by neuron layer: each neuron's spikes at each step, over the samples; empty where a run was not
        asked for it (``count_by_step=True``).
    fixed
        int64 ``(reads, layers, fields)``, in the order of :data:`pysnn.schemas.FIXED_FIELDS`: what was needed whatever the data
        were, as :func:`pysnn.plan.fixed_counts.fixed_counts` defines it; zeros where it is not given.
    decided
        float64 ``(samples,)``: after how many time-steps each sample had its first output spike, infinite without one; ``None``
        where the output is not read as its first spike, or time has no steps.

    Examples
    --------
    >>> from pysnn import IF, Input, Linear, Network, Output, run
    >>> net = Network.chain({"in": Input((1,)), "if": IF(), "fc": Linear([[1.0], [0.0]]), "out": Output()})
    >>> activity = run(net, np.float32([[0.5]]), steps=[2, 4]).activity
    >>> activity.total("spikes").tolist(), activity.effective_acs.tolist(), activity.dense
    ([1, 2], [1.0, 2.0], 2)
    """

    kind: Literal["clocked", "first_spike"]
    samples: int
    reads: tuple[int | str, ...]
    layers: tuple[CountedLayer, ...]
    counts: Int64
    by_sample: Mapping[str, Int64]
    by_step: Mapping[str, Int64] = field(default_factory=FrozenDict)
    fixed: Int64 | None = None
    decided: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        expected = (len(self.reads), len(self.layers), len(COUNT_FIELDS))
        if self.counts.shape != expected or self.counts.dtype != np.int64:
            raise DataError(f"counts: expected int64 {expected}, got {self.counts.dtype} {self.counts.shape}")
        expected = (*expected[:2], len(FIXED_FIELDS))
        if self.fixed is None:
            object.__setattr__(self, "fixed", np.zeros(expected, dtype=np.int64))
        elif self.fixed.shape != expected or self.fixed.dtype != np.int64:
            raise DataError(f"fixed: expected int64 {expected}, got {self.fixed.dtype} {self.fixed.shape}")
        if self.samples < 1:
            raise DataError(f"samples: expected at least one, got {self.samples}")

    def total(self, name: str) -> Int64:
        """Return one count summed over all layers, for each read; names as in ``COUNT_FIELDS`` and ``FIXED_FIELDS``."""
        if name not in ACTIVITY_FIELDS:
            raise DataError(f"activity: expected one of {', '.join(ACTIVITY_FIELDS)}, got {name!r}")
        return np.asarray(self.all_counts[:, :, ACTIVITY_FIELDS.index(name)].sum(axis=1))

    @property
    def all_counts(self) -> Int64:
        """``counts`` and ``fixed`` behind each other, in the order of :data:`pysnn.schemas.ACTIVITY_FIELDS`."""
        assert self.fixed is not None
        return np.concatenate([self.counts, self.fixed], axis=2)

    @property
    def effective_acs(self) -> NDArray[np.float64]:
        """Additions of non-zero weights by spikes, a sample, for each read (NeuroBench: Effective_ACs)."""
        return self.total("synops") / self.samples

    @property
    def effective_macs(self) -> NDArray[np.float64]:
        """Multiplications of non-zero weights by non-zero analogue inputs, a sample, for each read (NeuroBench: Effective_MACs)."""
        return self.total("macs") / self.samples

    @property
    def dense(self) -> int:
        """Multiplications of one dense pass of the ANN of this shape, zeros and padding included (NeuroBench: Dense)."""
        return sum(layer.dense for layer in self.layers)

    @property
    def neurons(self) -> int:
        """How many spiking neurons there are."""
        return sum(layer.neurons for layer in self.layers)

    @property
    def spikes_per_neuron(self) -> NDArray[np.float64]:
        """Spikes a neuron and sample, for each read."""
        return self.total("spikes") / max(1, self.neurons * self.samples)

    def table(self) -> "pl.DataFrame":
        """Return one row a layer and read, schema "activity"."""
        from pysnn.tables import make_table

        rows, counts = [], self.all_counts
        for i, read in enumerate(self.reads):
            for k, layer in enumerate(self.layers):
                counted = dict(zip(ACTIVITY_FIELDS, map(int, counts[i, k]), strict=True))
                rows.append(
                    {
                        "kind": self.kind,
                        "layer": layer.name,
                        "type": layer.type,
                        "read": str(read),
                        "samples": self.samples,
                        "neurons": layer.neurons,
                        "dense": layer.dense,
                        **counted,
                    }
                )
        return make_table("activity", rows)
