"""The rectifier, with and without an upper bound."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pysnn.errors import NetworkError
from pysnn.importers.torch.arithmetic import per_channel
from pysnn.importers.torch.graph import Call, Value
from pysnn.nodes import ReLU

__all__ = ["clamp", "hardtanh", "relu", "relu6"]


@dataclass(frozen=True, eq=False)
class _Limits:
    """The arguments of ``torch.clamp`` behind the first."""

    min: Any = None
    max: Any = None


def relu(call: Call, x: Value, *_: Any, **__: Any) -> Value:
    """Translate every form of the rectifier."""
    return call.add(ReLU(), x)


def relu6(call: Call, x: Value, *_: Any, **__: Any) -> Value:
    """Translate ``torch.nn.functional.relu6``."""
    return call.add(ReLU(6.0), x)


def hardtanh(call: Call, x: Value, min_val: Any = -1.0, max_val: Any = 1.0, *_: Any, **__: Any) -> Value:
    """Translate ``torch.nn.functional.hardtanh`` from 0 on."""
    return clamp(call, x, min_val, max_val)


def clamp(call: Call, x: Value, *args: Any, **kwargs: Any) -> Value:
    """Translate a clamp from 0 on; an upper bound may be a number, or one per channel."""
    limits = _Limits(*args, **kwargs)
    low = None if limits.min is None else per_channel(limits.min, x)
    if low is None or np.any(low):
        raise NetworkError(
            "only limits from 0 to a positive bound, or to none, have a counterpart: use ReLU or ReLU6, and fine-tune "
            "the network"
        )
    if limits.max is None:
        return call.add(ReLU(), x)
    high = per_channel(limits.max, x)
    return call.add(ReLU(None if np.all(np.isinf(high)) else high), x)
