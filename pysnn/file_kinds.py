"""What a file is, by its first bytes: for messages about files that are not what they should be."""

import os
from pathlib import Path

__all__ = ["file_kind", "with_kind"]

_LOOKED_AT = 4096
_MAGIC = (
    (b"\x93NUMPY", "a single NumPy array (.npy)"),
    (b"PK\x03\x04", "a zip file (.npz, PyTorch, Keras or Office)"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"PAR1", "a Parquet table"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x80", "a pickle"),
    (b"%PDF", "a PDF"),
    (b"\x7fELF", "a program"),
)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def file_kind(path: str | os.PathLike[str]) -> str:
    """Return what a file looks like, as a part of a sentence; "" where that cannot be said.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "net.psnn"
    ...     _ = file.write_bytes(b"")
    ...     file_kind(folder), file_kind(file)
    ('a folder', 'an empty file')
    """
    file = Path(path)
    try:
        if not file.is_file():
            return "a folder" if file.is_dir() else ""
        with file.open("rb") as stream:
            first = stream.read(_LOOKED_AT)
            whole = not stream.read(1)
    except OSError:
        return ""
    if not first:
        return "an empty file"
    # The header's length, then JSON: a .psnn or .safetensors file, and what reads them says more.
    if first[8:9] == b"{" and int.from_bytes(first[:8], "little") < 1 << 32:
        return ""
    for magic, kind in _MAGIC:
        if first.startswith(magic):
            return kind
    return "text" if first.startswith(_UTF_16) or _is_text(first, whole=whole) else ""


def with_kind(message: str, path: str | os.PathLike[str]) -> str:
    """Return a message about a file, and what the file looks like where that can be said."""
    kind = file_kind(path)
    return f"{message}; it looks like {kind}" if kind else message


def _is_text(first: bytes, *, whole: bool) -> bool:
    if any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in first):
        return False
    try:
        first.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character may have been cut.
        return not whole and error.start > len(first) - 4
    return True
