"""The compiled engine: event-driven, at the widest SIMD level of the machine, or at the one that ``PYSNN_SIMD`` names."""

import os

from pysnn import _core
from pysnn.backends.base import Probe, RunOutput, RunRequest
from pysnn.backends.rust_first_spike import RustFirstSpike
from pysnn.backends.windowed import WindowedFirstSpike
from pysnn.errors import BackendError
from pysnn.frozen import NotPicklable
from pysnn.plan.first_spike import FirstSpikePlan
from pysnn.plan.ops import Plan

__all__ = ["RustBackend", "RustExecutable", "simd_level", "simd_levels"]


def simd_levels() -> list[str]:
    """Give the SIMD levels that this machine has, ascending."""
    return _core.simd_levels()


def simd_level() -> str:
    """Give the level that runs use: the widest, or the one that ``PYSNN_SIMD`` names."""
    return _core.simd_level(_wanted_level())


def _wanted_level() -> str | None:
    return os.environ.get("PYSNN_SIMD") or None


def _thread_work() -> float | None:
    wanted = os.environ.get("PYSNN_THREAD_WORK") or None
    try:
        work = None if wanted is None else float(wanted)
    except ValueError:
        work = -1.0
    if work is not None and not 0 <= work < float("inf"):
        raise BackendError(f"PYSNN_THREAD_WORK: expected nanoseconds, a number from 0 on, got {wanted!r}")
    return work


class RustBackend:
    """Rust; see :mod:`pysnn._core`."""

    name = "rust"

    def compile(self, plan: Plan) -> "RustExecutable":
        """Make a plan ready, for the SIMD level that ``PYSNN_SIMD`` (baseline, avx2, avx512) narrows to.

        Integer convolutions run by events or by dot products, by the share of active inputs; ``PYSNN_KERNEL`` (event,
        dot) settles it. A run has a thread beyond the first for each so many nanoseconds of work as ``PYSNN_THREAD_WORK``
        says, by an estimate; what pays if it says nothing, every thread that the run may have if it says 0. No result
        depends on any of them.
        """
        kernel = os.environ.get("PYSNN_KERNEL") or None
        return RustExecutable(_core.Clocked(plan, _wanted_level(), kernel, _thread_work()))

    def first_spike(self, plan: FirstSpikePlan) -> RustFirstSpike | WindowedFirstSpike:
        """Make the plan of a first-spike network ready, for the same level."""
        return WindowedFirstSpike(plan) if plan.windowed else RustFirstSpike(plan, _wanted_level())


class RustExecutable(NotPicklable):
    """A plan, ready to run."""

    def __init__(self, engine: _core.Clocked) -> None:
        self._engine = engine
        self.name = f"rust/{engine.simd}"

    def run(self, request: RunRequest) -> RunOutput:
        """Run it; see :class:`~pysnn.backends.base.RunRequest`."""
        raw = self._engine.run(request)
        probes = {op: Probe(*arrays) for op, arrays in raw["probes"].items()}
        return RunOutput(
            scores=raw["scores"],
            counts=raw["counts"],
            state=raw["state"],
            spikes=raw["spikes"],
            potentials=raw["potentials"],
            probes=probes,
            kernels=raw["kernels"],
        )
