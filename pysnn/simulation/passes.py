"""Both passes of one batch, and the counts of both."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import RunOutput
from pysnn.plan.fanout import sources_of
from pysnn.plan.ops import ConvOp, DelayOp, NeuronOp, Plan
from pysnn.schemas import COUNT_FIELDS
from pysnn.simulation.residuals import next_state, offset_starts, silenced_starts
from pysnn.simulation.result import Result
from pysnn.simulation.simulator import Simulator

__all__ = ["Passes", "depths_of"]

_UPDATES, _SPIKES = COUNT_FIELDS.index("updates"), COUNT_FIELDS.index("spikes")
_OF_THE_END = [COUNT_FIELDS.index("silent"), COUNT_FIELDS.index("saturated")]


def depths_of(plan: Plan) -> dict[int, int]:
    """Return how many layers of spiking neurons lie on the longest path to, and with, each of them."""
    spiking = set(plan.spiking.values())
    depth: list[int] = []
    for k, op in enumerate(plan.ops):
        before = 0 if isinstance(op, DelayOp) else max((depth[source] for source in sources_of(op)), default=0)
        depth.append(before + (k in spiking))
    return {k: depth[k] for k in sorted(spiking)}


def _before_neurons(plan: Plan) -> set[int]:
    """Return the operations from which a path leads to a spiking neuron, and these."""
    found = set(plan.spiking.values())
    for k in reversed(range(len(plan.ops))):
        if k in found:
            found.update(sources_of(plan.ops[k]))
    return found


class Passes:
    """Both passes of one batch; ``last`` is the result of the latest second pass."""

    last: Result

    def __init__(self, simulator: Simulator, plan: Plan, read_at: tuple[int, ...], lead: int) -> None:
        self.simulator, self.plan, self.read_at, self.lead = simulator, plan, read_at, lead
        self.neurons = list(plan.spiking.values())
        once = [k for k, op in enumerate(plan.ops) if isinstance(op, ConvOp) and op.spec.static]
        self.again = np.ones(len(plan.ops), dtype=np.int64)
        self.again[once] = 0

    def together(self, x: NDArray[Any], method: str) -> tuple[RunOutput, RunOutput]:
        """Run one first pass for all layers, then the second; gives counts of both, and of the second alone."""
        ops = self.plan.ops
        if method == "residual":
            first = self._run(x, [self.lead], keep_state=True)
            assert first.last_state is not None
            left = first.last_state.arrays
            starts = {k: silenced_starts(self._op(k), left[ops[k].node], self.read_at[-1]) for k in self.neurons}
        else:
            names = [ops[k].node for k in self.neurons]
            first = self._run(x, [self.lead], record=names, record_potentials=names)
            starts = {k: self._offsets(k, first) for k in self.neurons}
        self.last = self._run(x, self.read_at, state=next_state(self.plan, len(x), starts))
        own = first.counts + self._between(len(x), tracked=method != "residual")
        return self._both(own, first.sample_counts, range(len(self.read_at)))

    def by_layer(self, x: NDArray[Any]) -> tuple[RunOutput, RunOutput]:
        """Run a first pass for each depth, on the corrected spikes of those before; gives what :meth:`together` gives."""
        starts: dict[int, NDArray[Any]] = {}
        depths = depths_of(self.plan)
        fired = {}
        for depth in range(1, max(depths.values()) + 1):
            layers = [k for k in self.neurons if depths[k] == depth]
            names = [self.plan.ops[k].node for k in layers]
            state = next_state(self.plan, len(x), starts)
            first = self._run(x, [self.lead], state=state, count=False, record=names, record_potentials=names)
            for k in layers:
                starts[k] = self._offsets(k, first)
                fired[k] = first.spikes[self.plan.ops[k].node].sum(axis=(0, 2, 3, 4), dtype=np.int64)
        reads = sorted({self.lead, *self.read_at})
        self.last = self._run(x, reads, state=next_state(self.plan, len(x), starts))
        # Weights have seen in their layer's first pass what they see in as many steps of the second; those of the read-out have none.
        lead = reads.index(self.lead)
        own, by_sample = (counts[[lead]].copy() for counts in (self.last.counts, self.last.sample_counts))
        late = [k for k in range(len(self.plan.ops)) if k not in _before_neurons(self.plan) and self.again[k]]
        own[:, late], by_sample[:, late] = 0, 0
        for k in self.neurons if self.simulator.options.count else ():
            own[0, k, _SPIKES] = fired[k].sum()
            by_sample[0, k] = fired[k]
        own += self._between(len(x), tracked=True)
        return self._both(own, by_sample, [reads.index(at) for at in self.read_at])

    def _run(self, x: NDArray[Any], steps: Sequence[int], **changes: Any) -> Result:
        kept = {"keep_state": False, "progress": None, "check_range": False}
        return self.simulator.run(x, steps=list(steps), **(kept | changes))

    def _op(self, k: int) -> NeuronOp:
        op = self.plan.ops[k]
        assert isinstance(op, NeuronOp)
        return op

    def _offsets(self, k: int, first: Result) -> NDArray[Any]:
        node = self.plan.ops[k].node
        return offset_starts(self._op(k), first.potentials[node], first.spikes[node])

    def _between(self, samples: int, *, tracked: bool) -> NDArray[np.int64]:
        """Return the counts of what is done for the second pass: an update of each neuron, and one at each step where potentials are tracked."""
        added = np.zeros((len(self.plan.ops), len(COUNT_FIELDS)), dtype=np.int64)
        for k in self.neurons if self.simulator.options.count else ():
            added[k, _UPDATES] = samples * self.plan.ops[k].spec.size * (1 + self.lead * tracked)
        return added

    def _both(
        self, first: NDArray[np.int64], by_sample: NDArray[np.int64], reads: Sequence[int]
    ) -> tuple[RunOutput, RunOutput]:
        """Add the counts of the first pass to those of the second at ``reads``."""
        reads = list(reads)
        end = self.last
        second, own = end.counts[reads], end.sample_counts[reads]
        scores = end.scores[reads]
        counts = first + second * self.again[:, None]
        counts[:, :, _OF_THE_END] = second[:, :, _OF_THE_END]
        both = by_sample + own * self.again[:, None] if own.shape[2] else own
        return RunOutput(scores, counts, both, {}), RunOutput(scores, second, own, {})
