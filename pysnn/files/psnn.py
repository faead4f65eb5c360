"""Save and load networks: ``.psnn`` files (``docs/psnn_format.md``)."""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import FileFormatError
from pysnn.file_kinds import with_kind
from pysnn.files import container_reader, graph_json
from pysnn.files.aside import network_path, write_aside
from pysnn.files.container import DTYPES, MAX_HEADER, Container, TensorEntry, write_container
from pysnn.files.golden import Golden
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings
from pysnn.network import Network

__all__ = ["dumps", "load", "load_with", "loads", "loads_with", "save"]

T = TypeVar("T")


def save(
    path: str | os.PathLike[str],
    network: Network,
    *,
    settings: Settings | None = None,
    provenance: Mapping[str, str | int | float] | None = None,
    golden: Golden | None = None,
) -> Path:
    """Write a network to a file, which is there in full or not at all, and give its path.

    Parameters
    ----------
    path
        The file, ``.psnn``; an existing one is replaced.
    network
        What to save.
    settings
        How it is meant to be run.
    provenance
        Where it comes from: text or numbers by name.
    golden
        A run that every runtime must repeat; :func:`pysnn.files.golden.make_golden` makes one.

    Raises
    ------
    FileFormatError, DataError
        A part cannot be held by a file, or the name says another format.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pysnn import IF, Input, Network, Output
    >>> network = Network.chain({"in": Input((1,)), "if": IF(), "out": Output("count")})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     saved = load(save(Path(folder) / "net.psnn", network, provenance={"method": "max-norm"}))
    >>> saved.network == network, saved.provenance["method"]
    (True, 'max-norm')
    """
    target = network_path(path)
    data = dumps(network, settings=settings, provenance=provenance, golden=golden)
    return write_aside(target, lambda aside: aside.write_bytes(data))


def load(path: str | os.PathLike[str]) -> SavedNetwork:
    """Read a network from a file; every byte of it is checked. First-spike networks: :mod:`pysnn.files.first_spike`.

    Raises
    ------
    FileFormatError
        The file is damaged, altered, truncated, hostile, or from a newer version. The message has the file's name, what
        was expected, what came, and where.
    OSError
        There is no such file, or it cannot be read.
    """
    return load_with(graph_json.decode, path)


def load_with(decode: Callable[[str, Mapping[str, NDArray[Any]]], T], path: str | os.PathLike[str]) -> T:
    """Read a file whose graph and tensors ``decode`` makes something of; errors are those of :func:`load`."""
    try:
        return loads_with(decode, _read_bytes(Path(path)))
    except FileFormatError as error:
        raise FileFormatError(f"{os.fspath(path)}: {with_kind(str(error), path)}") from error.__cause__
    except MemoryError as error:
        raise FileFormatError(f"{os.fspath(path)}: there is not enough memory to read it") from error


def dumps(
    network: Network,
    *,
    settings: Settings | None = None,
    provenance: Mapping[str, str | int | float] | None = None,
    golden: Golden | None = None,
) -> bytes:
    """Return the bytes that :func:`save` writes: the same for the same content, always."""
    saved = SavedNetwork(network, settings or Settings(), provenance or {}, golden)
    return write_container(*graph_json.encode(saved))


def loads(data: bytes) -> SavedNetwork:
    """Read a network from a file's bytes; see :func:`load`.

    Examples
    --------
    >>> loads(b"PK")
    Traceback (most recent call last):
    pysnn.errors.FileFormatError: truncated: 2 bytes, the header's length alone takes 8
    """
    return loads_with(graph_json.decode, data)


def loads_with(decode: Callable[[str, Mapping[str, NDArray[Any]]], T], data: bytes) -> T:
    """Do :func:`load_with` on a file's bytes."""
    try:
        container = _reader()(data)
        arrays = {name: _array(data, entry) for name, entry in container.tensors.items()}
        return decode(container.graph, arrays)
    except RecursionError as error:
        raise FileFormatError("its graph is nested too deeply") from error
    except MemoryError as error:
        raise FileFormatError(f"there is not enough memory for its {len(data)} bytes") from error


def _reader() -> Callable[[bytes], Container]:
    try:
        from pysnn._core import read_psnn
    except ImportError:
        return container_reader.read_container
    return lambda data: _from_core(read_psnn, data)


def _from_core(read_psnn: Callable[[bytes], tuple[Any, Any]], data: bytes) -> Container:
    metadata, tensors = read_psnn(data)
    entries = {name: TensorEntry(*entry) for name, entry in tensors.items()}
    return Container(metadata["graph"], metadata["sha256"], entries)


def _array(data: bytes, entry: TensorEntry) -> NDArray[Any]:
    """Return a read-only view of a tensor's bytes, in the machine's own byte order."""
    dtype = DTYPES[entry.dtype]
    flat = np.frombuffer(data, dtype, count=entry.length // dtype.itemsize, offset=entry.offset)
    return flat.reshape(entry.shape).astype(dtype.newbyteorder("="), copy=False)


def _read_bytes(path: Path) -> bytes:
    """Return a file's bytes."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise FileFormatError("not a regular file")
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        first = stream.read(8)
        if int.from_bytes(first, "little") > MAX_HEADER:
            # However large the file may be, these bytes are enough for the reader to refuse it.
            return first
        return first + stream.read(max(size - 8, 0))
