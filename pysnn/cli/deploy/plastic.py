"""The run of a plastic network that an estimate is made of."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from pysnn.plastic.network import PlasticNetwork
    from pysnn.plastic.result import PlasticResult

__all__ = ["PlasticSource", "is_plastic", "run_plastic"]


@dataclass(frozen=True)
class PlasticSource:
    """A spec, or a saved network with how to run it; ``frozen``: nothing is learned."""

    path: Path
    dt: float | None
    seconds: float | None
    frozen: bool
    backend: str


def is_plastic(path: Path) -> bool:
    """Whether a file is a spec of a plastic run, or a saved plastic network."""
    if path.suffix.lower() == ".toml":
        return True
    from pysnn.errors import FileFormatError
    from pysnn.files.plastic import load

    try:
        load(path)
    except FileFormatError:
        return False
    return True


def run_plastic(source: PlasticSource) -> tuple["PlasticNetwork", "PlasticResult", dict[str, Any]]:
    """Run a plastic network; return it, what came out, and how it was run."""
    from pysnn.plastic.simulator import PlasticSimulator
    from pysnn.progress import Progress

    network, state, run = _read(source)
    simulator = PlasticSimulator(network, dt=run.pop("dt"), seed=run.pop("seed"), backend=source.backend)
    with Progress("steps") as progress:
        result = simulator.run(**run, state=state, learn=not source.frozen, keep_state=False, progress=progress)
    return network, result, {"dt": simulator.dt, "seed": simulator.plan.seed}


def _read(source: PlasticSource) -> tuple[Any, Any, dict[str, Any]]:
    """Return the network, its state, and time step, seed, seconds and rewards of the run."""
    from pysnn.files.plastic import load
    from pysnn.plastic.spec import load_plastic_spec

    if source.path.suffix.lower() != ".toml":
        if source.dt is None or source.seconds is None:
            raise typer.BadParameter(f"'{source.path}' is a plastic network: expected --dt and --seconds of the run")
        saved = load(source.path)
        return saved.network, saved.state, {"dt": source.dt, "seed": 0, "seconds": source.seconds}
    if source.dt is not None or source.seconds is not None:
        raise typer.BadParameter(f"'{source.path}' says dt and seconds itself: expected no --dt and --seconds")
    spec = load_plastic_spec(source.path)
    run = {"dt": spec.dt, "seed": spec.seed, "seconds": spec.seconds, "rewards": spec.rewards}
    if not isinstance(spec.network, Path):
        return spec.network, None, run
    saved = load(spec.network)
    return saved.network, saved.state, run
