"""Engines of plastic networks: ``ENGINES`` is the written-out registry, fastest first."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from pysnn.errors import BackendError, PlanError
from pysnn.plastic.engines.base import PlasticEngine
from pysnn.plastic.plan import PlasticPlan

__all__ = ["ENGINES", "EngineOptions", "make_engine"]

STORES = ("auto", "eager", "lazy")


@dataclass(frozen=True)
class EngineOptions:
    """How an engine is to run; no result depends on it.

    Attributes
    ----------
    backend
        "auto", "rust", "numba" or "reference".
    store
        "eager": 12 bytes a synapse (14 from 65,536 sources on), post events change weights at once. "lazy": 6 bytes, post events wait for the next arrival (Rust alone). "auto"
        chooses by size.
    threads
        Threads of the compiled engine; ``None`` chooses by size.
    tile
        Targets that are stored together, 65,536 at most; ``None`` leaves it to the engine.
    """

    backend: str = "auto"
    store: str = "auto"
    threads: int | None = None
    tile: int | None = None

    def __post_init__(self) -> None:
        if self.store not in STORES:
            raise PlanError(f"store must be one of {', '.join(STORES)}, got {self.store!r}")
        for name, most in (("threads", 1024), ("tile", 65536)):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most):
                raise PlanError(f"{name}: expected a whole number in 1..{most}, got {value!r}")


def _rust(plan: PlasticPlan, options: EngineOptions) -> PlasticEngine:
    from pysnn.plastic.engines.rust import RustEngine

    return RustEngine(plan, options)


def _numba(plan: PlasticPlan, options: EngineOptions) -> PlasticEngine:
    from pysnn.plastic.engines.numba import NumbaEngine

    _refuse_lazy(options, "numba")
    return NumbaEngine(plan)


def _reference(plan: PlasticPlan, options: EngineOptions) -> PlasticEngine:
    from pysnn.plastic.engines.reference import ReferenceEngine

    _refuse_lazy(options, "reference")
    return ReferenceEngine(plan)


ENGINES: dict[str, tuple[str, Callable[[PlasticPlan, EngineOptions], PlasticEngine]]] = {
    "rust": ("pysnn._core", _rust),
    "numba": ("numba", _numba),
    "reference": ("numpy", _reference),
}
"""What each needs, and how to make it."""


def make_engine(plan: PlasticPlan, options: EngineOptions) -> PlasticEngine:
    """Return an engine with a plan at its start.

    Raises
    ------
    BackendError
        The backend is unknown, or what it needs is not installed.
    PlanError
        The store cannot do what the plan asks for.

    Examples
    --------
    >>> make_engine(PlasticPlan(1e-3, 0, (), ()), EngineOptions("reference")).name
    'reference/eager'
    """
    there = [name for name, (module, _) in ENGINES.items() if find_spec(module) is not None]
    name = there[0] if options.backend == "auto" else options.backend
    if name not in ENGINES:
        raise BackendError(f"backend must be one of auto, {', '.join(ENGINES)}, got {name!r}")
    if name not in there:
        raise BackendError(f"backend '{name}' needs {ENGINES[name][0]}, which is not installed")
    return ENGINES[name][1](plan, options)


def _refuse_lazy(options: EngineOptions, backend: str) -> None:
    if options.store == "lazy":
        raise PlanError(f"backend '{backend}' has the eager store alone, got store='lazy'; the lazy one is in 'rust'")
