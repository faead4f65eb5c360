"""pysnn: converted, event-driven spiking networks on CPUs, exact on every backend."""

from typing import TYPE_CHECKING, Any

from pysnn.encode import Events
from pysnn.errors import (
    BackendError,
    CapacityError,
    DataError,
    FileFormatError,
    KeywordError,
    LossyExportError,
    MissingExtraError,
    NetworkError,
    PlanError,
    PysnnError,
    RangeError,
    SweepError,
)
from pysnn.moved import follow_old_names
from pysnn.network import Network
from pysnn.neurons import (
    ALIF,
    IF,
    LI,
    LIF,
    CubaLI,
    CubaLIF,
    DiscreteCubaLI,
    DiscreteCubaLIF,
    DiscreteLI,
    DiscreteLIF,
    FirstSpike,
    I,
    Lapicque,
    Threshold,
)
from pysnn.nodes import (
    Affine,
    AvgPool2d,
    Concat,
    Conv2d,
    Crop,
    Delay,
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
from pysnn.simulation.result import Result
from pysnn.simulation.simulator import Simulator, run
from pysnn.simulation.state import State

if TYPE_CHECKING:
    from pysnn.version import __version__

__all__ = [
    "ALIF",
    "IF",
    "LI",
    "LIF",
    "Affine",
    "AvgPool2d",
    "BackendError",
    "CapacityError",
    "Concat",
    "Conv2d",
    "Crop",
    "CubaLI",
    "CubaLIF",
    "DataError",
    "Delay",
    "DiscreteCubaLI",
    "DiscreteCubaLIF",
    "DiscreteLI",
    "DiscreteLIF",
    "Events",
    "FileFormatError",
    "FirstSpike",
    "Flatten",
    "GlobalAvgPool",
    "I",
    "Input",
    "KeywordError",
    "Lapicque",
    "Linear",
    "LossyExportError",
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
    "Result",
    "Scale",
    "Simulator",
    "State",
    "Subsample",
    "SumPool2d",
    "SweepError",
    "Threshold",
    "__version__",
    "run",
]

follow_old_names()


def __getattr__(name: str) -> Any:
    """Look the version up when it is asked for: reading package metadata takes longer than all the rest."""
    if name == "__version__":
        from pysnn.version import __version__

        return __version__
    raise AttributeError(f"module 'pysnn' has no attribute {name!r}")
