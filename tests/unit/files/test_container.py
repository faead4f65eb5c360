"""The bytes of a ``.psnn`` file: what is written is read, by both readers and by other libraries, and nothing else is."""

import hashlib
import json
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from pysnn.errors import FileFormatError
from pysnn.files.container import ALIGNMENT, DTYPES, MAX_HEADER, Container, write_container

Read = Callable[[bytes], Container]


@pytest.mark.parametrize("code", DTYPES)
def test_every_dtype_comes_back(read: Read, code: str) -> None:
    array = np.arange(6).astype(DTYPES[code]).reshape(2, 3)
    data = write_container("{}", {"t": array})
    entry = read(data).tensors["t"]
    assert (entry.dtype, entry.shape) == (code, (2, 3))
    assert data[entry.offset : entry.offset + entry.length] == array.tobytes()


def test_layout_does_not_matter_for_the_bytes() -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    plain = write_container("{}", {"t": array})
    assert write_container("{}", {"t": np.asfortranarray(array)}) == plain
    assert write_container("{}", {"t": array.astype(">f4")}) == plain
    assert write_container("{}", {"t": np.repeat(array, 2, axis=1)[:, ::2]}) == plain


def test_content_comes_back(read: Read, valid: bytes) -> None:
    found = read(valid)
    assert found.graph == '{"a":"\\"\\u00e9"}'
    assert list(found.tensors) == ["é😀.scale", "a.weight", "z.index", 'B"\\\n\x7f.bias']


def test_tensors_are_aligned_and_fill_the_file(read: Read, valid: bytes) -> None:
    tensors = read(valid).tensors
    position = next(iter(tensors.values())).offset
    assert position % ALIGNMENT == 0
    for entry in tensors.values():
        assert entry.offset == position
        assert entry.offset % DTYPES[entry.dtype].itemsize == 0
        position += entry.length
    assert position == len(valid)


def test_a_file_without_tensors(read: Read) -> None:
    assert read(write_container("{}", {})).tensors == {}


def test_the_digest_covers_every_byte_but_itself(valid: bytes) -> None:
    header = valid[8 : 8 + int.from_bytes(valid[:8], "little")]
    given = json.loads(header)["__metadata__"]["sha256"]
    assert hashlib.sha256(valid.replace(given.encode(), b"0" * 64)).hexdigest() == given


def test_safetensors_reads_it() -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    rng = np.random.default_rng(1)
    arrays = {f"{i}é.{code}": rng.integers(0, 99, (3, i + 1)).astype(DTYPES[code]) for i, code in enumerate(DTYPES)}
    found = numpy.load(write_container("{}", arrays))
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, strict=True)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"t": np.zeros(2, dtype=bool)}, "bool"),
        ({"t": np.zeros(2, dtype=np.float16)}, "float16"),
        ({"t": np.zeros((2, 0), dtype=np.float32)}, "none of them empty"),
        ({"t": np.zeros((1,) * 9, dtype=np.float32)}, "at most 8 axes"),
        ({"__metadata__": np.zeros(1, dtype=np.float32)}, "cannot be called"),
        ({"\ud800": np.zeros(1, dtype=np.float32)}, "cannot be called"),
    ],
)
def test_what_cannot_be_read_is_not_written(tensors: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        write_container("{}", tensors)


def test_a_header_that_cannot_be_read_is_not_written() -> None:
    with pytest.raises(FileFormatError, match="limit"):
        write_container('"' * (MAX_HEADER // 2), {})
    with pytest.raises(FileFormatError, match="ASCII"):
        write_container("é", {})


@pytest.mark.slow
def test_a_header_of_the_largest_size(read: Read) -> None:
    room = MAX_HEADER - 8 - len(write_container("", {}))
    assert len(read(write_container("x" * (room - room % 64), {})).graph) > MAX_HEADER - 512


def test_a_larger_header_is_refused(read: Read, files: SimpleNamespace) -> None:
    header, _ = files.split(write_container("", {}))
    with pytest.raises(FileFormatError, match="the limit is 16777216"):
        read(files.assemble(header.replace(b'"graph":""', b'"graph":"' + b"x" * MAX_HEADER + b'"')))


def test_a_tensor_in_a_wrong_place_is_named(read: Read, valid: bytes, files: SimpleNamespace) -> None:
    moved = files.with_header(valid, lambda root: root["z.index"].update(data_offsets=[33, 45]))
    with pytest.raises(FileFormatError, match=r"tensor 'z.index': I32 of shape .* has its place at bytes .*32.*44"):
        read(moved)


def test_a_newer_file_says_so(read: Read, valid: bytes, files: SimpleNamespace) -> None:
    newer = files.with_header(valid, lambda root: root["__metadata__"].update(format_version="2"))
    with pytest.raises(FileFormatError, match=r"newer pysnn \(format 2, this one reads 1\): upgrade pysnn"):
        read(newer)


def test_a_newer_file_with_what_this_one_does_not_know_still_says_so(
    read: Read, valid: bytes, files: SimpleNamespace
) -> None:
    def change(root: dict[str, dict[str, object]]) -> None:
        root["__metadata__"] |= {"format_version": "12", "signature": "x"}
        root["B"] = {"data_offsets": [0, 1], "dtype": "F4", "shape": [2]}

    with pytest.raises(FileFormatError, match=r"newer pysnn \(format 12,"):
        read(files.with_header(valid, change))


def test_another_library_s_safetensors_file_is_named_as_such(read: Read) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    for metadata in (None, {"format": "pt"}):
        with pytest.raises(FileFormatError, match=r"not a \.psnn file"):
            read(numpy.save({"t": np.zeros(2, dtype=np.float32)}, metadata))


@pytest.mark.parametrize(
    "start", [b"PK\x03\x04\x14\0\0\0", b"\x80\x04\x95\0\0\0\0\0", b"\x89HDF\r\n\x1a\n", b"\xff" * 8]
)
def test_other_kinds_of_file_are_named_as_such(read: Read, start: bytes) -> None:
    with pytest.raises(FileFormatError, match=r"not a \.psnn file"):
        read(start + bytes(2000))
