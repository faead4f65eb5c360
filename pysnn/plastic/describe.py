"""Networks as plain values, which files hold: tables of fields with the name of their type."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

import numpy as np

from pysnn.errors import NetworkError
from pysnn.plastic.cell_parts import AdaptiveThreshold, Conductance, Current
from pysnn.plastic.connectors import AllToAll, FixedProbability, OneToOne, Synapses, Uniform
from pysnn.plastic.network import PlasticNetwork, Projection
from pysnn.plastic.populations import IFCells, LIFCells, PoissonSource, SpikeSource
from pysnn.plastic.rules import PLASTICITY

__all__ = ["describe", "network_from"]

_PARTS = (
    AdaptiveThreshold, AllToAll, Conductance, Current, FixedProbability, IFCells, LIFCells, OneToOne, PoissonSource, Projection, SpikeSource, Synapses, Uniform,
)  # fmt: skip


def describe(network: PlasticNetwork) -> dict[str, Any]:
    """Return a network as nested dictionaries of numbers, texts and arrays.

    Examples
    --------
    >>> describe(PlasticNetwork.of(a=PoissonSource(3, rate=2.0)))
    {'populations': {'a': {'type': 'PoissonSource', 'size': 3, 'rate': 2.0}}, 'projections': {}}
    """
    parts = {"populations": network.populations, "projections": network.projections}
    return {kind: {name: _describe(part) for name, part in named.items()} for kind, named in parts.items()}


def network_from(values: Mapping[str, Any]) -> PlasticNetwork:
    """Return the network of a description; arrays may be lists, and fields with a default may be missing.

    Raises
    ------
    NetworkError
        Something is missing, unknown or wrong; the message says where.

    Examples
    --------
    >>> network_from({"populations": {"a": {"type": "PoissonSource", "size": 3, "rate": 2.0}}}).populations["a"].rate
    2.0
    """
    _check_keys("the network", values, {"populations", "projections"})
    populations, projections = (_named(values.get(kind, {}), kind) for kind in ("populations", "projections"))
    projections = {name: {"type": "Projection", **part} for name, part in projections.items()}
    made = {name: _make(part, f"populations.{name}") for name, part in populations.items()}
    return PlasticNetwork(made, {name: _make(part, f"projections.{name}") for name, part in projections.items()})


def _describe(value: Any) -> Any:
    if not is_dataclass(value) or isinstance(value, type):
        return value
    named = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
    told = {name: _describe(held) for name, (held, default) in named.items() if held is not None or default is MISSING}
    return {"type": type(value).__name__, **told}


def _named(values: Any, kind: str) -> dict[str, dict[str, Any]]:
    if not isinstance(values, Mapping) or not all(isinstance(part, Mapping) for part in values.values()):
        raise NetworkError(f"{kind}: expected a table of each by its name, got {values!r:.80}")
    return {name: dict(part) for name, part in values.items()}


def _make(value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    # Rules may be added to the registry at any time.
    types: dict[str, Any] = {kind.__name__: kind for kind in (*_PARTS, *PLASTICITY.values())}
    kind = types.get(str(value.get("type")))
    if kind is None:
        raise NetworkError(f"{where}: type: expected one of {', '.join(types)}, got {value.get('type')!r}")
    given = {name: _make(held, f"{where}.{name}") for name, held in value.items() if name != "type"}
    known = {field.name: field for field in fields(kind)}
    _check_keys(where, given, set(known))
    missing = [name for name, field in known.items() if name not in given and field.default is MISSING]
    if missing and not (kind is Synapses and missing == ["weight"]):
        raise NetworkError(f"{where}: expected {', '.join(missing)} too")
    try:
        if kind is Synapses:
            return Synapses.of(given["pre"], given["post"], given.get("weight"))
        return kind(**{name: np.asarray(held) if isinstance(held, list) else held for name, held in given.items()})
    except NetworkError as error:
        raise NetworkError(f"{where}: {error}") from error


def _check_keys(where: str, given: Mapping[str, Any], known: set[str]) -> None:
    odd = sorted(set(given) - known)
    if odd:
        raise NetworkError(f"{where}: expected {', '.join(sorted(known))}, got {odd[0]!r}")
