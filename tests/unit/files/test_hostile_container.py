"""Hostile and damaged bytes: both readers refuse the same files, and only with ``FileFormatError``."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pysnn.errors import FileFormatError
from pysnn.files.container import Container, write_container

Read = Callable[[bytes], Container]
Change = Callable[[dict[str, Any]], object]

Z = "z.index"  # int32, three values, bytes 32..44 of the tensors


def entry(**changes: Any) -> Change:
    return lambda root: root[Z].update(changes)


def metadata(**changes: Any) -> Change:
    return lambda root: root["__metadata__"].update(changes)


def add(name: str, value: object) -> Change:
    return lambda root: root.update({name: value})


def drop(*path: str) -> Change:
    def change(root: dict[str, Any]) -> None:
        for key in path[:-1]:
            root = root[key]
        del root[path[-1]]

    return change


CHANGED_HEADERS: dict[str, Change] = {
    "no metadata": drop("__metadata__"),
    "metadata is a list": add("__metadata__", ["format", "psnn"]),
    "no format": drop("__metadata__", "format"),
    "another format": metadata(format="pt"),
    "no version": drop("__metadata__", "format_version"),
    "version 0": metadata(format_version="0"),
    "version 01": metadata(format_version="01"),
    "version with a sign": metadata(format_version="+1"),
    "version is a number": metadata(format_version=1),
    "version of other digits": metadata(format_version="\u0661"),
    "version is huge": metadata(format_version="9" * 5000),
    "no graph": drop("__metadata__", "graph"),
    "graph is an object": metadata(graph={}),
    "graph is not ASCII": metadata(graph="\u00e9"),
    "no digest": drop("__metadata__", "sha256"),
    "digest is short": metadata(sha256="0" * 63),
    "digest is null": metadata(sha256=None),
    "one key more": metadata(extra="x"),
    "tensor is null": add(Z, None),
    "tensor is a list": add(Z, []),
    "tensor has a key more": entry(extra=0),
    "tensor has no shape": drop(Z, "shape"),
    "unknown dtype": entry(dtype="F8"),
    "dtype in lower case": entry(dtype="i32"),
    "dtype is a number": entry(dtype=4),
    "dtype is a list": entry(dtype=["I32"]),
    "dtype of another sign": entry(dtype="F64"),
    "shape is a number": entry(shape=3),
    "shape with a zero": entry(shape=[3, 0]),
    "shape with a negative": entry(shape=[-3]),
    "shape of two negatives": entry(shape=[-1, -3]),
    "shape of floats": entry(shape=[3.0]),
    "shape of booleans": entry(shape=[True, 3]),
    "shape of text": entry(shape=["3"]),
    "shape is too long": entry(shape=[1] * 8 + [3]),
    "shape overflows to zero": entry(shape=[1 << 32, 1 << 32]),
    "shape overflows to the size": entry(shape=[3, (1 << 62) + 1]),
    "shape past 64 bits": entry(shape=[1 << 64]),
    "shape of a thousand digits": entry(shape=[10**1000]),
    "shape of ten thousand digits": entry(shape=[10**4000, 10**4000]),
    "shape is larger": entry(shape=[4]),
    "shape is smaller": entry(shape=[2]),
    "offsets are too few": entry(data_offsets=[32]),
    "offsets are too many": entry(data_offsets=[32, 44, 44]),
    "offsets are negative": entry(data_offsets=[-12, 0]),
    "offsets go back": entry(data_offsets=[44, 32]),
    "offsets overlap": entry(data_offsets=[31, 43]),
    "offsets leave a hole": entry(data_offsets=[33, 45]),
    "offsets past 64 bits": entry(data_offsets=[32, 1 << 64]),
    "offsets at the last byte of 64 bits": entry(data_offsets=[(1 << 64) - 13, (1 << 64) - 1]),
    "offsets are floats": entry(data_offsets=[32.0, 44.0]),
    "offsets are null": entry(data_offsets=None),
    "an empty tensor more": add("zz", {"data_offsets": [49, 49], "dtype": "U8", "shape": [0]}),
    "the same bytes twice": add("zz", {"data_offsets": [32, 44], "dtype": "I32", "shape": [3]}),
    "a tensor past the end": add("zz", {"data_offsets": [49, 50], "dtype": "U8", "shape": [1]}),
    "a huge tensor": add("zz", {"data_offsets": [49, 49 + (1 << 62)], "dtype": "U8", "shape": [1 << 62]}),
    "a tensor gone": drop(Z),
    "a name that is no text": add("\ud800", {"data_offsets": [49, 50], "dtype": "U8", "shape": [1]}),
}


@pytest.mark.parametrize("name", CHANGED_HEADERS)
def test_changed_headers_are_refused(read: Read, valid: bytes, files: SimpleNamespace, name: str) -> None:
    changed = files.with_header(valid, CHANGED_HEADERS[name])
    assert changed != valid
    with pytest.raises(FileFormatError):
        read(changed)


def test_a_header_changed_back_is_accepted(read: Read, valid: bytes, files: SimpleNamespace) -> None:
    assert files.with_header(valid, lambda _: None) == valid
    read(valid)


# Other ways to write the same header: (what to find, what to write for it).
REWRITTEN = {
    "space after a colon": (b'"dtype":"I32"', b'"dtype": "I32"'),
    "line feed": (b'"dtype":"I32"', b'\n"dtype":"I32"'),
    "keys in another order": (b'"data_offsets":[32,44],"dtype":"I32"', b'"dtype":"I32","data_offsets":[32,44]'),
    "the same key twice": (b'"dtype":"I32"', b'"dtype":"I32","dtype":"I32"'),
    "the same tensor twice": (
        b'"z.index":{"data_offsets":[32,44],"dtype":"I32","shape":[3]}',
        b",".join([b'"z.index":{"data_offsets":[32,44],"dtype":"I32","shape":[3]}'] * 2),
    ),
    "an escaped letter": (b'"z.index"', b'"\\u007a.index"'),
    "an escape in upper case": (b"\\u00e9", b"\\u00E9"),
    "an escaped slash": (b'"z.index"', b'"z\\/index"'),
    "a raw character": (b"\\ud83d\\ude00", "😀".encode()),
    "half a character": (b"\\ud83d\\ude00", b"\\ud83d"),
    "a raw control character": (b"\\n", b"\n"),
    "a raw delete": (b"\\u007f", b"\x7f"),
    "a NUL": (b"z.index", b"z\0index"),
    "a leading zero": (b"[32,44]", b"[032,44]"),
    "a fraction": (b'"shape":[3]', b'"shape":[3.0]'),
    "an exponent": (b'"shape":[3]', b'"shape":[3e0]'),
    "minus zero": (b"[0,8]", b"[-0,8]"),
    "NaN": (b'"shape":[3]', b'"shape":[NaN]'),
    "Infinity": (b'"shape":[3]', b'"shape":[Infinity]'),
    "a trailing comma": (b'"shape":[3]', b'"shape":[3,]'),
    "a comment": (b'"shape":[3]', b'"shape":[3/**/]'),
    "deep nesting": (b'"shape":[3]', b'"shape":' + b"[" * 100_000 + b"]" * 100_000),
    "deep objects": (b'"shape":[3]', b'"shape":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "unclosed": (b'"shape":[]}}', b'"shape":[]}'),
    "closed twice": (b'"shape":[]}}', b'"shape":[]}}}'),
    "five thousand digits": (b"[32,44]", b"[" + b"1" * 5000 + b",44]"),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_other_ways_to_write_a_header_are_refused(read: Read, files: SimpleNamespace, valid: bytes, name: str) -> None:
    find, write = REWRITTEN[name]
    header, body = files.split(valid)
    assert header.count(find) >= 1
    with pytest.raises(FileFormatError):
        read(files.assemble(header.replace(find, write), body))


def test_a_key_that_stands_there_twice_is_refused(read: Read, files: SimpleNamespace) -> None:
    """Each time with a place of its own, so that nothing else is wrong."""
    one = write_container("{}", {"z": np.ones(1, dtype=np.int32)})
    header, body = files.split(one)
    again = header.replace(b"}}", b'},"z":{"data_offsets":[4,8],"dtype":"I32","shape":[1]}}')
    with pytest.raises(FileFormatError):
        read(files.assemble(again, body * 2))
    metadata = header[1 : header.index(b'"z"')]
    with pytest.raises(FileFormatError):
        read(files.assemble(b"{" + metadata + header[1:], body))


def test_other_paddings_and_ends_are_refused(read: Read, files: SimpleNamespace, valid: bytes) -> None:
    header, body = files.split(valid)
    padded = header + b" " * (-(8 + len(header)) % 64)
    assert files.assemble(padded, body) == valid
    wrong = {
        "none": files.assemble(header, body, pad=False),
        "64 more": files.assemble(padded + b" " * 64, body),
        "8 more": files.assemble(padded + b" " * 8, body, pad=False),
        "tab": files.assemble(padded[:-1] + b"\t", body),
        "NUL": files.assemble(padded[:-1] + b"\0", body),
        "in front": files.assemble(b" " + padded[:-1], body),
        "trailing bytes": files.assemble(header, body + b"\0"),
        "truncated": files.assemble(header, body[:-1]),
        "no header": bytes(8),
        "header of one byte": (1).to_bytes(8, "little") + b"{",
    }
    for data in wrong.values():
        with pytest.raises(FileFormatError):
            read(data)


@pytest.mark.parametrize(
    "length", [0, 1, 1 << 24, (1 << 24) + 1, 1 << 31, 1 << 32, 1 << 63, (1 << 64) - 8, (1 << 64) - 1]
)
def test_wrong_header_lengths_are_refused(read: Read, valid: bytes, length: int) -> None:
    with pytest.raises(FileFormatError):
        read(length.to_bytes(8, "little") + valid[8:])


def test_every_truncation_and_every_flipped_byte_is_refused(read: Read, valid: bytes) -> None:
    for size in range(len(valid)):
        with pytest.raises(FileFormatError):
            read(valid[:size])
    for at in range(len(valid)):
        for flip in (1, 0x20, 0x80):
            with pytest.raises(FileFormatError):
                read(valid[:at] + bytes([valid[at] ^ flip]) + valid[at + 1 :])


def test_a_digest_in_upper_case_is_refused(read: Read, valid: bytes) -> None:
    at = valid.index(b'"sha256":"') + 10
    with pytest.raises(FileFormatError, match="lower case"):
        read(valid[:at] + valid[at : at + 64].upper() + valid[at + 64 :])


def test_an_altered_value_is_called_damage(read: Read, valid: bytes) -> None:
    with pytest.raises(FileFormatError, match=re.compile("damaged or altered.*SHA-256")):
        read(valid[:-1] + bytes([valid[-1] ^ 1]))
