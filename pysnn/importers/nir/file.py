"""``.nir`` files, which are HDF5, by h5py alone (extra ``nir``).

The package ``nir`` is not used: sinabs and other libraries pin versions of it that exclude each other, and the format is small.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pysnn.errors import FileFormatError, MissingExtraError
from pysnn.file_kinds import with_kind
from pysnn.files.aside import check_ending, write_aside
from pysnn.importers.nir.graph import NirGraph, NirNode

__all__ = ["read_graph", "write_graph"]

_VERSION = "1.0.8"
"""The version of NIR whose files these are."""

_LARGEST = 1 << 31
_MOST_NODES = 1 << 16


def read_graph(path: str | os.PathLike[str]) -> NirGraph:
    """Read a ``.nir`` file as it is.

    Raises
    ------
    FileFormatError
        It is damaged, or no NIR file.
    MissingExtraError
        The package h5py is not installed.
    OSError
        There is no such file, or it cannot be read.
    """
    h5py = _h5py()
    file = Path(path)
    with file.open("rb"):
        pass
    try:
        with h5py.File(file, "r") as stream:
            node = _node(stream.get("node"), "graph", 0)
    except FileFormatError as error:
        raise FileFormatError(f"{file}: {error}") from error
    # Of damaged files h5py raises these, and says which part.
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, OverflowError, MemoryError) as error:
        what = with_kind("not a NIR file, or a damaged one", file)
        raise FileFormatError(
            f"{file}: {what} ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        ) from error
    if node.graph is None:
        raise FileFormatError(f"{file}: expected a NIRGraph, got the node {node.kind} alone")
    return node.graph


def write_graph(path: str | os.PathLike[str], graph: NirGraph) -> Path:
    """Write a graph to a ``.nir`` file, which is there in full or not at all, and return its path.

    Raises
    ------
    DataError
        The name says another format.
    MissingExtraError
        The package h5py is not installed.
    OSError
        The file cannot be written.
    """
    h5py = _h5py()
    file = Path(path)
    check_ending(file, [".nir"])

    def write(aside: Path) -> None:
        with h5py.File(aside, "w", track_order=False) as stream:
            stream.create_dataset("version", data=_VERSION, dtype=h5py.string_dtype())
            _put(stream.create_group("node"), NirNode("NIRGraph", {}, graph))

    return write_aside(file, write)


def _h5py() -> Any:
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("NIR files are HDF5, which needs h5py: pip install 'pysnn[nir]'") from error
    return h5py


def _node(group: Any, name: str, depth: int) -> NirNode:
    """Return the node of an HDF5 group."""
    if not _is_group(group):
        raise FileFormatError(f"expected a group of HDF5 for the node '{name}', found none")
    values = {key: item for key, item in group.items() if not _is_group(item)}
    if None in values.values():
        raise FileFormatError(f"node '{name}': a field leads nowhere")
    if "type" not in values:
        raise FileFormatError(f"node '{name}': its type is missing")
    kind = _text(values.pop("type"), name)
    if kind != "NIRGraph":
        return NirNode(kind, {key: _value(item, f"{name}/{key}") for key, item in values.items()})
    inner = group.get("nodes")
    if not _is_group(inner) or "edges" not in values or len(inner) > _MOST_NODES or depth > 16:
        raise FileFormatError(
            f"node '{name}': expected a graph with nodes and edges, found {', '.join(group) or 'nothing'}"
        )
    nodes = {key: _node(part, key, depth + 1) for key, part in inner.items() if _is_group(part)}
    return NirNode(kind, {}, NirGraph(nodes, _edges(values["edges"], name)))


def _edges(dataset: Any, name: str) -> tuple[tuple[str, str], ...]:
    """Return edges in the order of their names: a writer's order is that of a set."""
    pairs = np.asarray(dataset[()])
    if pairs.size == 0:
        return ()
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise FileFormatError(f"node '{name}': expected edges as pairs, got the shape {pairs.shape}")
    return tuple(sorted((_decoded(a), _decoded(b)) for a, b in pairs))


def _value(dataset: Any, name: str) -> Any:
    if dataset.size is None or dataset.nbytes > _LARGEST:
        raise FileFormatError(
            f"'{name}': expected at most {_LARGEST} bytes of values, got {dataset.shape} {dataset.dtype}"
        )
    value = dataset[()]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _text(dataset: Any, name: str) -> str:
    return _decoded(_value(dataset, f"{name}/type"))


def _decoded(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _is_group(item: Any) -> bool:
    return isinstance(item, Mapping) or hasattr(item, "keys")


def _put(group: Any, node: NirNode) -> None:
    """Write a node into an HDF5 group."""
    h5py = _h5py()
    group.create_dataset("type", data=node.kind, dtype=h5py.string_dtype())
    for key, value in node.fields.items():
        if isinstance(value, str):
            group.create_dataset(key, data=value, dtype=h5py.string_dtype())
        elif np.ndim(value):
            group.create_dataset(key, data=value, compression="gzip")
        else:
            group.create_dataset(key, data=value)
    if node.graph is None:
        return
    inner = group.create_group("nodes")
    for key, part in node.graph.nodes.items():
        _put(inner.create_group(key), part)
    group.create_dataset("edges", data=[list(edge) for edge in node.graph.edges], dtype=h5py.string_dtype())
