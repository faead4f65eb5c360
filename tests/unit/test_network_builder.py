"""The builder of networks: what each change leaves behind, in nodes, edges and shapes."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysnn import Affine, Concat, Flatten, Input, Linear, MaxPool2d, Network, NetworkError, Output, ReLU, Scale
from pysnn.ann import ann_pass
from pysnn.network_builder import NetworkBuilder


def diamond() -> NetworkBuilder:
    """Make a sum of two branches: ``in -> a, b -> sum -> out``."""
    builder = NetworkBuilder()
    builder.add("in", Input((2,)))
    builder.add("a", Linear([[1, 2], [3, 4]]), ["in"])
    builder.add("b", ReLU(), ["in"])
    builder.add("sum", Scale(1.0), ["a", "b"])
    builder.add("out", Output(), ["sum"])
    return builder


def scores(network: Network) -> np.ndarray:
    return ann_pass(network, np.array([[1, -2], [0.5, 4]], dtype=np.float32))[0]


def test_a_builder_makes_the_network_that_its_constructor_makes() -> None:
    made = diamond().network()
    edges = [("in", "a"), ("in", "b"), ("a", "sum"), ("b", "sum"), ("sum", "out")]
    assert made == Network(dict(made.nodes), edges)
    assert dict(made.shapes) == diamond().shapes


def test_of_holds_a_network_and_gives_it_back() -> None:
    network = diamond().network()
    builder = NetworkBuilder.of(network)
    assert builder.network() == network
    assert builder.sources("sum") == ("a", "b")
    assert builder.targets("in") == ("a", "b")
    assert builder.edges == network.edges


def test_a_copy_does_not_change_with_its_original() -> None:
    builder = diamond()
    copy = builder.copy()
    builder.bypass("b")
    builder.add("more", ReLU(), ["a"])
    builder.replace("a", Linear([[0, 0], [0, 0]]))
    assert copy.network() == diamond().network()
    copy.take_over(builder)
    assert (copy.nodes, copy.edges, copy.shapes) == (builder.nodes, builder.edges, builder.shapes)


def test_a_taken_or_reserved_name_gets_a_number() -> None:
    builder = NetworkBuilder(reserved={"out"})
    assert [builder.add(name, Input((1,))) for name in ("in", "in", "in", "out")] == ["in", "in_1", "in_2", "out_1"]
    builder.reserved.discard("out")
    assert builder.free_name("out") == "out"


def test_a_derived_name_has_its_end_and_underscores() -> None:
    builder = diamond()
    assert builder.derived_name("a") == "a_"
    assert builder.derived_name("x" * 200 + "y") == "x" * 179 + "y"


def test_a_source_that_is_repeated_is_read_through_a_copy() -> None:
    builder = NetworkBuilder()
    builder.add("in", Input((2,)))
    builder.add("out", Output(), ["in", "in", "in"])
    assert builder.edges == (
        ("in", "out.copy"),
        ("in", "out.copy_1"),
        ("in", "out"),
        ("out.copy", "out"),
        ("out.copy_1", "out"),
    )
    assert scores(builder.network()).tolist() == [[3, -6], [1.5, 12]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.add("x", ReLU(), ["nothing"]), "ReLU 'x' reads 'nothing', which is no node"),
        (lambda b: b.add("x", ReLU()), "ReLU 'x': expected a source, got none"),
        (lambda b: b.add("x", MaxPool2d(2), ["in"]), "MaxPool2d 'x'"),
        (lambda b: b.connect("a", "sum"), "'sum' reads 'a' already"),
        (lambda b: b.replace("a", MaxPool2d(2)), "MaxPool2d 'a'"),
        (lambda b: b.insert(("a", "sum"), "x", MaxPool2d(2)), "MaxPool2d 'x'"),
        (lambda b: b.insert_before("sum", "x", MaxPool2d(2)), "MaxPool2d 'x'"),
        (lambda b: b.insert_behind("sum", "x", MaxPool2d(2)), "MaxPool2d 'x'"),
        (lambda b: b.insert(("a", "sum"), "b", ReLU()), "ReLU 'b': expected a free name"),
        (lambda b: b.rewire([("a", "nothing")]), "edge 'a' -> 'nothing' has an end that is no node"),
        (lambda b: b.bypass("a", "b"), "without 'a, b' an edge would be there twice"),
    ],
    ids=["source", "none", "add", "connect", "replace", "insert", "before", "behind", "taken", "rewire", "bypass"],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    change: Callable[[NetworkBuilder], object], message: str
) -> None:
    builder = diamond()
    with pytest.raises(NetworkError, match=message):
        change(builder)
    assert builder.network() == diamond().network()


def test_connect_checks_the_shape_of_what_it_adds() -> None:
    builder = diamond()
    builder.add("one", Linear([[1, 1]]), ["in"])
    with pytest.raises(NetworkError, match="edges that meet must have one shape"):
        builder.connect("one", "sum")
    builder.connect("in", "sum")
    assert builder.sources("sum") == ("a", "b", "in")


def test_replace_keeps_the_edges_and_takes_the_new_shape() -> None:
    builder = diamond()
    builder.bypass("b")
    builder.replace("a", Linear(np.ones((3, 2))))
    assert builder.shapes["a"] == (3,)
    assert builder.sources("a") == ("in",)


def test_insert_takes_the_place_of_an_edge() -> None:
    builder = diamond()
    builder.insert(("a", "sum"), "a_", Affine(2.0))
    assert builder.edges == (("in", "a"), ("in", "b"), ("a", "a_"), ("a_", "sum"), ("b", "sum"), ("sum", "out"))
    assert builder.shapes["a_"] == (2,)


def test_insert_before_reads_the_whole_sum() -> None:
    builder = diamond()
    builder.insert_before("sum", "double", Affine(2.0))
    assert builder.edges == (
        ("in", "a"),
        ("in", "b"),
        ("a", "double"),
        ("b", "double"),
        ("sum", "out"),
        ("double", "sum"),
    )
    assert np.array_equal(scores(builder.network()), 2 * scores(diamond().network()))


def test_insert_behind_takes_over_all_readers_and_stands_next_to_its_node() -> None:
    builder = diamond()
    builder.insert_behind("in", "double", Affine(2.0))
    assert builder.edges[:3] == (("in", "double"), ("double", "a"), ("double", "b"))
    assert list(builder.nodes) == ["in", "double", "a", "b", "sum", "out"]
    assert np.array_equal(scores(builder.network()), 2 * scores(diamond().network()))


def test_redirect_lets_readers_read_another_node() -> None:
    builder = diamond()
    builder.redirect("sum", "b")
    assert builder.sources("out") == ("b",)
    assert builder.sources("sum") == ("a", "b")


def test_split_gives_each_reader_its_own() -> None:
    builder = diamond()
    builder.insert_behind("in", "x", ReLU())
    assert builder.split("x") == ["x", "x.b"]
    assert (builder.sources("a"), builder.sources("b"), builder.sources("x.b")) == (("x",), ("x.b",), ("in",))
    assert np.array_equal(scores(builder.network()), scores(NetworkBuilder.of(builder.network()).network()))


def test_give_own_leaves_the_other_readers_and_stands_beside_its_reader() -> None:
    builder = diamond()
    builder.insert_behind("in", "x", ReLU())
    assert builder.give_own("x", "a") == "x.a"
    assert builder.edges == (
        ("in", "x"),
        ("in", "x.a"),
        ("x.a", "a"),
        ("x", "b"),
        ("a", "sum"),
        ("b", "sum"),
        ("sum", "out"),
    )
    assert builder.shapes["x.a"] == (2,)
    before = builder.edges
    assert builder.give_own("x", "b") == "x"
    assert set(builder.edges) == set(before)


def test_swap_exchanges_neighbours_under_nodes_that_fit_there() -> None:
    builder = diamond()
    builder.insert_behind("sum", "wide", Linear([[1, 2], [3, 4], [5, 6]]))
    builder.swap("sum", "wide", {"sum": Scale(np.array([1, 2, 3]))})
    assert builder.sources("wide") == ("a", "b")
    assert builder.edges[-2:] == (("wide", "sum"), ("sum", "out"))
    assert (builder.shapes["wide"], builder.shapes["sum"]) == ((3,), (3,))
    assert list(builder.network().nodes) == ["in", "a", "b", "sum", "wide", "out"]


@pytest.mark.parametrize(("first", "second"), [("in", "a"), ("a", "sum"), ("sum", "a")])
def test_swap_refuses_what_others_read_or_what_reads_others(first: str, second: str) -> None:
    builder = diamond()
    with pytest.raises(NetworkError, match="expected a node and its only reader, which reads nothing else"):
        builder.swap(first, second, {})
    assert builder.edges == diamond().edges


def test_bypass_lets_readers_read_what_was_read() -> None:
    builder = diamond()
    builder.bypass("sum")
    assert builder.edges == (("in", "a"), ("in", "b"), ("a", "out"), ("b", "out"))
    assert "sum" not in builder.shapes
    assert np.array_equal(scores(builder.network()), scores(diamond().network()))


def test_bypass_takes_out_a_chain_at_once() -> None:
    builder = diamond()
    builder.insert_behind("sum", "x", Scale(1.0))
    builder.insert_behind("x", "y", Scale(1.0))
    builder.bypass("sum", "x", "y")
    assert builder.sources("out") == ("a", "b")


def test_bypass_refuses_to_bring_a_sum_to_a_node_that_does_not_add() -> None:
    builder = diamond()
    builder.replace("out", Concat())
    with pytest.raises(NetworkError, match="'sum' adds, and its reader does not"):
        builder.bypass("sum")


def test_keep_read_leaves_what_the_output_depends_on() -> None:
    builder = diamond()
    builder.add("unread", Flatten(), ["a"])
    builder.add("unread.too", ReLU(), ["unread"])
    with pytest.raises(NetworkError, match="is not read"):
        builder.network()
    builder.keep_read("out")
    assert builder.network() == diamond().network()
    assert builder.shapes == diamond().shapes


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12), st.data())
def test_keep_read_and_bypass_leave_sources_edges_and_shapes_in_agreement(
    pairs: list[tuple[int, int]], data: st.DataObject
) -> None:
    builder = NetworkBuilder()
    names = [builder.add("in", Input((2,)))]
    for first, second in pairs:
        picked = [names[first % len(names)], names[second % len(names)]]
        names.append(builder.add("n", Scale(1.0), picked))
    builder.add("out", Output(), [names[-1]])
    builder.keep_read("out")
    before = scores(builder.network())
    inner = [name for name in builder.nodes if name not in ("in", "out")]
    if inner:
        with suppress(NetworkError):
            builder.bypass(data.draw(st.sampled_from(inner)))
    network = builder.network()
    assert np.array_equal(scores(network), before)
    assert dict(network.shapes) == builder.shapes
    assert {name: builder.sources(name) for name in builder.nodes} == dict(network.sources)
