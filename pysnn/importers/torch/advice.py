"""What to do about operations that are not imported."""

__all__ = ["advice"]

_ACTIVATION = "use ReLU in its place, and fine-tune the network: spikes count what is above zero, nothing else"
_SCORES = "leave it out at the end of the network: the highest score stays the highest; elsewhere it has no counterpart"
_NORM = "use BatchNorm2d in its place: it normalises with fixed numbers, and can be folded into the weights"
_ATTENTION = "values that depend on the input are multiplied with each other: this has no counterpart"
_PLANE = "only two-dimensional layers are imported: give one axis the size 1, and use the 2d layer"
_UPSAMPLING = "networks that enlarge maps are not imported: cut the network before this layer"
_ORDER = "axes cannot change places: keep (batch, channels, height, width)"
_READ = "it makes a number of the input's values in Python: leave it out of forward"
_INDICES = "return_indices has no counterpart: leave it out"
_OTHER = (
    "rewrite it with layers that are: Conv2d, Linear, BatchNorm, ReLU, pooling, sums, concatenation of channels, "
    "flatten, slices, zero padding, dropout"
)

_ADVICE = {
    **dict.fromkeys(
        (
            *("leakyrelu", "prelu", "rrelu", "elu", "selu", "celu", "gelu", "silu", "mish", "hardswish", "hardsigmoid"),
            *("sigmoid", "logsigmoid", "tanh", "softplus", "softsign", "threshold", "hardshrink", "softshrink", "glu"),
            *("abs", "exp", "sqrt", "pow", "square"),
        ),
        _ACTIVATION,
    ),
    **dict.fromkeys(("softmax", "logsoftmax", "softmin", "argmax"), _SCORES),
    **dict.fromkeys(("layernorm", "groupnorm", "instancenorm", "instancenorm2d", "localresponsenorm"), _NORM),
    **dict.fromkeys(("multiheadattention", "scaleddotproductattention", "bmm", "einsum"), _ATTENTION),
    **dict.fromkeys(("conv1d", "conv3d", "maxpool1d", "maxpool3d", "avgpool1d", "avgpool3d", "batchnorm3d"), _PLANE),
    **dict.fromkeys(("adaptiveavgpool1d", "adaptivemaxpool1d"), _PLANE),
    **dict.fromkeys(("convtranspose2d", "upsample", "interpolate", "pixelshuffle"), _UPSAMPLING),
    **dict.fromkeys(("permute", "transpose", "movedim", "swapaxes", "t"), _ORDER),
    **dict.fromkeys(("maxpool2dwithindices", "adaptivemaxpool2dwithindices"), _INDICES),
    **dict.fromkeys(("item", "tolist", "numpy", "float", "int", "bool"), _READ),
}


def advice(op: str) -> str:
    """Return what to do about an operation, by the bare name of its module, function or method.

    Examples
    --------
    >>> advice("leaky_relu") == advice("LeakyReLU")
    True
    """
    return "not supported; " + _ADVICE.get(op.replace("_", "").lower(), _OTHER)
