"""The graph of a ``.psnn`` file: everything but numbers in bulk, as one canonical JSON text.

It is generic: a node is its type's name and its fields, so that a new node type is in files without a word here.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from math import isfinite
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import FileFormatError, PysnnError
from pysnn.io.container import canonical_json, is_text, quote
from pysnn.io.golden import Golden
from pysnn.io.saved import SavedNetwork
from pysnn.io.settings import Settings
from pysnn.network import NODES, Network
from pysnn.nodes import Node

__all__ = ["decode", "encode"]

_ROOT_KEYS = ("edges", "golden", "nodes", "provenance", "settings")
_GOLDEN_KEYS = ("input", "precision", "scores", "spikes", "steps")
_MOST_INTEGER = (1 << 63) - 1
_DEEPEST = 4
# Characters of a message about a value that a file has: the value may be the whole file.
_LONGEST = 500


def encode(saved: SavedNetwork) -> tuple[str, dict[str, NDArray[Any]]]:
    """Give the graph's text and the tensors that it refers to, by name.

    Raises
    ------
    FileFormatError
        A node's type is not registered, or a field has a value that a file cannot hold.
    """
    writer = _Writer()
    root = {
        "edges": [list(edge) for edge in saved.network.edges],
        "golden": None if saved.golden is None else _golden_json(writer, saved.golden),
        "nodes": [_node_json(writer, name, node) for name, node in saved.network.nodes.items()],
        "provenance": dict(saved.provenance),
        "settings": asdict(saved.settings),
    }
    return canonical_json(root), writer.tensors


def decode(text: str, tensors: Mapping[str, NDArray[Any]]) -> SavedNetwork:
    """Give what a graph's text and its tensors describe.

    The result is encoded again and must give the same text and the same tensors: whatever a constructor would silently
    change, and every second way to write the same graph, is refused.

    Raises
    ------
    FileFormatError
        Anything about them is not as the format says.
    """
    root = _parse(text)
    _check_keys("the graph", root, _ROOT_KEYS)
    reader = _Reader(tensors)
    try:
        saved = SavedNetwork(
            network=_network(reader, root["nodes"], root["edges"]),
            settings=_settings(root["settings"]),
            provenance=_object("provenance", root["provenance"]),
            golden=None if root["golden"] is None else _golden(reader, root["golden"]),
        )
    except FileFormatError:
        raise
    except PysnnError as error:
        raise FileFormatError(str(error)[:_LONGEST]) from error
    _check_same(saved, text, tensors)
    return saved


@dataclass
class _Writer:
    """Collects tensors while values become JSON."""

    tensors: dict[str, NDArray[Any]] = field(default_factory=dict)

    def tensor(self, name: str, array: NDArray[Any]) -> dict[str, str]:
        if name in self.tensors:
            raise FileFormatError(f"two tensors would be called {quote(name)}: rename a node")
        self.tensors[name] = array
        return {"tensor": name}

    def value(self, value: Any, where: str, tensor: str) -> Any:
        if isinstance(value, np.ndarray):
            return self.tensor(tensor, value)
        if isinstance(value, tuple):
            return [self.value(item, where, f"{tensor}[{i}]") for i, item in enumerate(value)]
        _check_plain(value, where)
        return value


@dataclass(frozen=True)
class _Reader:
    """Gives values from JSON."""

    tensors: Mapping[str, NDArray[Any]]

    def value(self, value: Any, where: str, depth: int = 0) -> Any:
        if isinstance(value, dict):
            return self.tensor(value, where)
        if isinstance(value, list):
            if depth == _DEEPEST:
                raise FileFormatError(f"{where}: lists nested more than {_DEEPEST} deep")
            return tuple(self.value(item, where, depth + 1) for item in value)
        _check_plain(value, where)
        return value

    def tensor(self, value: Any, where: str) -> NDArray[Any]:
        name = _object(where, value).get("tensor")
        if len(value) != 1 or not isinstance(name, str):
            raise FileFormatError(f'{where}: expected {{"tensor": name}}, got keys {_listed(value)}')
        if name not in self.tensors:
            raise FileFormatError(f"{where}: there is no tensor {quote(name)}")
        return self.tensors[name]


def _check_plain(value: object, where: str) -> None:
    if value is None or type(value) is bool:
        return
    if type(value) is int and abs(value) <= _MOST_INTEGER:
        return
    if type(value) is float and isfinite(value):
        return
    if type(value) is str and is_text(value):
        return
    raise FileFormatError(
        f"{where}: a file holds text, integers of 64 bits, finite numbers, true, false and null, got {type(value).__name__}"
    )


def _node_json(writer: _Writer, name: str, node: Node) -> dict[str, Any]:
    if NODES.get(node.title) is not type(node):
        raise FileFormatError(f"node {quote(name)}: its type {type(node).__qualname__} is not registered")
    values = {}
    for item in fields(node):
        if _later(item) and getattr(node, item.name) is item.default:
            continue
        where = f"{node.title} {quote(name)}: {item.name}"
        values[item.name] = writer.value(getattr(node, item.name), where, f"{name}.{item.name}")
    return {"fields": values, "name": name, "type": node.title}


def _golden_json(writer: _Writer, golden: Golden) -> dict[str, Any]:
    return {
        "input": writer.tensor("golden/input", golden.input),
        "precision": golden.precision,
        "scores": writer.tensor("golden/scores", golden.scores),
        "spikes": {name: writer.tensor(f"golden/spikes/{name}", counts) for name, counts in golden.spikes.items()},
        "steps": list(golden.steps),
    }


def _network(reader: _Reader, nodes: Any, edges: Any) -> Network:
    found: dict[str, Node] = {}
    for item in _list("nodes", nodes):
        _check_keys("a node", _object("a node", item), ("fields", "name", "type"))
        name = item["name"]
        if not isinstance(name, str) or name in found:
            raise FileFormatError(f"a node's name: expected text that stands there once, got {quote(name)}")
        found[name] = _node(reader, f"node {quote(name)}", item["type"], item["fields"])
    pairs = [tuple(_list("an edge", edge)) for edge in _list("edges", edges)]
    if not all(len(pair) == 2 and all(isinstance(end, str) for end in pair) for pair in pairs):
        raise FileFormatError("edges: expected pairs of node names")
    return Network(found, [(pair[0], pair[1]) for pair in pairs])


def _node(reader: _Reader, where: str, kind: Any, values: Any) -> Node:
    if not isinstance(kind, str) or kind not in NODES:
        raise FileFormatError(f"{where}: unknown node type {quote(kind)}; this pysnn has {', '.join(NODES)}")
    _check_fields(f"{where} ({kind})", _object(where, values), fields(NODES[kind]))
    arguments = {name: reader.value(value, f"{where} ({kind}): {name}") for name, value in values.items()}
    try:
        return NODES[kind](**arguments)
    # A constructor of any author's is given hostile values here; whatever it raises, the file is at fault.
    except Exception as error:
        raise FileFormatError(f"{where} ({kind}): {str(error)[:_LONGEST]}") from error


def _later(item: Field[Any]) -> bool:
    """Say whether a field is left out where it has its default."""
    return bool(item.metadata.get("left_out_at_default"))


def _check_fields(where: str, found: Mapping[str, Any], known: Iterable[Field[Any]]) -> None:
    """Check that all fields are there but those that may be left out."""
    names = [item.name for item in known if item.name in found or not _later(item)]
    unknown = set(found) - set(names)
    if unknown:
        raise FileFormatError(
            f"{where}: there is no field {_listed(dict.fromkeys(unknown))}; a newer pysnn may have it"
        )
    _check_keys(where, found, names)


def _settings(value: Any) -> Settings:
    _check_keys("settings", _object("settings", value), [item.name for item in fields(Settings)])
    return Settings(**value)


def _golden(reader: _Reader, value: Any) -> Golden:
    _check_keys("golden", _object("golden", value), _GOLDEN_KEYS)
    spikes = _object("golden: spikes", value["spikes"])
    return Golden(
        input=reader.tensor(value["input"], "golden: input"),
        scores=reader.tensor(value["scores"], "golden: scores"),
        spikes={name: reader.tensor(item, f"golden: spikes of {quote(name)}") for name, item in spikes.items()},
        steps=tuple(_list("golden: steps", value["steps"])),
        precision=value["precision"],
    )


def _parse(text: str) -> dict[str, Any]:
    try:
        root = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise FileFormatError("the graph is nested too deeply") from None
    except ValueError as error:
        raise FileFormatError(f"the graph is not JSON: {str(error)[:200]}") from None
    return _object("the graph", root)


def _refuse_constant(name: str) -> NoReturn:
    raise FileFormatError(f"the graph is not JSON: {name} is no number in it")


def _object(where: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FileFormatError(f"{where}: expected a JSON object, got {type(value).__name__}")
    return value


def _list(where: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise FileFormatError(f"{where}: expected a JSON list, got {type(value).__name__}")
    return value


def _check_keys(where: str, found: Mapping[str, Any], expected: Any) -> None:
    if set(found) != set(expected):
        raise FileFormatError(f"{where}: expected the keys {', '.join(sorted(expected))}, got {_listed(found)}")


def _listed(found: Mapping[str, Any]) -> str:
    return ", ".join(quote(key) for key in sorted(found)[:12]) or "none"


def _check_same(saved: SavedNetwork, text: str, tensors: Mapping[str, NDArray[Any]]) -> None:
    again, arrays = encode(saved)
    unused = sorted(set(tensors) - set(arrays))
    if unused:
        raise FileFormatError(f"tensor {quote(unused[0])} belongs to nothing in the graph")
    if again != text:
        at = next((i for i, (a, b) in enumerate(zip(again, text, strict=False)) if a != b), min(len(again), len(text)))
        raise FileFormatError(
            f"the graph is not in canonical form: at character {at} expected {again[at : at + 24]!r}, "
            f"got {text[at : at + 24]!r}"
        )
    for name, array in arrays.items():
        if (array.dtype, array.shape) != (tensors[name].dtype, tensors[name].shape):
            raise FileFormatError(
                f"tensor {quote(name)}: expected {array.dtype} {array.shape}, "
                f"got {tensors[name].dtype} {tensors[name].shape}"
            )
