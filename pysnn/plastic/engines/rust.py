"""The compiled engine of plastic networks: eager and lazy stores, threads over tiles of targets."""

import numpy as np
from numpy.typing import NDArray

from pysnn import _core
from pysnn.backends.settings import read_settings
from pysnn.frozen import NotPicklable
from pysnn.plastic.engines import EngineOptions
from pysnn.plastic.engines.base import STORE_BYTES, Counts, RunPart, RunRecord
from pysnn.plastic.plan import PlasticPlan
from pysnn.plastic.state import PlasticState
from pysnn.processors import usable_threads
from pysnn.simulation.capacity import physical_memory

__all__ = ["RustEngine"]

_LARGEST_TILE = 65536
_MEMORY_SHARE = 0.25
"""The eager store was at least as fast at every size measured: the lazy one is taken where the other would need more of the memory than this."""
_UPDATES_A_THREAD = 5000


class RustEngine(NotPicklable):
    """Rust; see :class:`pysnn.plastic.engines.base.PlasticEngine`."""

    def __init__(self, plan: PlasticPlan, options: EngineOptions) -> None:
        self.plan = plan
        self.threads = options.threads or _threads(plan)
        self._lazy = options.store == "lazy" or (options.store == "auto" and _prefers_lazy(plan))
        self._tile = options.tile or _tile(plan, self.threads)
        self._whole = False
        self._make()

    def load(self, state: PlasticState | None) -> None:
        """Go on from a state; ``None``: from the start."""
        if state is None or not self._whole:
            self._make()
        if state is not None:
            arrays = {name: np.ascontiguousarray(array) for name, array in state.arrays.items()}
            self._whole = False
            self._engine.load((state.step, state.learned), arrays)
            self._whole = True

    def save(self) -> PlasticState:
        """Return the state."""
        step, learned = self._engine.clock
        return PlasticState(step, learned, self._engine.save())

    def run(self, part: RunPart) -> RunRecord:
        """Run some steps."""
        spikes, counts, updates = self._engine.run(part, self.threads)
        by_kind = tuple(tuple(one[kind] for one in updates) for kind in range(3))
        return RunRecord(dict(zip(part.record, spikes, strict=True)), Counts(tuple(counts), *by_kind))

    def connectivity(self, projection: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where rows begin, and the target of each synapse."""
        return self._engine.connectivity(projection)

    def weights(self, projection: int) -> NDArray[np.float32]:
        """Return a copy of the weights."""
        return self._engine.weights(projection)

    def set_weights(self, projection: int, weights: NDArray[np.float32]) -> None:
        """Replace the weights."""
        self._engine.set_weights(projection, weights)

    def reward(self, projection: int, amount: float) -> None:
        """Add ``eta amount c`` to every weight, as of the last step run."""
        self._engine.reward(projection, amount)

    def trace(self, projection: int, name: str) -> NDArray[np.float32]:
        """Return the values of a trace behind the last step run."""
        return self._engine.trace(projection, name)

    def _make(self) -> None:
        self._engine = _core.Plastic(self.plan, self._lazy, self._tile, read_settings().simd)
        self._whole = True
        self.name = f"rust/{self._engine.simd}/{'lazy' if self._lazy else 'eager'}"


def _prefers_lazy(plan: PlasticPlan) -> bool:
    kernels = [(one.kernel, one.expected) for one in plan.projections if one.kernel is not None]
    able = all(kernel.c is None and not kernel.post.amounts[2] for kernel, _ in kernels)
    return able and sum(count for _, count in kernels) * STORE_BYTES["eager"] > _MEMORY_SHARE * physical_memory()


def _threads(plan: PlasticPlan) -> int:
    """Return one thread for each so many updates a step, by the rates of sources and 10 Hz of cells."""
    updates = 0.0
    for one in plan.projections:
        pre = plan.populations[one.pre]
        p = 10.0 * plan.dt if pre.gaps is None else float(pre.gaps[0]) / 2.0**32
        updates += 2.0 * p * one.expected
    return max(1, min(usable_threads(), int(updates / _UPDATES_A_THREAD)))


def _tile(plan: PlasticPlan, threads: int) -> int:
    """Return as few tiles as there are threads for the largest population that has work to do, none larger than they may be."""
    onto = {one.post for one in plan.projections}
    sizes = [one.size for k, one in enumerate(plan.populations) if k in onto or one.cells is not None]
    return max(1, min(_LARGEST_TILE, -(-max(sizes, default=1) // threads)))
