"""A run of a plastic network in a file: ``SPEC.toml`` (docs/stdp.md)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pysnn.errors import DataError
from pysnn.file_kinds import with_kind
from pysnn.plastic.connectors import check_seed
from pysnn.plastic.describe import network_from
from pysnn.plastic.monitors import Monitor, Rates, Spikes, Weights
from pysnn.plastic.network import PlasticNetwork
from pysnn.plastic.rules.base import check_positive

__all__ = ["PlasticSpec", "load_plastic_spec", "plastic_spec", "read_plastic_toml"]

_KEYS = {"dt", "network", "populations", "projections", "rewards", "seconds", "seed", "watch"}
_WATCH = {"rates", "spikes", "weights"}


@dataclass(frozen=True, eq=False)
class PlasticSpec:
    """A network, or the file that has it, and how to run it."""

    network: PlasticNetwork | Path
    dt: float
    seconds: float
    seed: int
    watch: tuple[Monitor, ...]
    rewards: tuple[tuple[float, float], ...]


def load_plastic_spec(path: Path) -> PlasticSpec:
    """Read a spec and check it.

    Raises
    ------
    DataError
        The file is no TOML, or a key is wrong, missing or unknown.
    NetworkError
        A part of the network is wrong; the message says which.
    """
    return plastic_spec(path, read_plastic_toml(path))


def read_plastic_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a spec as they stand there, or raise :class:`DataError`."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeError, RecursionError) as error:
        raise DataError(with_kind(f"'{path}': expected TOML: {error}", path)) from error


def plastic_spec(path: Path, given: Mapping[str, Any]) -> PlasticSpec:
    """Return what the tables of the spec at ``path`` say, checked; see :func:`load_plastic_spec`."""
    _check_keys(str(path), given, _KEYS)
    for name in ("dt", "seconds"):
        if name not in given:
            raise DataError(f"'{path}': expected {name} (seconds), got none")
    seed = given.get("seed", 0)
    check_seed(seed, f"'{path}': seed")
    return PlasticSpec(
        network=_network(path, given),
        dt=check_positive(given["dt"], f"'{path}': dt"),
        seconds=check_positive(given["seconds"], f"'{path}': seconds"),
        seed=seed,
        watch=_watch(path, given.get("watch", {})),
        rewards=_rewards(path, given.get("rewards", [])),
    )


def _network(path: Path, given: Mapping[str, Any]) -> PlasticNetwork | Path:
    if "network" not in given:
        return network_from({kind: given[kind] for kind in ("populations", "projections") if kind in given})
    if "populations" in given or "projections" in given or not isinstance(given["network"], str):
        raise DataError(
            f"'{path}': network: expected the name of a .psnn file, and no populations or projections beside it"
        )
    return path.parent / given["network"]


def _watch(path: Path, watch: Any) -> tuple[Monitor, ...]:
    _check_keys(f"{path}: watch", watch, _WATCH)
    found: list[Monitor] = [Spikes(str(name)) for name in _listed(path, watch.get("spikes", []), "spikes")]
    if "rates" in watch:
        found.append(Rates(watch["rates"]))
    weights = watch.get("weights", {})
    if not isinstance(weights, Mapping):
        raise DataError(f"'{path}': watch: weights: expected seconds by projection, got {weights!r:.80}")
    return (*found, *(Weights(name, every=every) for name, every in weights.items()))


def _rewards(path: Path, rewards: Any) -> tuple[tuple[float, float], ...]:
    pairs = _listed(path, rewards, "rewards")
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise DataError(f"'{path}': rewards: expected pairs of time and amount, got {rewards!r:.80}")
    return tuple((pair[0], pair[1]) for pair in pairs)


def _listed(path: Path, value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise DataError(f"'{path}': {what}: expected a list, got {value!r:.80}")
    return value


def _check_keys(where: str, given: Any, known: set[str]) -> None:
    if not isinstance(given, Mapping):
        raise DataError(f"'{where}': expected a table, got {given!r:.80}")
    odd = sorted(set(given) - known)
    if odd:
        raise DataError(f"'{where}': expected {', '.join(sorted(known))}, got {odd[0]!r}")
