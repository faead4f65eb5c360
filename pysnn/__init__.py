"""pysnn: event-driven spiking networks on CPUs, converted or trained, exact on every backend."""

from pysnn.encode import Events
from pysnn.errors import (
    BackendError,
    CapacityError,
    DataError,
    FileFormatError,
    MissingExtraError,
    NetworkError,
    PlanError,
    PysnnError,
    RangeError,
)
from pysnn.network import Network
from pysnn.neurons import IF, LIF
from pysnn.nodes import (
    Affine,
    AvgPool2d,
    Concat,
    Conv2d,
    Crop,
    Flatten,
    GlobalAvgPool,
    Input,
    Linear,
    MaxPool2d,
    Node,
    Output,
    Pad,
    ReLU,
    Scale,
    Subsample,
    SumPool2d,
)
from pysnn.simulate import Simulator, run
from pysnn.state import State

__all__ = [
    "IF",
    "LIF",
    "Affine",
    "AvgPool2d",
    "BackendError",
    "CapacityError",
    "Concat",
    "Conv2d",
    "Crop",
    "DataError",
    "Events",
    "FileFormatError",
    "Flatten",
    "GlobalAvgPool",
    "Input",
    "Linear",
    "MaxPool2d",
    "MissingExtraError",
    "Network",
    "NetworkError",
    "Node",
    "Output",
    "Pad",
    "PlanError",
    "PysnnError",
    "RangeError",
    "ReLU",
    "Scale",
    "Simulator",
    "State",
    "Subsample",
    "SumPool2d",
    "run",
]
