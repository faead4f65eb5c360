"""The compiled engine: event-driven, at the widest SIMD level of the machine, or at the one that ``PYSNN_SIMD`` names."""

from pysnn import _core
from pysnn.backends.adam import AdamStep, Moments
from pysnn.backends.base import Probe, RunOutput, RunRequest, StreamStart
from pysnn.backends.rust_first_spike import RustFirstSpike
from pysnn.backends.settings import read_settings
from pysnn.backends.windowed import WindowedFirstSpike
from pysnn.frozen import NotPicklable
from pysnn.plan.first_spike import FirstSpikePlan
from pysnn.plan.ops import Plan

__all__ = ["RustBackend", "RustExecutable", "simd_level", "simd_levels"]


def simd_levels() -> list[str]:
    """Return the SIMD levels that this machine has, ascending."""
    return _core.simd_levels()


def simd_level() -> str:
    """Return the level that runs use: the widest, or the one that ``PYSNN_SIMD`` names."""
    return _core.simd_level(read_settings().simd)


class RustBackend:
    """Rust; see :mod:`pysnn._core`."""

    name = "rust"

    def compile(self, plan: Plan) -> "RustExecutable":
        """Make a plan ready, for the SIMD level that ``PYSNN_SIMD`` (baseline, avx2, avxvnni, avx512, amx, dotprod, i8mm) narrows to.

        Integer convolutions run by events, dot products or lookups, by the share of active inputs; ``PYSNN_KERNEL`` (event,
        dot, lookup) settles it. A run has a thread beyond the first for each so many nanoseconds of work as ``PYSNN_THREAD_WORK``
        says, by an estimate; what pays if it says nothing, every thread that the run may have if it says 0. No result
        depends on any of them.
        """
        settings = read_settings()
        return RustExecutable(_core.Clocked(plan.to_bytes(), settings.simd, settings.kernel, settings.thread_work))

    def first_spike(self, plan: FirstSpikePlan) -> RustFirstSpike | WindowedFirstSpike:
        """Make the plan of a first-spike network ready, for the same level; one with windows runs in NumPy, and says so."""
        return WindowedFirstSpike(plan) if plan.windowed else RustFirstSpike(plan, read_settings().simd)

    def adam(self, step: AdamStep, moments: Moments, *, threads: int) -> None:
        """Take a step of Adam in place, for the same level."""
        _core.adam(step, moments, threads, read_settings().simd)


class RustExecutable(NotPicklable):
    """A plan, ready to run."""

    def __init__(self, engine: _core.Clocked) -> None:
        self._engine = engine
        self.name = f"rust/{engine.simd}"
        self.parts = tuple(engine.parts)

    def stream(self, start: StreamStart) -> _core.Stream:
        """Open a stream; its state stays in the engine."""
        state = None if start.state is None else dict(start.state)
        return self._engine.stream(start.batch, start.seed, state, start.steps)

    def run(self, request: RunRequest) -> RunOutput:
        """Run it; see :class:`~pysnn.backends.base.RunRequest`."""
        raw = self._engine.run(request)
        probes = {op: Probe(*arrays) for op, arrays in raw["probes"].items()}
        return RunOutput(
            scores=raw["scores"],
            counts=raw["counts"],
            by_sample=raw["by_sample"],
            by_step=raw["by_step"],
            state=raw["state"],
            spikes=raw["spikes"],
            potentials=raw["potentials"],
            probes=probes,
            kernels=raw["kernels"],
            profile=raw["profile"] if request.profile else None,
        )
