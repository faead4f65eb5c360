"""The ops that are imported: one line an op, and what to do about some that are not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pysnn.importers.onnx.file.model import OnnxNode
from pysnn.importers.onnx.layout.assembly import Assembly
from pysnn.importers.onnx.layout.signal import Operand, Operands, Signal
from pysnn.importers.onnx.operations import bounds, elementwise, pieces, shapes, weights, windows

__all__ = ["KEEPS_SHAPE", "OPS", "Op", "advice"]

Handler = Callable[[Assembly, OnnxNode, Operands], Operand | tuple[Signal, ...]]


@dataclass(frozen=True)
class Op:
    """How an op is imported: the function, its fewest and most inputs, and every attribute that it may have."""

    handler: Handler
    inputs: tuple[int, int]
    attributes: frozenset[str] = frozenset()


def _op(handler: Handler, fewest: int, most: int, attributes: str = "") -> Op:
    return Op(handler, (fewest, most), frozenset(attributes.split()))


_WINDOW = "auto_pad kernel_shape pads strides dilations"
_MANY = 1 << 16

OPS: Mapping[str, Op] = {
    "Add": _op(elementwise.add, 2, 2),
    "AveragePool": _op(windows.average_pool, 1, 1, f"{_WINDOW} ceil_mode count_include_pad"),
    "BatchNormalization": _op(elementwise.batch_normalization, 5, 5, "epsilon momentum spatial training_mode"),
    "Cast": _op(shapes.cast, 1, 1, "to saturate round_mode"),
    "Clip": _op(bounds.clip, 1, 3, "min max"),
    "Concat": _op(pieces.concat, 1, _MANY, "axis"),
    "Conv": _op(weights.conv, 2, 3, f"{_WINDOW} group"),
    "Div": _op(elementwise.divide, 2, 2),
    "Dropout": _op(shapes.dropout, 1, 3, "ratio seed"),
    "Flatten": _op(shapes.flatten, 1, 1, "axis"),
    "Gemm": _op(weights.gemm, 2, 3, "alpha beta transA transB"),
    "GlobalAveragePool": _op(windows.global_average_pool, 1, 1),
    "GlobalMaxPool": _op(windows.global_max_pool, 1, 1),
    "Identity": _op(shapes.identity, 1, 1),
    "MatMul": _op(weights.matmul, 2, 2),
    "Max": _op(bounds.maximum, 2, 2),
    "MaxPool": _op(windows.max_pool, 1, 1, f"{_WINDOW} ceil_mode storage_order"),
    "Min": _op(bounds.minimum, 2, 2),
    "Mul": _op(elementwise.multiply, 2, 2),
    "Neg": _op(elementwise.negative, 1, 1),
    "Pad": _op(pieces.pad, 1, 4, "mode pads value"),
    "ReduceMean": _op(windows.reduce_mean, 1, 2, "axes keepdims noop_with_empty_axes"),
    "Relu": _op(bounds.relu, 1, 1),
    "Reshape": _op(shapes.reshape, 2, 2, "allowzero"),
    "Slice": _op(pieces.slice_, 1, 5, "starts ends axes"),
    "Split": _op(pieces.split, 1, 2, "axis split num_outputs"),
    "Squeeze": _op(shapes.squeeze, 1, 2, "axes"),
    "Sub": _op(elementwise.subtract, 2, 2),
    "Sum": _op(elementwise.add, 1, _MANY),
    "Transpose": _op(shapes.transpose, 1, 1, "perm"),
    "Unsqueeze": _op(shapes.unsqueeze, 1, 2, "axes"),
    "ai.onnx.ml.Scaler": _op(elementwise.scaler, 1, 1, "offset scale"),
}
"""Ops on values that come from the input. Those on constants are in :data:`pysnn.importers.onnx.operations.constants.CONSTANT_OPS`."""

_ACTIVATIONS = "Celu Elu Erf Gelu HardSigmoid HardSwish LeakyRelu Mish PRelu Selu Sigmoid Softplus Softsign Swish Tanh ThresholdedRelu"
_NORMS = "GroupNormalization InstanceNormalization LRN LayerNormalization LpNormalization MeanVarianceNormalization"
_ADVICE: Mapping[str, str] = {
    **dict.fromkeys(_ACTIVATIONS.split(), "train the network with ReLU instead"),
    **dict.fromkeys(
        _NORMS.split(), "it depends on the values of one sample; train the network with BatchNormalization instead"
    ),
    **dict.fromkeys(
        ("Softmax", "LogSoftmax", "Hardmax", "ArgMax", "ArgMin", "TopK"),
        "only at the end of a classifier, over its classes, where it is left out; "
        "load(..., output=NAME) reads the value before it",
    ),
    **dict.fromkeys(
        ("If", "Loop", "Scan", "SequenceMap"),
        "control flow is not supported; export the model with it unrolled (traced)",
    ),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), "recurrent layers are not supported"),
    **dict.fromkeys(
        ("QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger"),
        "import the float model; pysnn quantises by itself",
    ),
    "ConvTranspose": "transposed convolutions are not supported",
    "LpPool": "use MaxPool or AveragePool instead",
}

KEEPS_SHAPE = frozenset(
    f"{_ACTIVATIONS} {_NORMS} Add BatchNormalization Clip Div Max Min Mul Softmax LogSoftmax Hardmax Sub".split()
)
"""Unsupported ops whose result has their input's shape: what comes behind them can still be looked at."""


def advice(node: OnnxNode) -> str:
    """Return what to do about a node whose op is not in the table."""
    if node.domain == "ai.onnx.ml":
        return "ops of the domain 'ai.onnx.ml' are not supported; read models of scikit-learn with pysnn.importers.sklearn.from_sklearn"
    if node.domain:
        return f"ops of the domain '{node.domain}' are not supported; export the model with standard ops"
    return "not supported; " + _ADVICE.get(node.op, f"pysnn imports {', '.join(OPS)}")
