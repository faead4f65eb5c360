"""Random networks: every node type, joins of several edges, exact ties, for the parity and replay tests."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

import pysnn
from pysnn.nodes import Node
from tests.parity.dice import Dice
from tests.parity.neurons import random_neuron

__all__ = ["Available", "Draw", "Graph", "Maker", "graphs"]

Draw = Callable[[st.SearchStrategy[Any]], Any]

CHANNELS = (1, 2, 3, 4, 6, 8, 16, 17, 33, 70)
_OFTEN = {"neuron": 3, "conv": 3, "linear": 1, "pool": 2, "max_pool": 2, "move": 2}
_KINDS = (*(kind for kind, times in _OFTEN.items() for _ in range(times)), "concat", "scale", "affine", "relu", "delay")


@dataclass(frozen=True)
class Available:
    """A node that the next one may read. ``kind`` is "real" (constant), "count" or "current" (it changes); ``plain`` counts stand for 1."""

    name: str
    shape: tuple[int, ...]
    kind: str
    plain: bool = True


@dataclass(frozen=True)
class Graph:
    """A network and what its input takes."""

    network: pysnn.Network
    precision: str
    coding: str


@st.composite
def graphs(
    draw: Draw, precision: str, most_nodes: int = 12, channels: tuple[int, ...] = CHANNELS, window: int | None = None
) -> Graph:
    """Draw a network that the given precision can run (but for bounds on counts); of FirstSpike neurons with a ``window``."""
    codings = ["constant", "poisson", "spikes", "events", *(["frames"] if precision == "float32" else [])]
    coding = draw(st.sampled_from(codings)) if window is None else "constant"
    maker = Maker(Dice(draw(st.integers(0, 2**32 - 1))), precision, channels, window)
    maker.start(coding)
    for _ in range(draw(st.integers(3, most_nodes) | st.integers(most_nodes - 3, most_nodes))):
        maker.grow()
    return Graph(maker.finish(), precision, coding)


class Maker:
    def __init__(self, dice: Dice, precision: str, channels: tuple[int, ...], window: int | None = None) -> None:
        self.window = window
        self.channels = channels
        self.dice = dice
        self.precision = precision
        self.nodes: dict[str, Node] = {}
        self.edges: list[tuple[str, str]] = []
        self.values: list[Available] = []

    def start(self, coding: str) -> None:
        shape: tuple[int, ...]
        if self.dice.between(0, 3):
            shape = (self.dice.between(1, 4), *self.dice.integers(2, 1, 7))
        else:
            shape = (self.dice.between(1, max(self.channels)),)
        real = coding in ("constant", "frames")
        if real and self.dice.flag():
            mean, std = self.dice.rng.random(shape[0]), self.dice.rng.random(shape[0]) + 0.25
            self.nodes["in"] = pysnn.Input(shape, mean=mean, std=std)
        else:
            self.nodes["in"] = pysnn.Input(shape)
        kinds = {"constant": "real", "frames": "current"}
        self.values.append(Available("in", shape, kinds.get(coding, "count")))

    def grow(self) -> None:
        sources = self._pick()
        joined = self._joined(sources)
        kind = self.dice.one_of(_KINDS)
        make: dict[str, Callable[[Available], None]] = {
            "neuron": self._neuron,
            "linear": self._linear,
            "conv": self._conv,
            "pool": self._pool,
            "max_pool": self._max_pool,
            "move": self._move,
            "scale": self._scale,
            "affine": self._affine,
            "relu": self._relu,
            "delay": self._delay,
        }
        if kind == "concat":
            self._concat(sources[0])
            return
        self.sources = sources
        make[kind](joined)

    def finish(self) -> pysnn.Network:
        """End with a read-out and drop what nothing reads."""
        self.sources = self._pick(latest=True)
        joined = self._joined(self.sources)
        choices = ["mean_current", "potential"]
        if joined.kind == "count" and self.window is None:
            choices += ["count", "first_spike"]
        self._add("out", pysnn.Output(self.dice.one_of(choices)), joined)
        read, frontier = {"out"}, ["out"]
        while frontier:
            target = frontier.pop()
            for source in [a for a, b in self.edges if b == target and a not in read]:
                read.add(source)
                frontier.append(source)
        order = list(self.nodes) if self.dice.flag() else list(reversed(self.nodes))
        edges = [(a, b) for a, b in self.edges if b in read]
        return pysnn.Network({name: self.nodes[name] for name in order if name in read}, edges)

    def _pick(self, *, latest: bool = False) -> list[Available]:
        """One to three values of one shape, in any order."""
        first = self.values[-1] if latest or self.dice.between(0, 3) else self.dice.one_of(self.values)
        others = [v for v in self.values if v.shape == first.shape and v is not first]
        if not others or not self.dice.flag():
            return [first]
        return self.dice.shuffled([first, *self.dice.some_of(others, 2)])

    def _joined(self, sources: list[Available]) -> Available:
        if len(sources) == 1:
            return sources[0]
        kinds = {source.kind for source in sources}
        kind = kinds.pop() if len(kinds) == 1 else "current"
        if kind == "count" and not all(source.plain for source in sources):
            kind = "current"
        return Available("", sources[0].shape, kind)

    def _add(self, name: str, node: Node, value: Available) -> None:
        self.nodes[name] = node
        self.edges += [(source.name, name) for source in self.sources]

    def _emit(self, node: Node, joined: Available, kind: str, *, plain: bool = True) -> None:
        name = f"n{len(self.nodes)}"
        shape = node.output_shape(name, tuple(source.shape for source in self.sources))
        self._add(name, node, joined)
        self.values.append(Available(name, shape, kind, plain))

    def _weighted(self, value: Available) -> str:
        return "real" if value.kind == "real" else "current"

    def _takes_weights(self, value: Available) -> bool:
        return not (self.precision == "int8" and value.kind == "current")

    def _neuron(self, value: Available) -> None:
        if self.window is not None:
            threshold = self.dice.parameter(value.shape[0], 0.25, 2)
            spiking = pysnn.FirstSpike(threshold, window=self.window)
            # In int8 each layer's levels are worth their own rounded threshold.
            self._emit(spiking, value, "count", plain=self.precision == "float32")
            return
        node = random_neuron(self.dice, value.shape, self.precision)
        if not node.fires:
            self._emit(node, value, "current")
        elif self.dice.between(0, 3) == 0:
            self._recurrent(node, value)
        else:
            self._emit(node, value, "count")

    def _recurrent(self, node: pysnn.IF, value: Available) -> None:
        """Let spikes come back some steps later: as they are, through weights, or as the currents of weights."""
        delay, name = f"d{len(self.nodes)}", f"n{len(self.nodes)}"
        self.nodes[delay] = pysnn.Delay(self.dice.one_of([1, 1, 2, 5]))
        path = [name, delay, name]
        if len(value.shape) == 1 and self.dice.flag():
            back = f"w{len(self.nodes)}"
            self.nodes[back] = pysnn.Linear(
                self.dice.weights((value.shape[0],) * 2), self.dice.weights((value.shape[0],))
            )
            path = (
                [name, back, delay, name]
                if self.precision == "float32" and self.dice.flag()
                else [name, delay, back, name]
            )
        self.nodes[name] = node
        self.edges += [(source.name, name) for source in self.sources] + list(pairwise(path))
        self.values.append(Available(name, value.shape, "count"))

    def _delay(self, value: Available) -> None:
        if self.window is not None or (self.precision == "int8" and value.kind != "count"):
            self._neuron(value)
            return
        kind = "current" if value.kind == "real" else value.kind
        self._emit(pysnn.Delay(self.dice.one_of([1, 2, 3, 40])), value, kind, plain=self._plain())

    def _linear(self, value: Available) -> None:
        if len(value.shape) != 1:
            self._emit(pysnn.Flatten(), value, value.kind, plain=self._plain())
        elif self._takes_weights(value):
            outputs = self.dice.one_of(self.channels)
            node = pysnn.Linear(self.dice.weights((outputs, value.shape[0])), self.dice.weights((outputs,)))
            self._emit(node, value, self._weighted(value))

    def _pads(self, most: int) -> tuple[int, ...]:
        return self.dice.integers(4, 0, most)

    def _conv(self, value: Available) -> None:
        if len(value.shape) != 3 or not self._takes_weights(value):
            self._linear(value)
            return
        channels, height, width = value.shape
        groups = self.dice.one_of([g for g in (1, 2, 3, channels) if channels % g == 0])
        outputs = groups * self.dice.one_of(self.channels if groups == 1 else (1, 2, 9))
        pads, dilation = self._pads(2), self.dice.integers(2, 1, 2)
        room = (height + pads[0] + pads[2], width + pads[1] + pads[3])
        kernel = tuple(self.dice.between(1, min(3, (r - 1) // d + 1)) for r, d in zip(room, dilation, strict=True))
        node = pysnn.Conv2d(
            self.dice.weights((outputs, channels // groups, *kernel)),
            self.dice.weights((outputs,)),
            stride=self.dice.integers(2, 1, 3),
            padding=pads,
            dilation=dilation,
            groups=groups,
        )
        self._emit(node, value, self._weighted(value))

    def _window(self, value: Available) -> dict[str, Any]:
        kernel = tuple(self.dice.between(1, min(3, size)) for size in value.shape[1:])
        pads = tuple(self.dice.between(0, k - 1) for k in kernel * 2)
        return {"kernel": kernel, "stride": self.dice.integers(2, 1, 3), "padding": pads}

    def _pool(self, value: Available) -> None:
        if len(value.shape) != 3:
            self._linear(value)
            return
        kind = self.dice.one_of(["average", "sum", "global"])
        if kind == "global":
            self._emit(pysnn.GlobalAvgPool(), value, value.kind, plain=False)
        elif kind == "average":
            self._emit(pysnn.AvgPool2d(**self._window(value)), value, value.kind, plain=False)
        else:
            self._emit(pysnn.SumPool2d(**self._window(value)), value, value.kind, plain=self._plain())

    def _max_pool(self, value: Available) -> None:
        by_step = value.kind == "current"
        if len(value.shape) != 3 or (by_step and self.precision != "float32"):
            self._neuron(value)
            return
        self._emit(pysnn.MaxPool2d(**self._window(value), by_step=by_step), value, value.kind, plain=self._plain())

    def _move(self, value: Available) -> None:
        if len(value.shape) != 3:
            self._neuron(value)
            return
        channels, height, width = value.shape
        kind = self.dice.one_of(["flatten", "pad", "crop", "subsample"])
        if kind == "pad":
            before_after = self.dice.integers(2, 0, 2)
            node: Node = pysnn.Pad(channels=before_after, space=self._pads(1))
        elif kind == "crop":
            space = (int(height > 2), int(width > 2), 0, int(width > 3))
            node = pysnn.Crop(channels=(int(channels > 1), 0), space=space)
        elif kind == "subsample":
            node = pysnn.Subsample(space=self.dice.between(1, 2), channels=self.dice.between(1, 2))
        else:
            node = pysnn.Flatten()
        self._emit(node, value, value.kind, plain=self._plain())

    def _plain(self) -> bool:
        return len(self.sources) == 1 and self.sources[0].plain

    def _concat(self, first: Available) -> None:
        """Lay values of equal space one behind the other."""
        same = [v for v in self.values if v.shape[1:] == first.shape[1:] and v is not first]
        others = self.dice.some_of(same, 2)
        self.sources = [first, *others]
        kinds = {source.kind for source in self.sources}
        kind = kinds.pop() if len(kinds) == 1 else "current"
        plain = all(source.plain for source in self.sources)
        self._emit(pysnn.Concat(), first, kind, plain=plain)

    def _scale(self, value: Available) -> None:
        self._emit(pysnn.Scale(self.dice.parameter(value.shape[0], 0.25, 3)), value, value.kind, plain=False)

    def _relu(self, value: Available) -> None:
        """An ordinary part of the network: in float32, on what is constant in time."""
        if value.kind == "real" and self.precision == "float32":
            bound = self.dice.parameter(value.shape[0], 0.25, 2) if self.dice.flag() else None
            self._emit(pysnn.ReLU(bound), value, "real")
        else:
            self._neuron(value)

    def _affine(self, value: Available) -> None:
        scale, shift = (self.dice.parameter(value.shape[0], *of) for of in ((-1, 2), (-0.5, 0.5)))
        self._emit(pysnn.Affine(scale, shift), value, self._weighted(value))
