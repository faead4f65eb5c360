"""What the ANN needs, on the same footing as its spiking network: with padding, without it, and with zeros skipped."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pysnn.ann import ann_pass
from pysnn.convert.folding import fold
from pysnn.convert.rewrite import spiking_network
from pysnn.encode.batch import checked_data
from pysnn.network import Network
from pysnn.nodes import ReLU
from pysnn.plan import PlanOptions, compile_plan
from pysnn.plan.fanout import fan_outs
from pysnn.plan.ops import ConvOp

__all__ = ["AnnOperations", "ann_operations"]

_BATCH = 50


@dataclass(frozen=True)
class AnnOperations:
    """Multiplications with their additions (MACs) of one sample.

    Attributes
    ----------
    padded
        Every weight at every output position, padding included, as ANNs are usually counted.
    macs
        Without padding, as synaptic operations are counted.
    nonzero
        Those whose activation is not 0, mean over the samples: what an ANN needs that skips zeros.
    """

    padded: int
    macs: int
    nonzero: float


def ann_operations(network: Network, x: Any) -> AnnOperations:
    """Return what an ANN needs for a sample of ``x`` (as :func:`pysnn.ann.ann_pass` takes it).

    Examples
    --------
    >>> from pysnn import Conv2d, Input, Output, ReLU
    >>> ann = Network.chain({"in": Input((1, 2, 2)), "conv": Conv2d(np.ones((1, 1, 3, 3)), padding=1), "out": Output()})
    >>> ann_operations(ann, np.float32([[[[1, 0], [0, 0]]]]))
    AnnOperations(padded=36, macs=16, nonzero=4.0)
    """
    network = fold(network)
    # The spiking network of the same weights has a plan, whose weight layers and maps are those of the ANN.
    relus = [name for name, node in network.nodes.items() if isinstance(node, ReLU)]
    plan = compile_plan(spiking_network(network, dict.fromkeys(relus, 1.0)), PlanOptions())
    layers = [op for op in plan.ops if isinstance(op, ConvOp)]
    padded = sum(op.weight.size * op.spec.shape[1] * op.spec.shape[2] for op in layers)
    fans = [fan_outs(op, plan.ops[op.source].spec.shape).total.reshape(-1).astype(np.int64) for op in layers]
    names = [plan.ops[op.source].node for op in layers]
    data = checked_data(x, network.input, network.input_name, "constant").data
    assert isinstance(data, np.ndarray)
    nonzero = 0
    for first in range(0, len(data), _BATCH):
        part = data[first : first + _BATCH]
        _, values = ann_pass(network, part, keep=set(names))
        nonzero += sum(
            int(((values[name] != 0).reshape(len(part), -1) @ fan).sum()) for name, fan in zip(names, fans, strict=True)
        )
    return AnnOperations(int(padded), int(sum(int(fan.sum()) for fan in fans)), nonzero / len(data))
