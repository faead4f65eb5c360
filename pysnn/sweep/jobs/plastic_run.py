"""The job ``stdp``: run a plastic network with some values of its spec changed; one row a population and a projection."""

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pysnn.errors import DataError
from pysnn.files.plastic import load
from pysnn.plastic.network import PlasticNetwork
from pysnn.plastic.result import PlasticResult
from pysnn.plastic.simulator import PlasticSimulator
from pysnn.plastic.spec import PlasticSpec, plastic_spec, read_plastic_toml
from pysnn.sweep.jobs.run import SweepRun
from pysnn.sweep.points import point_json
from pysnn.version import __version__

__all__ = ["PlasticRun", "changed"]

_NEAR = 0.1


@dataclass(frozen=True, kw_only=True)
class PlasticRun(SweepRun):
    """A run of a sweep: call it with what changes in the base spec.

    Attributes
    ----------
    base
        The file of the base spec, as ``pysnn stdp run`` takes it.
    """

    schema: ClassVar[str] = "sweep_stdp"

    base: Path

    def digest_of(self, part: str) -> str:
        """Return the digest of the base spec, and of the network's file if it names one."""
        return hashlib.sha256(b"".join(bytes.fromhex(digest) for digest in self.files().values())).hexdigest()

    def files(self) -> dict[str, str]:
        """Return the digests of the base spec, and of the network's file if it names one."""
        network = self._spec({}).network
        files = [self.base, *([network] if isinstance(network, Path) else [])]
        return {f"file '{file}'": hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

    def __call__(self, params: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
        """Run one point; what is random in it hangs on the seeds of the spec alone."""
        del seed
        network, result, seconds = self.ran(params)
        made = self.made(params, result)
        return [{**made, **row} for row in _rows(network, result, seconds)]

    def ran(self, params: Mapping[str, Any], *, keep_state: bool = True) -> tuple[PlasticNetwork, PlasticResult, float]:
        """Run the spec with some values changed; return the network, what came out, and the seconds of the run."""
        spec = self._spec(params)
        saved = load(spec.network) if isinstance(spec.network, Path) else None
        network = saved.network if saved is not None else spec.network
        assert isinstance(network, PlasticNetwork)
        simulator = PlasticSimulator(network, dt=spec.dt, seed=spec.seed, backend=self.backend, threads=self.threads)
        state = None if saved is None else saved.state
        result = simulator.run(spec.seconds, state=state, rewards=spec.rewards, keep_state=keep_state)
        return network, result, spec.seconds

    def made(self, params: Mapping[str, Any], result: PlasticResult) -> dict[str, Any]:
        """Return the columns that say how a row was made."""
        return {
            "base": self.base.name,
            "changes": point_json(params),
            "version": __version__,
            "backend": result.backend,
        }

    def _spec(self, params: Mapping[str, Any]) -> PlasticSpec:
        return plastic_spec(self.base, changed(read_plastic_toml(self.base), params))


def changed(tables: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return a spec's tables with values replaced, whose places are names joined by dots.

    Raises
    ------
    DataError
        There is no such table.

    Examples
    --------
    >>> changed({"rule": {"type": "PairSTDP"}, "dt": 1e-3}, {"rule.a_plus": 0.01, "dt": 1e-4})
    {'rule': {'type': 'PairSTDP', 'a_plus': 0.01}, 'dt': 0.0001}
    """
    found = copy.deepcopy(dict(tables))
    for place, value in params.items():
        *path, last = place.split(".")
        table: Any = found
        for name in path:
            if not isinstance(table, dict) or not isinstance(table.get(name), dict):
                raise DataError(f"key '{place}': there is no table '{name}' in the base spec")
            table = table[name]
        table[last] = value
    return found


def _rows(network: PlasticNetwork, result: PlasticResult, seconds: float) -> list[dict[str, Any]]:
    rows = []
    counts = result.tables["plastic_counts"].drop("type", "steps", "seconds", "neurons")
    for counted in counts.to_dicts():
        name = counted["name"]
        if counted["kind"] == "population":
            size = network.populations[name].size
            rows.append({**counted, "size": size, "rate": counted["spikes"] / (size * seconds)})
            continue
        weight = result.weights(name).weight.astype(np.float64)
        row = {**counted, "size": weight.size}
        if weight.size:
            row |= {"weight_mean": float(weight.mean()), "weight_std": float(weight.std())}
        rule = network.projections[name].rule
        if rule is not None and weight.size:
            low, high = weight < _NEAR * rule.w_max, weight > (1 - _NEAR) * rule.w_max
            row |= {"share_low": float(low.mean()), "share_high": float(high.mean())}
        rows.append(row)
    return rows
