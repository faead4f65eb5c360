"""Hostile and damaged bytes: both readers refuse the same files, and only with ``FileFormatError``."""

import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pysnn.errors import FileFormatError
from pysnn.io.container import DTYPES, Container, write_container
from pysnn.io.container_reader import read_container

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


def outcome(read: Read, data: bytes) -> Container | None:
    """What a reader gives, or ``None`` if it refuses; no other exception may leave it."""
    try:
        return read(data)
    except FileFormatError:
        return None


OTHER = write_container("[]", {"a.weight": np.ones((2, 3), dtype=np.float32), "w": np.ones(4, dtype=np.uint8)})


@st.composite
def mutated(draw: st.DrawFn, original: bytes) -> bytes:
    """Bytes cut, changed, put in, moved or taken from another file."""
    data = original
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        end = draw(st.integers(at, min(len(data), at + 40)))
        piece = draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from([b"", b"0", b"9", b"[", b"]", b"{", b"}", b",", b'"', b" ", b"\\u", b'"a":1,', b"-"]),
                st.builds(lambda a, n: OTHER[a : a + n], st.integers(0, len(OTHER)), st.integers(0, 64)),
                st.builds(lambda a, n: original[a : a + n], st.integers(0, len(original)), st.integers(0, 64)),
            )
        )
        data = data[:at] + piece + data[end:]
    return data


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), fix_length=st.booleans(), fix_digest=st.booleans())
def test_readers_agree_on_mutated_files(  # the digest and the header's length are mostly put right, to get past them
    core_reader: Read, valid: bytes, files: SimpleNamespace, data: st.DataObject, fix_length: bool, fix_digest: bool
) -> None:
    changed = data.draw(mutated(valid))
    if fix_length and b"}}" in changed:
        end = changed.rindex(b"}}") + 2
        end += -end % 64
        changed = (end - 8).to_bytes(8, "little", signed=True)[:8] + changed[8:]
    if fix_digest:
        changed = files.seal(changed)
    found = outcome(read_container, changed)
    assert outcome(core_reader, changed) == found
    if found is not None:
        assert rewritten(found, changed) == changed


NAMES = st.one_of(st.text(max_size=4), st.sampled_from(["a.weight", "\ud800", "é", "__metadata__", "\x7f", "~"]))


@given(
    entries=st.dictionaries(
        NAMES, st.tuples(st.sampled_from(sorted(DTYPES)), st.lists(st.integers(1, 3), max_size=3)), max_size=4
    ),
    edits=st.lists(st.tuples(st.sampled_from(["offset", "dtype", "shape", "name"]), st.integers(0, 99)), max_size=1),
)
def test_readers_agree_on_generated_headers(
    core_reader: Read, files: SimpleNamespace, entries: dict[str, tuple[str, list[int]]], edits: list[tuple[str, int]]
) -> None:
    """Well-formed headers, of which the layout is sometimes wrong."""
    root: dict[str, Any] = {}
    position = 0
    for name in sorted(entries, key=lambda name: (-DTYPES[entries[name][0]].itemsize, name)):
        dtype, shape = entries[name]
        length = int(np.prod(shape, dtype=int)) * DTYPES[dtype].itemsize
        root[name] = {"data_offsets": [position, position + length], "dtype": dtype, "shape": shape}
        position += length
    body = bytes(range(256))[:position] + bytes(max(0, position - 256))
    for kind, number in edits if root else []:
        name = sorted(root)[number % len(root)]
        if kind == "offset":
            root[name]["data_offsets"][number % 2] += number
        elif kind == "name":
            root[f"{name}{number}"] = root.pop(name)
        else:
            root[name][kind] = [number] if kind == "shape" else sorted(DTYPES)[number % len(DTYPES)]
    root["__metadata__"] = {"format": "psnn", "format_version": "1", "graph": "{}", "sha256": "0" * 64}
    data = files.assemble(json.dumps(root, sort_keys=True, separators=(",", ":")).encode(), body)
    found = outcome(read_container, data)
    assert outcome(core_reader, data) == found
    if found is not None:
        assert rewritten(found, data) == data


def rewritten(found: Container, data: bytes) -> bytes:
    """Write what was read."""
    arrays = {
        name: np.frombuffer(data, DTYPES[entry.dtype], entry.length // DTYPES[entry.dtype].itemsize, entry.offset)
        for name, entry in found.tensors.items()
    }
    return write_container(found.graph, {n: a.reshape(found.tensors[n].shape) for n, a in arrays.items()})
