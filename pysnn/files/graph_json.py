"""The graph of a ``.psnn`` file: everything but numbers in bulk, as one canonical JSON text.

It is generic: a node is its type's name and its fields, so that a new node type is in files without a word here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import Field, asdict, fields
from typing import Any

from numpy.typing import NDArray

from pysnn.errors import FileFormatError, PysnnError
from pysnn.files.container import canonical_json, quote
from pysnn.files.golden import Golden
from pysnn.files.graph_values import LONGEST, Reader, Writer, as_list, as_object, check_keys, check_same, listed, parse
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings
from pysnn.network import NODES, Network
from pysnn.nodes import Node

__all__ = ["decode", "encode"]

_LATER = {"first_layer": "float32"}
"""Settings that older files do not have, as they mean them."""

_ROOT_KEYS = ("edges", "golden", "nodes", "provenance", "settings")
_GOLDEN_KEYS = ("input", "precision", "scores", "spikes", "steps")


def encode(saved: SavedNetwork) -> tuple[str, dict[str, NDArray[Any]]]:
    """Return the graph's text and the tensors that it refers to, by name.

    Raises
    ------
    FileFormatError
        A node's type is not registered, or a field has a value that a file cannot hold.
    """
    writer = Writer()
    root = {
        "edges": [list(edge) for edge in saved.network.edges],
        "golden": None if saved.golden is None else _golden_json(writer, saved.golden),
        "nodes": [_node_json(writer, name, node) for name, node in saved.network.nodes.items()],
        "provenance": dict(saved.provenance),
        "settings": _known(saved.settings),
    }
    return canonical_json(root), writer.tensors


def decode(text: str, tensors: Mapping[str, NDArray[Any]]) -> SavedNetwork:
    """Return what a graph's text and its tensors describe.

    The result is encoded again and must give the same text and the same tensors: whatever a constructor would silently
    change, and every second way to write the same graph, is refused.

    Raises
    ------
    FileFormatError
        Anything about them is not as the format says.
    """
    root = parse(text)
    if "first_spike" in root:
        raise FileFormatError("it holds a first-spike network, which pysnn.files.first_spike.load reads")
    if "plastic" in root:
        raise FileFormatError("it holds a plastic network, which pysnn.files.plastic.load and 'pysnn stdp run' read")
    check_keys("the graph", root, _ROOT_KEYS)
    reader = Reader(tensors)
    try:
        saved = SavedNetwork(
            network=_network(reader, root["nodes"], root["edges"]),
            settings=_settings(root["settings"]),
            provenance=as_object("provenance", root["provenance"]),
            golden=None if root["golden"] is None else _golden(reader, root["golden"]),
        )
    except FileFormatError:
        raise
    except PysnnError as error:
        raise FileFormatError(str(error)[:LONGEST]) from error
    check_same(*encode(saved), text, tensors)
    return saved


def _node_json(writer: Writer, name: str, node: Node) -> dict[str, Any]:
    if NODES.get(node.title) is not type(node):
        raise FileFormatError(f"node {quote(name)}: its type {type(node).__qualname__} is not registered")
    values = {}
    for item in fields(node):
        if _later(item) and getattr(node, item.name) is item.default:
            continue
        where = f"{node.title} {quote(name)}: {item.name}"
        values[item.name] = writer.value(getattr(node, item.name), where, f"{name}.{item.name}")
    return {"fields": values, "name": name, "type": node.title}


def _golden_json(writer: Writer, golden: Golden) -> dict[str, Any]:
    return {
        "input": writer.tensor("golden/input", golden.input),
        "precision": golden.precision,
        "scores": writer.tensor("golden/scores", golden.scores),
        "spikes": {name: writer.tensor(f"golden/spikes/{name}", counts) for name, counts in golden.spikes.items()},
        "steps": list(golden.steps),
    }


def _network(reader: Reader, nodes: Any, edges: Any) -> Network:
    found: dict[str, Node] = {}
    for item in as_list("nodes", nodes):
        check_keys("a node", as_object("a node", item), ("fields", "name", "type"))
        name = item["name"]
        if not isinstance(name, str) or name in found:
            raise FileFormatError(f"a node's name: expected text that stands there once, got {quote(name)}")
        found[name] = _node(reader, f"node {quote(name)}", item["type"], item["fields"])
    pairs = [tuple(as_list("an edge", edge)) for edge in as_list("edges", edges)]
    if not all(len(pair) == 2 and all(isinstance(end, str) for end in pair) for pair in pairs):
        raise FileFormatError("edges: expected pairs of node names")
    return Network(found, [(pair[0], pair[1]) for pair in pairs])


def _node(reader: Reader, where: str, kind: Any, values: Any) -> Node:
    if not isinstance(kind, str) or kind not in NODES:
        raise FileFormatError(f"{where}: unknown node type {quote(kind)}; this pysnn has {', '.join(NODES)}")
    _check_fields(f"{where} ({kind})", as_object(where, values), fields(NODES[kind]))
    arguments = {name: reader.value(value, f"{where} ({kind}): {name}") for name, value in values.items()}
    try:
        return NODES[kind](**arguments)
    # A constructor of any author's is given hostile values here; whatever it raises, the file is at fault.
    except Exception as error:
        raise FileFormatError(f"{where} ({kind}): {str(error)[:LONGEST]}") from error


def _later(item: Field[Any]) -> bool:
    """Say whether a field is left out where it has its default."""
    return bool(item.metadata.get("left_out_at_default"))


def _check_fields(where: str, found: Mapping[str, Any], known: Iterable[Field[Any]]) -> None:
    """Check that all fields are there but those that may be left out."""
    names = [item.name for item in known if item.name in found or not _later(item)]
    unknown = set(found) - set(names)
    if unknown:
        raise FileFormatError(f"{where}: there is no field {listed(dict.fromkeys(unknown))}; a newer pysnn may have it")
    check_keys(where, found, names)


def _settings(value: Any) -> Settings:
    settings = {**_LATER, **as_object("settings", value)}
    check_keys("settings", settings, [item.name for item in fields(Settings)])
    return Settings(**settings)


def _known(settings: Settings) -> dict[str, Any]:
    """Return the settings without what files of before could not say, where it is as they mean it."""
    return {key: value for key, value in asdict(settings).items() if key not in _LATER or value != _LATER[key]}


def _golden(reader: Reader, value: Any) -> Golden:
    check_keys("golden", as_object("golden", value), _GOLDEN_KEYS)
    spikes = as_object("golden: spikes", value["spikes"])
    return Golden(
        input=reader.tensor(value["input"], "golden: input"),
        scores=reader.tensor(value["scores"], "golden: scores"),
        spikes={name: reader.tensor(item, f"golden: spikes of {quote(name)}") for name, item in spikes.items()},
        steps=tuple(as_list("golden: steps", value["steps"])),
        precision=value["precision"],
    )
