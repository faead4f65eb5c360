"""Max-pools of a converted network: moved to where they read spikes, or refused by name."""

import numpy as np
import pytest

from pysnn import (
    Affine,
    AvgPool2d,
    Concat,
    Conv2d,
    Flatten,
    Input,
    Linear,
    MaxPool2d,
    Network,
    NetworkError,
    Node,
    Output,
    Pad,
    ReLU,
    Scale,
    Subsample,
    run,
)
from pysnn.convert import ann_pass, convert
from pysnn.convert.pools import settle_pools

RNG = np.random.default_rng(7)
DATA = RNG.random((12, 2, 8, 8), dtype=np.float32)
C1, C2 = RNG.normal(0, 0.4, (6, 2, 3, 3)), RNG.normal(0, 0.3, (6, 6, 3, 3))
FACTORS = np.array([0.5, 1.0, 2.0, 0.25, 1.5, 0.0])
SHIFTS = np.array([0.1, -0.2, 0.0, 0.3, -0.1, 0.05])


def layers(*between: tuple[str, Node], classes: int = 3, size: int = 3) -> Network:
    """Two convolutions, what is asked for behind the second, and a Linear."""
    nodes: list[tuple[str, Node]] = [("in", Input((2, 8, 8))), ("c1", Conv2d(C1)), ("r1", ReLU()), ("c2", Conv2d(C2))]
    weight = np.random.default_rng(3).normal(0, 0.3, (classes, 6 * size * size if size else 6 * 16))
    return Network.chain([*nodes, *between, ("flat", Flatten()), ("fc", Linear(weight)), ("out", Output())])


POOL = MaxPool2d(2, 1)
PAIRS: dict[str, tuple[tuple[tuple[str, Node], ...], tuple[tuple[str, Node], ...]]] = {
    "relu": ((("p", POOL), ("r", ReLU())), (("r", ReLU()), ("p", POOL))),
    "relu6": ((("p", POOL), ("r", ReLU(6.0))), (("r", ReLU(6.0)), ("p", POOL))),
    "bound a channel": (
        (("p", POOL), ("r", ReLU(FACTORS + 0.5))),
        (("r", ReLU(FACTORS + 0.5)), ("p", POOL)),
    ),
    "batch norm": (
        (("p", POOL), ("bn", Affine(FACTORS, SHIFTS)), ("r", ReLU())),
        (("bn", Affine(FACTORS, SHIFTS)), ("r", ReLU()), ("p", POOL)),
    ),
    "scale": (
        (("p", POOL), ("s", Scale(2.0)), ("r", ReLU())),
        (("s", Scale(2.0)), ("r", ReLU()), ("p", POOL)),
    ),
    "padding": (
        (("p", MaxPool2d(3, 2, 1)), ("r", ReLU())),
        (("r", ReLU()), ("p", MaxPool2d(3, 2, 1))),
    ),
    "negative batch norm before the pool": (
        (("bn", Affine(-FACTORS, SHIFTS)), ("p", POOL), ("r", ReLU())),
        (("bn", Affine(-FACTORS, SHIFTS)), ("r", ReLU()), ("p", POOL)),
    ),
    "two pools": (
        (("p", MaxPool2d(2, 1)), ("q", MaxPool2d(1, 1)), ("r", ReLU())),
        (("r", ReLU()), ("p", MaxPool2d(2, 1)), ("q", MaxPool2d(1, 1))),
    ),
    "pool, ReLU, pool, ReLU": (
        (("p", MaxPool2d(2, 1)), ("r", ReLU()), ("q", MaxPool2d(1, 1))),
        (("r", ReLU()), ("p", MaxPool2d(2, 1)), ("q", MaxPool2d(1, 1))),
    ),
    "flatten between": (
        (("p", POOL), ("f", Flatten()), ("r", ReLU())),
        (("r", ReLU()), ("p", POOL), ("f", Flatten())),
    ),
    "moves between": (
        (("p", POOL), ("pad", Pad(space=1)), ("s", Scale(0.5)), ("sub", Subsample(2)), ("r", ReLU())),
        (("s", Scale(0.5)), ("r", ReLU()), ("p", POOL), ("pad", Pad(space=1)), ("sub", Subsample(2))),
    ),
    "batch norm between ReLU and pool": (
        (("r", ReLU()), ("bn", Affine(FACTORS, SHIFTS)), ("p", MaxPool2d(3, 2, 1))),
        (("r", ReLU()), ("p", MaxPool2d(3, 2, 1)), ("bn", Affine(FACTORS, SHIFTS))),
    ),
    "scale, batch norm, scale between ReLU and pool": (
        (("r", ReLU()), ("s", Scale(2.0)), ("bn", Affine(FACTORS, SHIFTS)), ("t", Scale(0.5)), ("p", POOL)),
        (("r", ReLU()), ("p", POOL), ("s", Scale(2.0)), ("bn", Affine(FACTORS, SHIFTS)), ("t", Scale(0.5))),
    ),
}


def size_behind(between: tuple[tuple[str, Node], ...]) -> int:
    shape: tuple[int, ...] = (6, 4, 4)
    for name, node in between:
        shape = node.shape_of(name, shape)
    return int((np.prod(shape) / 6) ** 0.5)


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("name", PAIRS)
def test_either_order_gives_the_same_scores(name: str, per_channel: bool) -> None:
    before, behind = PAIRS[name]
    size = size_behind(before)
    scores = []
    for between in (before, behind):
        ann = layers(*between, size=size)
        conversion = convert(ann, DATA, steps=16, per_channel=per_channel)
        np.testing.assert_array_equal(ann_pass(conversion.ann, DATA)[0], ann_pass(ann, DATA)[0])
        scores.append(run(conversion.network, DATA, steps=16).scores)
        if conversion.int8_refusal is None:
            run(conversion.network, DATA, steps=16, precision="int8")
    np.testing.assert_array_equal(scores[0], scores[1])


def test_a_network_whose_pools_read_spikes_is_the_network_itself() -> None:
    ann = layers(("r", ReLU()), ("p", POOL))
    assert settle_pools(ann)[0] is ann
    assert convert(ann, DATA).ann is ann


@pytest.mark.parametrize(
    ("between", "words"),
    [
        ((("p", POOL),), "MaxPool2d 'p': .*Linear 'fc' reads it before any ReLU; put a ReLU"),
        ((("p", POOL), ("q", AvgPool2d(1)), ("r", ReLU())), "MaxPool2d 'p': .*AvgPool2d 'q' reads it before any ReLU"),
        (
            (("p", POOL), ("bn", Affine(FACTORS - 0.75, 0.0)), ("r", ReLU())),
            r"MaxPool2d 'p': .*Affine 'bn' has a negative scale \(-0.75 in channel 5\), which makes it a minimum",
        ),
        (
            (("r", ReLU()), ("bn", Affine(-1.0, 0.0)), ("p", POOL)),
            r"MaxPool2d 'p': .*Affine 'bn' has a negative scale \(-1 in every channel\)",
        ),
        (
            (("p", POOL), ("pad", Pad(space=1)), ("bn", Affine(1.0, 0.5)), ("r", ReLU()), ("s", Subsample(2))),
            "MaxPool2d 'p': .*Affine 'bn' has a shift, and zeros are put around the map",
        ),
        (
            (("p", POOL), ("f", Flatten()), ("r", ReLU(np.arange(1, 55)))),
            "MaxPool2d 'p': .*ReLU 'r' has several values of max for one channel before 'f'",
        ),
    ],
)
def test_a_maximum_of_currents_is_refused_by_name(between: tuple[tuple[str, Node], ...], words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        convert(layers(*between), DATA)


def branches(*, rectified: bool) -> Network:
    """One pool with two readers: a ReLU, and another or none."""
    nodes: dict[str, Node] = {
        "in": Input((2, 8, 8)),
        "c1": Conv2d(C1),
        "r1": ReLU(),
        "c2": Conv2d(C2),
        "p": POOL,
        "a": ReLU(),
        "b": ReLU(0.5) if rectified else Scale(1.0),
        "cat": Concat(),
        "flat": Flatten(),
        "fc": Linear(np.random.default_rng(3).normal(0, 0.3, (3, 108))),
        "out": Output(),
    }
    edges = [("in", "c1"), ("c1", "r1"), ("r1", "c2"), ("c2", "p"), ("p", "a"), ("p", "b"), ("a", "cat"), ("b", "cat")]
    return Network(nodes, [*edges, ("cat", "flat"), ("flat", "fc"), ("fc", "out")])


def test_a_pool_with_several_readers_becomes_one_for_each() -> None:
    ann = branches(rectified=True)
    conversion = convert(ann, DATA, steps=32)
    assert conversion.ann.sources["a"] == conversion.ann.sources["b"] == ("c2",)
    np.testing.assert_array_equal(ann_pass(conversion.ann, DATA)[0], ann_pass(ann, DATA)[0])
    assert run(conversion.network, DATA, steps=32).scores.shape == (1, 12, 3)
    with pytest.raises(NetworkError, match=r"MaxPool2d 'p'.*Linear 'fc' reads it before any ReLU"):
        convert(branches(rectified=False), DATA)


def test_a_relu_behind_a_concat_goes_into_its_branches() -> None:
    nodes: dict[str, Node] = {
        "in": Input((2, 8, 8)),
        "c1": Conv2d(C1),
        "r1": ReLU(),
        "c2": Conv2d(C2, padding=1),
        "p": MaxPool2d(3, 1, 1),
        "c3": Conv2d(C2, padding=1),
        "cat": Concat(),
        "bn": Affine(np.arange(12) / 8, np.arange(12) / 16 - 0.5),
        "r": ReLU(np.arange(1, 13) / 4),
        "flat": Flatten(),
        "fc": Linear(np.random.default_rng(3).normal(0, 0.3, (3, 432))),
        "out": Output(),
    }
    edges = [("in", "c1"), ("c1", "r1"), ("r1", "c2"), ("r1", "c3"), ("c2", "p"), ("p", "cat"), ("c3", "cat")]
    ann = Network(nodes, [*edges, ("cat", "bn"), ("bn", "r"), ("r", "flat"), ("flat", "fc"), ("fc", "out")])
    conversion = convert(ann, DATA, steps=32)
    np.testing.assert_array_equal(ann_pass(conversion.ann, DATA)[0], ann_pass(ann, DATA)[0])
    assert len(conversion.network.neurons) == 3
    run(conversion.network, DATA, steps=32)


def test_a_sum_with_a_pool_in_it_is_refused_and_a_pool_of_a_sum_is_not() -> None:
    nodes: dict[str, Node] = {
        "in": Input((2, 8, 8)),
        "c1": Conv2d(C1),
        "r1": ReLU(),
        "c2": Conv2d(C2, padding=1),
        "p": MaxPool2d(3, 1, 1),
        "r2": ReLU(),
        "flat": Flatten(),
        "fc": Linear(np.random.default_rng(3).normal(0, 0.3, (3, 216))),
        "out": Output(),
    }
    ends = [("r2", "flat"), ("flat", "fc"), ("fc", "out")]
    start = [("in", "c1"), ("c1", "r1"), ("r1", "c2"), ("c2", "p"), ("p", "r2")]
    with pytest.raises(NetworkError, match=r"MaxPool2d 'p': .*in ReLU 'r2' it meets 'r1' before any ReLU"):
        convert(Network(nodes, [*start, ("r1", "r2"), *ends]), DATA)
    ann = Network(nodes, [*start, ("r1", "p"), *ends])
    conversion = convert(ann, DATA)
    assert conversion.ann.sources["r2"] == ("c2", "r1")
    np.testing.assert_array_equal(ann_pass(conversion.ann, DATA)[0], ann_pass(ann, DATA)[0])


def test_a_pool_on_the_input_and_one_of_constant_values_stay() -> None:
    weight = np.random.default_rng(3).normal(0, 0.3, (4, 2 * 49))
    tail = {"flat": Flatten(), "fc": Linear(weight), "r": ReLU(), "out": Output()}
    on_input = Network.chain({"in": Input((2, 8, 8)), "p": POOL, **tail})
    on_conv = Network.chain({"in": Input((2, 8, 8)), "c": Conv2d(np.eye(2)[:, :, None, None]), "p": POOL, **tail})
    scores = []
    for ann in (on_input, on_conv):
        conversion = convert(ann, DATA)
        assert conversion.ann is ann
        scores.append(run(conversion.network, DATA, steps=8).scores)
    np.testing.assert_array_equal(scores[0], scores[1])


def test_what_only_float32_can_is_said() -> None:
    between = (("bn", Affine(FACTORS, SHIFTS)), ("c", Conv2d(C2, padding=1)), ("r", ReLU()), ("p", POOL))
    conversion = convert(layers(*between), DATA)
    assert "Conv2d 'c': int8 weights need spikes" in str(conversion.int8_refusal)
    assert convert(layers(between[0], *between[2:]), DATA).int8_refusal is None


def test_a_very_long_way_to_a_relu_is_refused_in_a_sentence() -> None:
    moves: dict[str, Node] = {f"m{i}": Subsample(1) for i in range(700)}
    nodes = {"in": Input((1, 4, 4)), "c": Conv2d([[[[1.0]]]]), "r": ReLU(), "d": Conv2d([[[[1.0]]]]), "p": POOL}
    ann = Network.chain({**nodes, **moves, "s": ReLU(), "out": Output()})
    with pytest.raises(NetworkError, match=r"MaxPool2d 'p': .*hundreds of nodes"):
        convert(ann, np.ones((2, 1, 4, 4)))
