"""Small random networks for tests of estimates: residual edges, pools, groups, strides, dilation."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from pysnn import IF, AvgPool2d, Conv2d, Flatten, Input, Linear, MaxPool2d, Network, Output, SumPool2d
from pysnn.errors import PysnnError

__all__ = ["random_nets"]

_POOLS = (AvgPool2d, MaxPool2d, SumPool2d)


class _Maker:
    """A network under construction: every stage is weights, an edge from an earlier layer of the same shape now and then, and neurons."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: dict[str, Any] = {"in": Input((int(self.rng.integers(1, 3)) * 2, 5, 6))}
        self.edges: list[tuple[str, str]] = []
        self.shapes = {"in": self.nodes["in"].shape}

    def add(self, name: str, node: Any, *sources: str) -> str:
        self.nodes[name] = node
        self.edges += [(source, name) for source in sources]
        self.shapes[name] = node.output_shape(name, tuple(self.shapes[source] for source in sources))
        return name

    def weights(self, name: str, source: str) -> str:
        rng, channels = self.rng, self.shapes[source][0]
        groups = int(rng.choice([1, 2])) if channels % 2 == 0 else 1
        kernel, outputs = rng.integers(1, 4, 2), 2 * int(rng.integers(1, 4))
        weight = rng.normal(0.2, 0.4, (outputs, channels // groups, *kernel)) * (rng.random((outputs, 1, 1, 1)) < 0.9)
        stride, dilation = (tuple(map(int, rng.integers(1, 3, 2))) for _ in range(2))
        conv = Conv2d(weight, stride=stride, padding=int(rng.integers(0, 3)), dilation=dilation, groups=groups)
        return self.add(name, conv, source)

    def pool(self, name: str, source: str) -> str:
        kind = _POOLS[int(self.rng.integers(3))]
        return self.add(name, kind(int(self.rng.integers(1, 4)), stride=int(self.rng.integers(1, 4))), source)

    def finish(self, last: str) -> Network:
        flat = self.add("flat", Flatten(), last)
        self.add("fc", Linear(self.rng.normal(0.1, 0.4, (3, self.shapes[flat][0]))), flat)
        if self.rng.random() < 0.5:
            self.add("out", Output(), "fc")
        else:
            self.add("last", IF(), "fc")
            self.add("out", Output("count"), "last")
        return Network(self.nodes, self.edges)


def _make(seed: int) -> Network | None:
    maker, last = _Maker(seed), "in"
    layers: list[str] = []
    try:
        for stage in range(int(maker.rng.integers(1, 4))):
            if layers and maker.rng.random() < 0.5:
                last = maker.pool(f"pool{stage}", last)
            sources = [maker.weights(f"conv{stage}", last)]
            shape = maker.shapes[sources[0]]
            sources += [layer for layer in layers if maker.shapes[layer] == shape and maker.rng.random() < 0.7]
            layers.append(maker.add(f"if{stage}", IF(float(maker.rng.choice([0.5, 1.0]))), *sources))
            last = layers[-1]
        return maker.finish(last)
    except PysnnError:
        return None


def random_nets() -> st.SearchStrategy[Network]:
    """Draw networks whose windows fit their maps."""
    return st.integers(0, 2**32 - 1).map(_make).filter(lambda net: net is not None)  # type: ignore[return-value]
