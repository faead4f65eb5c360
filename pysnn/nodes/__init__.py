"""Nodes that are not neurons: one family a file. ``LAYERS`` is the written-out registry; see docs/adding_a_layer.md."""

from pysnn.nodes.affine import Affine
from pysnn.nodes.base import Node
from pysnn.nodes.conv2d import Conv2d
from pysnn.nodes.delay import Delay
from pysnn.nodes.input import Input
from pysnn.nodes.linear import Linear
from pysnn.nodes.output import Output
from pysnn.nodes.pool import AvgPool2d, GlobalAvgPool, MaxPool2d, SumPool2d
from pysnn.nodes.relu import ReLU
from pysnn.nodes.scale import Scale
from pysnn.nodes.shape import Concat, Crop, Flatten, Pad, Subsample

__all__ = [
    "LAYERS",
    "Affine",
    "AvgPool2d",
    "Concat",
    "Conv2d",
    "Crop",
    "Delay",
    "Flatten",
    "GlobalAvgPool",
    "Input",
    "Linear",
    "MaxPool2d",
    "Node",
    "Output",
    "Pad",
    "ReLU",
    "Scale",
    "Subsample",
    "SumPool2d",
]

LAYERS: dict[str, type[Node]] = {
    "Affine": Affine,
    "AvgPool2d": AvgPool2d,
    "Concat": Concat,
    "Conv2d": Conv2d,
    "Crop": Crop,
    "Delay": Delay,
    "Flatten": Flatten,
    "GlobalAvgPool": GlobalAvgPool,
    "Input": Input,
    "Linear": Linear,
    "MaxPool2d": MaxPool2d,
    "Output": Output,
    "Pad": Pad,
    "ReLU": ReLU,
    "Scale": Scale,
    "Subsample": Subsample,
    "SumPool2d": SumPool2d,
}
