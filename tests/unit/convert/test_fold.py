"""Folding changes no result, and leaves no Affine where one can go."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysnn import (
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
    Network,
    Node,
    Output,
    Pad,
    ReLU,
    Scale,
    Simulator,
    Subsample,
    SumPool2d,
)
from pysnn.ann import ann_pass
from pysnn.convert import convert
from pysnn.convert.folding.fold import fold

RNG = np.random.default_rng(4)
Edges = list[tuple[str, str]]


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def affine(channels: int, *, positive: bool = False) -> Affine:
    scale = normal(channels)
    return Affine(np.abs(scale) + 0.1 if positive else scale, normal(channels))


def conv(outputs: int, inputs: int, padding: int = 1) -> Conv2d:
    return Conv2d(normal(outputs, inputs, 3, 3), normal(outputs), padding=padding)


def affines(network: Network) -> list[str]:
    return [name for name, node in network.nodes.items() if isinstance(node, Affine)]


def folded(network: Network, left: int) -> Network:
    """Fold, compare the results, and count what is left."""
    result = fold(network)
    x = np.random.default_rng(1).normal(size=(5, *network.input.shape)).astype(np.float32)
    expected, _ = ann_pass(network, x)
    found, _ = ann_pass(result, x)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * float(np.abs(expected).max()))
    assert len(affines(result)) == left, affines(result)
    return result


def chain(shape: tuple[int, ...], *nodes: Node) -> Network:
    named = {f"n{i}": node for i, node in enumerate(nodes)}
    return Network.chain({"in": Input(shape), **named, "out": Output()})


@pytest.mark.parametrize(
    ("nodes", "left"),
    [
        ((conv(4, 3), affine(4), ReLU()), 0),
        ((Conv2d(normal(6, 1, 3, 3), groups=3), affine(6), ReLU()), 0),
        ((ReLU(), Affine([1.0, -2.0, 0.0], [1.0, 2.0, 3.0]), Conv2d(normal(6, 1, 3, 3), groups=3), ReLU()), 0),
        # Padding puts zeros beside shifted values; a factor alone can go into the weights.
        ((ReLU(), affine(3), conv(4, 3), ReLU()), 1),
        ((ReLU(), Affine([1.0, -2.0, 0.0]), conv(4, 3), ReLU()), 0),
        ((ReLU(), affine(3), ReLU()), 1),
        ((ReLU(), affine(3, positive=True), ReLU()), 1),
        ((ReLU(), Scale(2.0), affine(3, positive=True), ReLU()), 1),
        ((conv(4, 3), Scale([1.0, 2.0, 3.0, 4.0]), Affine([1.0, -1.0, 0.0, 1.0], 1.0), ReLU()), 0),
        ((ReLU(), Affine(2.0), ReLU()), 0),
        ((ReLU(), Affine(-2.0), ReLU()), 1),
        ((conv(4, 3), affine(4), affine(4), ReLU()), 0),
        ((conv(4, 3), Scale([1.0, 2.0, 3.0, 4.0]), affine(4), ReLU()), 0),
        ((conv(4, 3), AvgPool2d(2), affine(4), ReLU()), 0),
        ((conv(4, 3), AvgPool2d(3, 2, 1), affine(4), ReLU()), 1),
        ((conv(4, 3), SumPool2d(2), affine(4), ReLU()), 0),
        ((conv(4, 3), MaxPool2d(3, 2, 1), affine(4, positive=True), ReLU()), 0),
        ((conv(4, 3), MaxPool2d(3, 2, 1), Affine([1.0, 2.0, -1.0, 3.0], 1.0), ReLU()), 1),
        ((conv(4, 3), GlobalAvgPool(), affine(4), ReLU()), 0),
        ((conv(4, 3), Subsample(space=2, channels=2), affine(2), ReLU()), 0),
        ((conv(4, 3), Crop(channels=(1, 2), space=1), affine(1), ReLU()), 0),
        ((conv(4, 3), Pad(channels=(1, 1)), Affine(normal(6), [0, 1, 2, 3, 4, 0]), ReLU()), 0),
        ((conv(4, 3), Pad(channels=(1, 1)), affine(6), ReLU()), 1),
        ((conv(4, 3), Pad(space=1), Affine(normal(4)), ReLU()), 0),
        ((conv(4, 3), Pad(space=1), affine(4), ReLU()), 1),
        ((ReLU(), affine(3), AvgPool2d(2), Flatten(), Linear(normal(4, 27))), 0),
        ((ReLU(), affine(3), SumPool2d(2), Flatten(), Linear(normal(4, 27))), 0),
        ((ReLU(), affine(3), GlobalAvgPool(), Linear(normal(4, 3))), 0),
        ((ReLU(), affine(3, positive=True), MaxPool2d(2), Flatten(), Linear(normal(4, 27))), 0),
        ((ReLU(), affine(3), Subsample(space=2), Crop(channels=(1, 0)), Flatten(), Linear(normal(4, 18))), 0),
        ((ReLU(), affine(3), Pad(channels=(2, 1)), Flatten(), Linear(normal(4, 216))), 0),
        ((conv(4, 3), Flatten(), affine(144), ReLU()), 1),
        ((conv(4, 3), Flatten(), Affine(np.repeat(normal(4), 36), np.repeat(normal(4), 36)), ReLU()), 0),
        ((Flatten(), Linear(normal(5, 108)), affine(5)), 0),
    ],
)
def test_chains(nodes: tuple[Node, ...], left: int) -> None:
    folded(chain((3, 6, 6), *nodes), left)


def residual(bn: Affine, shortcut: list[tuple[str, Node]]) -> Network:
    """Normalisation behind an addition: relu0 -> conv + shortcut -> bn -> relu."""
    names = [name for name, _ in shortcut]
    nodes: dict[str, Node] = {
        "in": Input((4, 6, 6)),
        "relu0": ReLU(),
        "conv": conv(4, 4),
        **dict(shortcut),
        "bn": bn,
        "relu": ReLU(),
        "out": Output(),
    }
    path = ["relu0", *names, "bn"]
    edges = [("in", "relu0"), ("relu0", "conv"), ("conv", "bn"), *pairwise(path)]
    return Network(nodes, [*edges, ("bn", "relu"), ("relu", "out")])


def test_an_identity_shortcut_gets_a_scale() -> None:
    result = folded(residual(affine(4, positive=True), []), 0)
    scales = [name for name, node in result.nodes.items() if isinstance(node, Scale)]
    assert scales == ["relu0.factor"]
    assert result.sources["relu"] == ("conv", "relu0.factor")


def test_a_shift_alone_needs_no_scale() -> None:
    result = folded(residual(Affine(1.0, normal(4)), []), 0)
    assert not any(isinstance(node, Scale) for node in result.nodes.values())


def test_a_factor_that_is_not_positive_becomes_a_layer_on_the_shortcut() -> None:
    result = folded(residual(Affine([1.0, -1.0, 2.0, 0.0], 1.0), []), 1)
    factor = result.nodes["relu0.factor"]
    assert isinstance(factor, Affine)
    assert np.array_equal(factor.scale, [1, -1, 2, 0])
    spiking = convert(result, RNG.random((4, *result.input.shape)), "max-norm").network
    assert Simulator(spiking, precision="int8").plan().precision == "int8"


def test_a_shortcut_with_weights_takes_its_part() -> None:
    folded(residual(affine(4), [("down", Conv2d(normal(4, 4, 1, 1)))]), 0)


def test_a_shortcut_without_weights_of_its_own_is_scaled_behind_the_activation() -> None:
    shortcut: list[tuple[str, Node]] = [("crop", Crop(channels=(1, 1))), ("pad", Pad(channels=(1, 1)))]
    result = folded(residual(affine(4, positive=True), shortcut), 0)
    assert "relu0.factor" in result.nodes


def test_a_layer_with_other_readers_stays() -> None:
    nodes: dict[str, Node] = {"in": Input((4, 6, 6)), "conv": conv(4, 4), "bn": affine(4), "relu": ReLU()}
    edges = [("in", "conv"), ("conv", "bn"), ("bn", "relu"), ("relu", "sum"), ("conv", "sum"), ("sum", "out")]
    network = Network({**nodes, "sum": ReLU(), "out": Output()}, edges)
    assert folded(network, 1) == network


def test_several_readers_of_a_sum_read_its_parts() -> None:
    nodes: dict[str, Node] = {
        "in": Input((4, 6, 6)),
        "a": conv(4, 4),
        "b": conv(4, 4),
        "bn": affine(4),
        "r1": ReLU(),
        "r2": ReLU(),
        "out": Output(),
    }
    edges = [
        ("in", "a"),
        ("in", "b"),
        ("a", "bn"),
        ("b", "bn"),
        ("bn", "r1"),
        ("bn", "r2"),
        ("r1", "out"),
        ("r2", "out"),
    ]
    assert folded(Network(nodes, edges), 0).sources["r2"] == ("a", "b")


def test_every_reader_must_take_it() -> None:
    def network(*readers: Conv2d) -> Network:
        nodes: dict[str, Node] = {"in": Input((4, 6, 6)), "relu": ReLU(), "bn": affine(4)}
        names = [f"c{i}" for i in range(len(readers))]
        edges = [("in", "relu"), ("relu", "bn")] + [("bn", name) for name in names] + [(name, "out") for name in names]
        return Network({**nodes, **dict(zip(names, readers, strict=True)), "out": Output()}, edges)

    folded(network(conv(2, 4, 0), conv(2, 4, 0)), 0)
    padded = Conv2d(normal(2, 4, 5, 5), padding=((0, 1, 1, 0)), stride=1)
    folded(network(Conv2d(normal(2, 4, 4, 4)), padded), 1)


def dense(behind: Node, *, first_positive: bool = False) -> Network:
    """Concat of two convolutions, one of them normalised, and what is behind."""
    nodes: dict[str, Node] = {
        "in": Input((3, 6, 6)),
        "relu": ReLU(),
        "bn1": affine(3, positive=first_positive),
        "c2": conv(2, 3),
        "cat": Concat(),
        "behind": behind,
        "end": ReLU(),
        "out": Output(),
    }
    edges = [("in", "relu"), ("relu", "bn1"), ("in", "c2"), ("bn1", "cat"), ("c2", "cat")]
    return Network(nodes, [*edges, ("cat", "behind"), ("behind", "end"), ("end", "out")])


def test_through_a_concat() -> None:
    folded(dense(conv(4, 5, 0)), 0)
    folded(dense(conv(4, 5)), 1)
    folded(dense(affine(5)), 1)


def test_without_affines_nothing_changes() -> None:
    network = chain((3, 6, 6), conv(4, 3), ReLU())
    assert fold(network) == network


def test_factors_beyond_float32_stay() -> None:
    network = chain((2,), Linear(np.full((2, 2), 1e30)), Affine(1e30))
    assert affines(fold(network)) == ["n1"]


# Layers by the number of channels that they read: each keeps the channels, and the size of a map of 4 x 4.
MAKERS: list[Callable[[int], Node]] = [
    lambda c: Conv2d(normal(c, c, 1, 1), normal(c)),
    lambda c: Conv2d(normal(c, c, 3, 3), normal(c), padding=1),
    lambda c: Conv2d(normal(c, 1, 3, 3), padding=1, groups=c),
    lambda c: Affine(normal(c), normal(c)),
    lambda c: Affine(np.abs(normal(c)) + 0.1, normal(c)),
    lambda c: Affine(normal(c)),
    lambda c: Affine(1.0, normal(c)),
    lambda c: Scale(np.abs(normal(c)) + 0.1),
    lambda _: ReLU(),
    lambda _: AvgPool2d(1),
    lambda _: AvgPool2d(3, 1, 1),
    lambda _: SumPool2d((1, 2), 1, (0, 0, 0, 1)),
    lambda _: MaxPool2d(3, 1, 1),
    lambda _: Subsample(),
]


@given(st.data())
def test_random_graphs(data: st.DataObject) -> None:
    nodes: dict[str, Node] = {"in": Input((3, 4, 4))}
    channels = {"in": 3}
    edges: Edges = []
    for i in range(data.draw(st.integers(1, 8))):
        name = f"n{i}"
        sources = data.draw(st.lists(st.sampled_from(list(nodes)), min_size=1, max_size=3, unique=True))
        if data.draw(st.integers(0, 5)) == 0 and sum(channels[s] for s in sources) <= 9:
            nodes[name], channels[name] = Concat(), sum(channels[s] for s in sources)
        else:
            sources = [s for s in sources if channels[s] == channels[sources[0]]]
            channels[name] = channels[sources[0]]
            nodes[name] = data.draw(st.sampled_from(MAKERS))(channels[name])
        edges += [(source, name) for source in sources]
    unread = [name for name in nodes if name not in {source for source, _ in edges}]
    nodes["end"] = Concat()
    edges += [(name, "end") for name in unread]
    tail: list[tuple[str, Node]] = data.draw(
        st.sampled_from(
            [
                [("flat", Flatten()), ("fc", Linear(normal(4, 16 * sum(channels[n] for n in unread))))],
                [("gap", GlobalAvgPool())],
                [],
            ]
        )
    )
    previous = "end"
    for name, node in [*tail, ("out", Output())]:
        nodes[name] = node
        edges.append((previous, name))
        previous = name
    network = Network(nodes, edges)
    result = fold(network)
    x = np.random.default_rng(0).normal(size=(3, 3, 4, 4)).astype(np.float32)
    expected, before = ann_pass(network, x, keep=list(network.nodes))
    found, _ = ann_pass(result, x)
    scale = max(float(np.abs(value).max()) for value in before.values())
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * scale)
    assert len(affines(result)) <= len(affines(network))
    assert fold(result) == result
