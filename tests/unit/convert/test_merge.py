"""Merging weight layers changes no result, and lets int8 run what it refused."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysnn import Affine, Concat, Conv2d, Flatten, Input, Linear, Network, Node, Output, ReLU, Scale, run
from pysnn.ann import ann_pass
from pysnn.convert import convert
from pysnn.convert.folding.merge import merge_linear
from pysnn.errors import DataError, NetworkError, PlanError

RNG = np.random.default_rng(11)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def weights(network: Network) -> list[str]:
    return [name for name, node in network.nodes.items() if isinstance(node, Conv2d | Linear)]


def merged(network: Network) -> Network:
    """Merge, and compare the results."""
    result = merge_linear(network)
    x = np.random.default_rng(1).normal(size=(5, *network.input.shape)).astype(np.float32)
    expected = ann_pass(network, x)[0]
    np.testing.assert_allclose(ann_pass(result, x)[0], expected, rtol=2e-4, atol=2e-4)
    return result


def test_two_dense_layers_are_the_product_of_their_matrices() -> None:
    net = Network.chain(
        {
            "in": Input((2,)),
            "a": Linear([[1, 2], [3, 4]], [1, -1]),
            "b": Linear([[1, 1], [0, 2]], [5, 6]),
            "relu": ReLU(),
            "out": Output(),
        }
    )
    found = merge_linear(net)
    assert list(found.nodes) == ["in", "b", "relu", "out"]
    layer = found.nodes["b"]
    assert isinstance(layer, Linear)
    assert layer.weight.tolist() == [[4, 6], [6, 8]]
    assert layer.bias.tolist() == [5, 4]


@pytest.mark.parametrize("groups", [(1, 1), (6, 1), (1, 3), (6, 4), (2, 2)])
def test_a_pointwise_layer_takes_the_kernel_before_it(groups: tuple[int, int]) -> None:
    before, behind = groups
    middle = 12
    net = Network.chain(
        {
            "in": Input((6, 7, 8)),
            "a": Conv2d(
                normal(middle, 6 // before, 3, 2), normal(middle), 2, (1, 0, 2, 1), dilation=(1, 2), groups=before
            ),
            "scale": Scale(np.abs(normal(middle)) + 0.1),
            "bn": Affine(normal(middle), normal(middle)),
            "b": Conv2d(normal(12, middle // behind, 1, 1), normal(12), (1, 2), groups=behind),
            "out": Output(),
        }
    )
    found = merged(net)
    assert weights(found) == ["b"]
    layer = found.nodes["b"]
    assert isinstance(layer, Conv2d)
    assert layer.groups == np.gcd(before, behind)
    assert (layer.stride, layer.padding, layer.dilation) == ((2, 4), (1, 0, 2, 1), (1, 2))


@dataclass
class Blocks:
    """Inverted residual blocks with linear bottlenecks, as MobileNetV2 has them."""

    nodes: dict[str, Node] = field(default_factory=lambda: {"in": Input((3, 6, 6))})
    edges: list[tuple[str, str]] = field(default_factory=list)
    last: str = "in"

    def put(self, name: str, node: Node, *sources: str) -> str:
        self.nodes[name] = node
        self.edges += [(source, name) for source in sources or (self.last,)]
        self.last = name
        return name

    def block(self, k: int, channels: int, wide: int = 8) -> None:
        entry = self.last
        before = channels if k else 3
        self.put(f"expand{k}", Conv2d(normal(wide, before, 1, 1), normal(wide)))
        self.put(f"relu{k}a", ReLU(6.0))
        self.put(f"deep{k}", Conv2d(normal(wide, 1, 3, 3), normal(wide), padding=1, groups=wide))
        self.put(f"relu{k}b", ReLU(6.0))
        project = self.put(f"project{k}", Conv2d(normal(channels, wide, 1, 1) / 3, normal(channels)))
        if k:
            self.put(f"add{k}", Scale(1.0), project, entry)

    def network(self, blocks: int) -> Network:
        for k in range(blocks):
            self.block(k, 4)
        self.put("head", Conv2d(normal(5, 4, 1, 1), normal(5)))
        self.put("relu", ReLU())
        self.put("flat", Flatten())
        self.put("fc", Linear(normal(3, 5 * 36) / 10))
        self.put("out", Output())
        return Network(self.nodes, self.edges)


def test_linear_bottlenecks_become_sums_of_products() -> None:
    found = merged(Blocks().network(3))
    assert "project0" not in found.nodes
    assert set(weights(found)) - {"expand0", "deep0", "deep1", "deep2", "fc"} == {
        "expand1",
        *("expand2", "expand2.project0"),
        *("head", "head.project1", "head.project0"),
    }


def test_int8_runs_linear_bottlenecks_when_asked_for() -> None:
    net = Blocks().network(3)
    x = normal(20, 3, 6, 6).astype(np.float32)
    refused = convert(net, x, per_channel=True)
    with pytest.raises(PlanError, match=r"expand1.*merge_linear"):
        run(refused.network, x, steps=1, precision="int8")
    made = convert(net, x, per_channel=True, precision="int8")
    assert made.int8_refusal is None
    exact = run(made.network, x, steps=256).scores
    found = run(made.network, x, steps=256, precision="int8").scores
    assert np.corrcoef(exact.ravel(), found.ravel())[0, 1] > 0.999
    assert np.corrcoef(ann_pass(net, x)[0].ravel(), found.ravel())[0, 1] > 0.98


def test_a_precision_that_is_none_and_a_network_that_int8_cannot_run() -> None:
    layers = {"a": Conv2d(normal(4, 2, 3, 3)), "b": Conv2d(normal(4, 4, 3, 3)), "relu": ReLU(), "flat": Flatten()}
    net = Network.chain({"in": Input((2, 6, 6)), "first": ReLU(), **layers, "out": Output()})
    x = normal(5, 2, 6, 6).astype(np.float32)
    with pytest.raises(DataError, match="precision must be one of float32, int8, got 'int4'"):
        convert(net, x, precision="int4")  # type: ignore[arg-type]
    with pytest.raises(NetworkError, match="could not run in int8: Conv2d 'b'"):
        convert(net, x, precision="int8")
    assert "Conv2d 'b'" in str(convert(net, x).int8_refusal)


def test_a_network_that_int8_runs_is_left_as_it_is() -> None:
    net = Network.chain(
        {"in": Input((2,)), "a": Linear(normal(3, 2)), "relu": ReLU(), "b": Linear(normal(2, 3)), "out": Output()}
    )
    assert merge_linear(net) is net
    x = normal(5, 2).astype(np.float32)
    assert convert(net, x, precision="int8").ann == convert(net, x).ann


def test_a_concatenation_reads_the_sum() -> None:
    nodes = {
        "in": Input((2, 3, 3)),
        "a": ReLU(),
        "p": Conv2d(normal(4, 2, 3, 3), padding=1),
        "q": Conv2d(normal(4, 2, 1, 1), normal(4)),
        "e": Conv2d(normal(3, 4, 1, 1), normal(3)),
        "cat": Concat(),
        "relu": ReLU(),
        "out": Output(),
    }
    edges = [
        ("in", "a"),
        ("a", "p"),
        ("a", "q"),
        ("p", "e"),
        ("q", "e"),
        ("e", "cat"),
        ("a", "cat"),
        ("cat", "relu"),
        ("relu", "out"),
    ]
    found = merged(Network(nodes, edges))
    assert set(weights(found)) == {"e", "e.q"}
    assert found.sources["cat"][1] == "a"


def test_kernels_that_see_more_than_one_place_stay() -> None:
    net = Network.chain(
        {
            "in": Input((2, 5, 5)),
            "a": Conv2d(normal(2, 2, 3, 3)),
            "b": Conv2d(normal(2, 2, 3, 3), padding=1),
            "c": Conv2d(normal(2, 2, 1, 1), padding=1),
            "out": Output(),
        }
    )
    assert merge_linear(net) is net


def test_a_product_beyond_float32_stays_two_layers() -> None:
    net = Network.chain({"in": Input((1,)), "a": Linear([[1e30]]), "b": Linear([[1e30]]), "out": Output()})
    assert merge_linear(net) is net


def test_a_long_chain_of_doublings_is_one_layer() -> None:
    nodes: dict[str, Node] = {"in": Input((2,)), "a": Linear(normal(2, 2), normal(2))}
    edges = [("in", "a")]
    last = "a"
    for k in range(40):
        nodes |= {f"x{k}": Scale(0.5), f"y{k}": Affine(0.5, 0.1), f"z{k}": Scale(1.0)}
        edges += [(last, f"x{k}"), (last, f"y{k}"), (f"x{k}", f"z{k}"), (f"y{k}", f"z{k}")]
        last = f"z{k}"
    nodes |= {"b": Linear(normal(2, 2)), "out": Output()}
    found = merged(Network(nodes, [*edges, (last, "b"), ("b", "out")]))
    assert list(found.nodes) == ["in", "b", "out"]


def one_of(kind: str, rng: np.random.Generator, groups: int) -> Node:
    if kind == "pointwise":
        return Conv2d(rng.normal(size=(4, 4 // groups, 1, 1)), rng.normal(size=4), groups=groups)
    if kind == "kernel":
        return Conv2d(rng.normal(size=(4, 4 // groups, 3, 3)) / 3, rng.normal(size=4), padding=1, groups=groups)
    if kind == "affine":
        return Affine(rng.normal(size=4), rng.normal(size=4))
    return Scale(rng.uniform(0.1, 2, 4)) if kind == "scale" else ReLU()


@given(st.data())
def test_random_sums_of_layers(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    nodes: dict[str, Node] = {"in": Input((4, 5, 5)), "first": ReLU()}
    edges = [("in", "first")]
    names = ["first"]
    for k in range(data.draw(st.integers(2, 8))):
        kind = data.draw(st.sampled_from(["pointwise", "kernel", "affine", "scale", "relu"]))
        nodes[f"n{k}"] = one_of(kind, rng, data.draw(st.sampled_from([1, 2, 4])))
        sources = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        edges += [(source, f"n{k}") for source in sources]
        names.append(f"n{k}")
    nodes |= {"flat": Flatten(), "out": Output()}
    unread = set(names) - {source for source, _ in edges}
    net = Network(nodes, [*edges, *((name, "flat") for name in names if name in unread), ("flat", "out")])
    x = rng.normal(size=(3, 4, 5, 5)).astype(np.float32)
    expected = ann_pass(net, x)[0]
    np.testing.assert_allclose(ann_pass(merge_linear(net), x)[0], expected, atol=1e-4 * np.abs(expected).max())
