"""The ANN in ONNX Runtime: float32, and int8 (static, a scale per channel, fitted on training images)."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import quantization

from benchmarks.peers.engine import Cell, Scores, pixels, versions
from benchmarks.peers.graph import Op, load_graph

__all__ = ["float32", "int8"]

_OPSET = 17
_PLAIN = {"relu": "Relu", "flatten": "Flatten", "sum": "Identity"}


class OnnxEngine:
    """ONNX Runtime on the processor, every graph optimisation on."""

    def __init__(self, *, quantised: bool) -> None:
        self.quantised = quantised

    def versions(self) -> dict[str, str]:
        """Return the versions of ONNX Runtime and of what writes its files."""
        return versions("onnxruntime", "onnx")

    def prepare(self, cell: Cell) -> str:
        """Write the model where it is not there, and load it."""
        ops = load_graph(cell.folder / f"{cell.network}-ann.npz")
        self.images, self.numbers = cell.images, ops[0].arrays
        plain = cell.folder / f"{cell.network}.onnx"
        path = cell.folder / f"{cell.network}-int8.onnx" if self.quantised else plain
        if not path.exists():
            onnx.save(model(ops), plain)
            if self.quantised:
                with np.load(cell.folder / f"{cell.network}-images.npz") as loaded:
                    calibration = pixels(loaded["calibration"], self.numbers["mean"], self.numbers["std"])
                quantise(plain, path, calibration)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = cell.threads
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return "static quantisation, u8 activations, i8 weights per channel" if self.quantised else "all optimisations"

    def run(self) -> Scores:
        """Run the images once."""
        x = pixels(self.images, self.numbers["mean"], self.numbers["std"])
        scores: Scores = self.session.run(None, {"x": x})[0]
        return scores


class _Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
    """Hands out the calibration images one by one."""

    def __init__(self, x: Scores) -> None:
        self.left = iter(x)

    def get_next(self) -> dict[str, Scores] | None:
        image = next(self.left, None)
        return None if image is None else {"x": image[None]}


def quantise(plain: Path, path: Path, calibration: Scores) -> None:
    """Write the int8 model beside the float32 one."""
    prepared = plain.with_suffix(".prepared.onnx")
    quantization.shape_inference.quant_pre_process(plain, prepared)
    quantization.quantize_static(
        prepared,
        path,
        _Reader(calibration),
        quant_format=quantization.QuantFormat.QDQ,
        per_channel=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
    )
    prepared.unlink()


def model(ops: list[Op]) -> Any:
    """Write a network of operations as an ONNX model from normalised colours to scores."""
    nodes: list[Any] = []
    constants: list[Any] = []
    names: dict[str, str] = {}
    for op in ops:
        if op.kind == "input":
            names[op.name] = "x"
            continue
        sources = [names[source] for source in op.sources]
        if len(sources) > 1:
            nodes.append(helper.make_node("Sum" if len(sources) > 2 else "Add", sources, [f"{op.name}.sum"]))
            sources = [f"{op.name}.sum"]
        names[op.name] = sources[0] if op.kind == "output" else op.name
        if op.kind != "output":
            nodes += _nodes(op, sources[0], constants)
    shape: list[str | int] = ["batch", 3, 32, 32]
    end = helper.make_tensor_value_info(names[ops[-1].name], TensorProto.FLOAT, ["batch", None])
    start = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "network", [start], [end], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
    made.ir_version = 9
    onnx.checker.check_model(made)
    return made


def _nodes(op: Op, source: str, constants: list[Any]) -> list[Any]:
    def constant(key: str, value: Any) -> str:
        name = f"{op.name}.{key}"
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(kind: str, inputs: list[str], **attributes: Any) -> list[Any]:
        return [helper.make_node(kind, inputs, [op.name], name=op.name, **attributes)]

    numbers = op.numbers
    if op.kind == "conv":
        weights = [constant(key, op.arrays[key]) for key in ("weight", "bias")]
        sides = {"strides": [numbers["stride"]] * 2, "pads": [numbers["padding"]] * 4}
        return node("Conv", [source, *weights], **sides)
    if op.kind == "linear":
        return node("Gemm", [source, *(constant(key, op.arrays[key]) for key in ("weight", "bias"))], transB=1)
    if op.kind == "avgpool":
        return node("AveragePool", [source], kernel_shape=[numbers["kernel"]] * 2, strides=[numbers["kernel"]] * 2)
    if op.kind == "subsample":
        lists = {"starts": [0, 0], "ends": [2**31 - 1] * 2, "axes": [2, 3], "steps": [numbers["stride"]] * 2}
        return node("Slice", [source, *(constant(key, np.array(value, np.int64)) for key, value in lists.items())])
    if op.kind == "pad":
        pads = np.array([0, numbers["before"], 0, 0, 0, numbers["after"], 0, 0], np.int64)
        return node("Pad", [source, constant("pads", pads)])
    if op.kind == "globalpool":
        means = f"{op.name}.means"
        return [helper.make_node("GlobalAveragePool", [source], [means]), *node("Flatten", [means])]
    if op.kind == "relu" and "most" in numbers:
        limits = {"least": np.float32(0), "most": np.float32(numbers["most"])}
        return node("Clip", [source, *(constant(key, value) for key, value in limits.items())])
    return node(_PLAIN[op.kind], [source])


def float32() -> Any:
    """Return the program in float32."""
    return OnnxEngine(quantised=False)


def int8() -> Any:
    """Return the program in int8."""
    return OnnxEngine(quantised=True)
