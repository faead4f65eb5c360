"""Networks from state dicts: the right function, and a clear error for every file that is another's."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysnn import Affine, Conv2d, FileFormatError, NetworkError
from pysnn.ann import ann_pass
from pysnn.importers.state_dicts.resnet_cifar import resnet_cifar
from pysnn.importers.state_dicts.safetensors import parse_tensors, read_tensors
from pysnn.importers.state_dicts.vgg_cifar import vgg11_cifar

Tensors = dict[str, np.ndarray]
NAMES = {"F16": np.float16, "F32": np.float32, "F64": np.float64, "I64": np.int64}


def file_bytes(tensors: Tensors) -> bytes:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, array in tensors.items():
        kind = next(kind for kind, dtype in NAMES.items() if array.dtype == dtype)
        start = len(body)
        body += array.tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [start, len(body)]}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def batch_norm(rng: np.random.Generator, name: str, channels: int) -> Tensors:
    return {
        f"{name}.weight": rng.normal(size=channels).astype(np.float32),
        f"{name}.bias": rng.normal(size=channels).astype(np.float32),
        f"{name}.running_mean": rng.normal(size=channels).astype(np.float32),
        f"{name}.running_var": rng.uniform(0.5, 2, size=channels).astype(np.float32),
        f"{name}.num_batches_tracked": np.array(7),
    }


def resnet_tensors(widths: tuple[int, int, int] = (2, 4, 8)) -> Tensors:
    """The state dict of a residual network of depth 8."""
    rng = np.random.default_rng(3)

    def conv(outputs: int, inputs: int) -> np.ndarray:
        return (rng.normal(size=(outputs, inputs, 3, 3)) / 5).astype(np.float32)

    tensors = {"conv1.weight": conv(widths[0], 3), **batch_norm(rng, "bn1", widths[0])}
    inputs = widths[0]
    for stage, width in enumerate(widths, start=1):
        block = f"layer{stage}.0"
        tensors |= {f"{block}.conv1.weight": conv(width, inputs), **batch_norm(rng, f"{block}.bn1", width)}
        tensors |= {f"{block}.conv2.weight": conv(width, width), **batch_norm(rng, f"{block}.bn2", width)}
        inputs = width
    return tensors | {
        "linear.weight": rng.normal(size=(10, inputs)).astype(np.float32),
        "linear.bias": rng.normal(size=10).astype(np.float32),
    }


def expected_scores(t: Tensors, x: np.ndarray) -> np.ndarray:
    """The definition of the network, in float64 where it is not a convolution."""

    def block(x: np.ndarray, conv: str, bn: str, stride: int) -> np.ndarray:
        y = Conv2d(t[f"{conv}.weight"], stride=stride, padding=1).apply(x).astype(np.float64)
        gamma, beta, mean, var = (
            t[f"{bn}.{field}"].reshape(-1, 1, 1) for field in ("weight", "bias", "running_mean", "running_var")
        )
        return np.asarray((y - mean) / np.sqrt(var + 1e-5) * gamma + beta)

    x = (x - np.reshape((0.485, 0.456, 0.406), (-1, 1, 1))) / np.reshape((0.229, 0.224, 0.225), (-1, 1, 1))
    x = np.maximum(block(x, "conv1", "bn1", 1), 0)
    for stage in (1, 2, 3):
        name, stride = f"layer{stage}.0", 1 if stage == 1 else 2
        y = np.maximum(block(x, f"{name}.conv1", f"{name}.bn1", stride), 0)
        y = block(y, f"{name}.conv2", f"{name}.bn2", 1)
        more = (y.shape[1] - x.shape[1]) // 2
        shortcut = np.pad(x[:, :, ::stride, ::stride], ((0, 0), (more, more), (0, 0), (0, 0)))
        x = np.maximum(y + shortcut, 0)
    return np.asarray(x.mean(axis=(2, 3)) @ t["linear.weight"].T + t["linear.bias"])


def test_a_residual_network_computes_its_definition(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(file_bytes(resnet_tensors()))
    network = resnet_cifar(path)
    assert not any(isinstance(node, Affine) for node in network.nodes.values())
    x = np.random.default_rng(0).uniform(size=(3, 3, 32, 32)).astype(np.float32)
    scores, _ = ann_pass(network, x)
    np.testing.assert_allclose(scores, expected_scores(resnet_tensors(), x), rtol=1e-4, atol=1e-4)


def without(name: str) -> Callable[[Tensors], None]:
    return lambda tensors: tensors.__delitem__(name)


def put(name: str, array: np.ndarray) -> Callable[[Tensors], None]:
    return lambda tensors: tensors.__setitem__(name, array)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("conv1.weight"), "there is no tensor 'conv1.weight'"),
        (without("layer2.0.bn2.bias"), "there is no tensor 'layer2.0.bn2.bias'"),
        (without("layer3.0.conv1.weight"), "there is no tensor 'layer3.0.conv1.weight'"),
        (
            put("layer2.0.shortcut.0.weight", np.ones((4, 2, 1, 1), np.float32)),
            "no place in this model: 'layer2.0.short",
        ),
        (put("linear.bias", np.ones(10, np.int64)), "'linear.bias': expected floats in 1"),
        (put("linear.weight", np.ones((10, 9), np.float32)), "Linear 'linear': expected (9,) inputs"),
        (put("bn1.running_var", -np.ones(2, np.float32)), "'bn1': its four tensors"),
        (put("bn1.running_var", np.ones(3, np.float32)), "'bn1': its four tensors"),
        (put("conv1.weight", np.full((2, 3, 3, 3), np.nan, np.float32)), "finite"),
        (put("layer2.0.conv1.weight", np.ones((3, 2, 3, 3), np.float32)), "even number of channels"),
    ],
    ids=[str(i) for i in range(10)],
)
def test_other_state_dicts_are_refused(tmp_path: Path, change: Callable[[Tensors], None], message: str) -> None:
    tensors = resnet_tensors()
    change(tensors)
    path = tmp_path / "net.safetensors"
    path.write_bytes(file_bytes(tensors))
    with pytest.raises(NetworkError) as caught:
        resnet_cifar(path)
    assert message in str(caught.value)


def test_vgg11(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    tensors: Tensors = {}
    inputs = 3
    for index, outputs in enumerate((2, 4, 4, 4, 6, 6, 6, 8), start=1):
        tensors[f"conv{index}.weight"] = rng.normal(size=(outputs, inputs, 3, 3)).astype(np.float16)
        tensors[f"conv{index}.bias"] = rng.normal(size=outputs).astype(np.float16)
        inputs = outputs
    tensors |= {"linear.weight": rng.normal(size=(10, 8)).astype(np.float16), "linear.bias": np.zeros(10, np.float16)}
    path = tmp_path / "vgg.safetensors"
    path.write_bytes(file_bytes(tensors))
    network = vgg11_cifar(path)
    assert [name for name in network.order if name.startswith("pool")] == [f"pool{i}" for i in (1, 2, 4, 6, 8)]
    assert network.shapes["linear"] == (10,)
    with pytest.raises(NetworkError, match=r"there is no tensor 'bn1\.weight'"):
        resnet_cifar(path)


def header(**entry: Any) -> bytes:
    text = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **entry}}).encode()
    return len(text).to_bytes(8, "little") + text + bytes(8)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"1234567",
        (99).to_bytes(8, "little") + b"{}",
        (2**63).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{x",
        (2).to_bytes(8, "little") + b"[]",
        (100000).to_bytes(8, "little") + b"[" * 100000,
        header(dtype="BF16"),
        header(dtype=["F32"]),
        (8).to_bytes(8, "little") + b'{"w": 1}',
        header(shape=[3]),
        header(shape=[-2]),
        header(shape=[True]),
        header(shape=[1 << 40, 1 << 40]),
        header(shape=None),
        header(data_offsets=[8, 0]),
        header(data_offsets=[4, 12]),
        header(data_offsets=[0, 8, 8]),
    ],
    ids=[str(i) for i in range(18)],
)
def test_damaged_files_are_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(data)
    with pytest.raises(
        FileFormatError, match=r"bad\.safetensors: (not a safetensors file, or a damaged one|expected ten)"
    ):
        read_tensors(path)


@given(st.binary(max_size=60), st.integers(0, 60))
def test_random_bytes(data: bytes, length: int) -> None:
    for candidate in (data, length.to_bytes(8, "little") + data):
        try:
            found = parse_tensors(candidate)
        except FileFormatError:
            continue
        assert all(isinstance(array, np.ndarray) for array in found.values())
