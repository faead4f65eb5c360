"""Recurrent connections: where their step goes, and graphs inside graphs."""

from itertools import pairwise

import numpy as np
import pytest

from pysnn import Delay, NetworkError
from pysnn.importers.nir.graph import NirGraph, NirNode
from pysnn.importers.nir.load import from_graph, make_profile
from tests.unit.importers.nir.graphs import lif, node

EYE = node("Linear", weight=np.eye(2))


def edges(nodes: dict[str, NirNode], *pairs: tuple[str, str]) -> list[tuple[str, str]]:
    graph = NirGraph({"in": node("Input", shape=[2]), **nodes, "out": node("Output", shape=[2])}, pairs)
    return list(from_graph(graph, make_profile("strict", dt=1.0)).network.edges)


def test_the_step_is_behind_the_neuron() -> None:
    found = edges({"w": EYE, "a": lif()}, ("in", "a"), ("a", "w"), ("w", "a"), ("a", "out"))
    assert ("a", "a.delay") in found
    assert ("a.delay", "w") in found
    assert found.index(("in", "a")) < found.index(("w", "a"))


def test_a_neuron_that_reads_itself() -> None:
    assert ("a.delay", "a") in edges({"a": lif()}, ("in", "a"), ("a", "a"), ("a", "out"))


def test_only_what_comes_back_is_delayed() -> None:
    """Weights that are read forward too stay before the delay."""
    found = edges({"a": lif(), "w": EYE}, ("in", "a"), ("a", "w"), ("w", "a"), ("w", "out"))
    assert ("w.delay", "a") in found
    assert ("w", "out") in found


def test_feedback_over_two_layers_delays_one_of_them() -> None:
    nodes = {"a": lif(), "w": EYE, "b": lif(), "back": EYE}
    found = edges(nodes, ("in", "a"), ("a", "w"), ("w", "b"), ("b", "back"), ("back", "a"), ("b", "out"))
    assert [edge for edge in found if "delay" in edge[1]] == [("b", "b.delay")]


def test_two_cycles_share_a_delay_where_they_start_with_one_neuron() -> None:
    nodes = {"a": lif(), "w": EYE, "v": EYE}
    found = edges(nodes, ("in", "a"), ("a", "w"), ("w", "a"), ("a", "v"), ("v", "a"), ("a", "out"))
    assert [edge for edge in found if edge[1].startswith("a.delay")] == [("a", "a.delay")]
    assert {edge[1] for edge in found if edge[0] == "a.delay"} == {"w", "v"}


def test_a_delay_of_the_file_closes_its_cycle() -> None:
    nodes = {"a": lif(), "d": node("Delay", delay=[2.0, 2.0]), "w": EYE}
    graph = NirGraph(
        {"in": node("Input", shape=[2]), **nodes, "out": node("Output", shape=[2])},
        (("in", "a"), ("a", "d"), ("d", "w"), ("w", "a"), ("a", "out")),
    )
    found = from_graph(graph, make_profile("strict", dt=1.0))
    delays = [part.steps for part in found.network.nodes.values() if isinstance(part, Delay)]
    assert delays == [2]
    assert found.notes == ()


def test_a_cycle_without_a_neuron_is_refused() -> None:
    with pytest.raises(NetworkError, match="lies on a cycle without a neuron"):
        edges({"v": EYE, "w": EYE}, ("in", "v"), ("v", "w"), ("w", "v"), ("v", "out"))


def test_graphs_inside_graphs_are_dissolved() -> None:
    inner = NirGraph(
        {"input": node("Input", shape=[2]), "lif": lif(), "w": EYE, "output": node("Output", shape=[2])},
        (("input", "lif"), ("lif", "w"), ("w", "lif"), ("lif", "output")),
    )
    found = edges({"rec": NirNode("NIRGraph", {}, inner)}, ("in", "rec"), ("rec", "out"))
    assert ("in", "rec.input") in found
    assert ("rec.lif.delay", "rec.w") in found
    assert ("rec.output", "out") in found


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ((("in", "a"), ("a", "b")), "edge 'a' -> 'b' names 'b', which is no node"),
        ((("in", "a"), ("in", "a")), "edge 'in' -> 'a' stands there twice"),
    ],
)
def test_edges_are_checked(pairs: tuple[tuple[str, str], ...], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        NirGraph({"in": node("Input", shape=[2]), "a": lif()}, pairs)


def test_a_long_chain_takes_no_long_time() -> None:
    nodes = {f"n{at}": EYE for at in range(3000)}
    names = ["in", *nodes, "out"]
    assert len(edges(nodes, *pairwise(names))) == 3001
