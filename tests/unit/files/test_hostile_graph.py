"""Hostile graphs in files that are sound otherwise: refused with ``FileFormatError``, never read as something else."""

import contextlib
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from pysnn import IF, Conv2d, FileFormatError, Flatten, Input, Linear, MaxPool2d, Network, Output
from pysnn.files import graph_json, psnn
from pysnn.files.container import canonical_json, write_container
from pysnn.files.golden import Golden
from pysnn.files.graph_values import Reader
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings

RNG = np.random.default_rng(3)


def saved() -> SavedNetwork:
    """One of the golden kind, with values that need not be true: they are not run here."""
    nodes = {
        "in": Input((1, 4, 4)),
        "conv": Conv2d(RNG.normal(size=(2, 1, 3, 3)), padding=1),
        "if": IF(v_threshold=[1.0, 0.5]),
        "pool": MaxPool2d(2),
        "flat": Flatten(),
        "fc": Linear(RNG.normal(size=(3, 8))),
        "out": Output(),
    }
    golden = Golden(
        input=RNG.normal(size=(2, 1, 4, 4)).astype(np.float32),
        scores=RNG.normal(size=(2, 2, 3)).astype(np.float32),
        spikes={"if": np.ones((2, 2, 4, 4), dtype=np.int32)},
        steps=(1, 4),
    )
    return SavedNetwork(Network.chain(nodes), Settings(steps=4), {"source": "test", "accuracy": 0.5}, golden)


TEXT, TENSORS = graph_json.encode(saved())
DATA = write_container(TEXT, TENSORS)
CONV, NEURON, POOL, FC = 1, 2, 3, 5


def put(*path: Any) -> Callable[[Any], None]:
    """Set the value at a path of keys to the last argument."""

    def change(value: Any) -> None:
        for key in path[:-2]:
            value = value[key]
        value[path[-2]] = path[-1]

    return change


def field(node: int, name: str, value: object) -> Callable[[Any], None]:
    return put("nodes", node, "fields", name, value)


CHANGES: dict[str, Callable[[Any], object]] = {
    "no nodes": put("nodes", []),
    "nodes is an object": put("nodes", {}),
    "a node is null": put("nodes", 0, None),
    "a node has no type": lambda graph: graph["nodes"][0].pop("type"),
    "a node has a key more": put("nodes", 0, "extra", 1),
    "unknown type": put("nodes", NEURON, "type", "Izhikevich"),
    "type of another module": put("nodes", NEURON, "type", "Network"),
    "type is a list": put("nodes", NEURON, "type", ["IF"]),
    "name is a number": put("nodes", NEURON, "name", 7),
    "name is empty": put("nodes", NEURON, "name", ""),
    "name is another's": put("nodes", NEURON, "name", "conv"),
    "name is new": put("nodes", NEURON, "name", "other"),
    "name is no text": put("nodes", NEURON, "name", "\ud800"),
    "fields is a list": put("nodes", NEURON, "fields", []),
    "a field gone": lambda graph: graph["nodes"][NEURON]["fields"].pop("reset"),
    "a field more": field(NEURON, "tau", 0.5),
    "a private field": field(NEURON, "__class__", "x"),
    "threshold is text": field(NEURON, "v_threshold", "1"),
    "threshold is null": field(NEURON, "v_threshold", None),
    "threshold is true": field(NEURON, "v_threshold", True),
    "threshold is an integer": field(NEURON, "v_threshold", 1),
    "threshold is a list": field(NEURON, "v_threshold", [1.0, 0.5]),
    "threshold is another's tensor": field(NEURON, "v_threshold", {"tensor": "conv.bias"}),
    "threshold is a weight": field(NEURON, "v_threshold", {"tensor": "conv.weight"}),
    "threshold in one value": field(NEURON, "v_threshold", 0.5),
    "threshold is not positive": field(NEURON, "v_threshold", -1.0),
    "a tensor that is not there": field(NEURON, "v_threshold", {"tensor": "if.v"}),
    "a tensor by number": field(NEURON, "v_threshold", {"tensor": 3}),
    "a tensor with more": field(NEURON, "v_threshold", {"tensor": "if.v_threshold", "offset": 0}),
    "an object for a value": field(NEURON, "v_init", {}),
    "unknown reset": field(NEURON, "reset", "soft"),
    "reset is a list": field(NEURON, "reset", ["zero"]),
    "unknown comparison": field(NEURON, "compare", "<"),
    "stride 0": field(CONV, "stride", [0, 1]),
    "stride in one value": field(CONV, "stride", 1),
    "stride is huge": field(CONV, "stride", [1 << 62, 1 << 62]),
    "stride past 64 bits": field(CONV, "stride", [1 << 64, 1]),
    "padding is negative": field(CONV, "padding", [-1, 1, 1, 1]),
    "padding is huge": field(CONV, "padding", [1 << 62] * 4),
    "padding is large": field(POOL, "padding", [1 << 40] * 4),
    "dilation is huge": field(CONV, "dilation", [1 << 62, 1]),
    "groups 0": field(CONV, "groups", 0),
    "groups of text": field(CONV, "groups", "1"),
    "kernel is huge": field(POOL, "kernel", [1 << 62, 1 << 62]),
    "kernel is deep": field(POOL, "kernel", [[[[[[2]]]]], 2]),
    "input of 2^90 values": field(0, "shape", [1 << 30] * 3),
    "input of many values": field(0, "shape", [1 << 14, 1 << 14, 1 << 14]),
    "input of a shape that the golden input does not have": field(0, "shape", [1, 4, 5]),
    "output of a shape that the scores do not have": put("edges", 5, ["flat", "out"]),
    "input of a thousand axes": field(0, "shape", [1] * 1000),
    "unknown read-out": put("nodes", 6, "fields", "readout", "max"),
    "edges is null": put("edges", None),
    "no edges": put("edges", []),
    "an edge gone": lambda graph: graph["edges"].pop(),
    "an edge of one": put("edges", 0, ["in"]),
    "an edge of three": put("edges", 0, ["in", "conv", "if"]),
    "an edge of numbers": put("edges", 0, [0, 1]),
    "an edge of text": put("edges", 0, "in"),
    "an edge to nothing": put("edges", 0, ["in", "nothing"]),
    "an edge twice": lambda graph: graph["edges"].append(["in", "conv"]),
    "settings is null": put("settings", None),
    "settings lack a key": lambda graph: graph["settings"].pop("seed"),
    "settings with more": put("settings", "gpu", 1),
    "settings: steps": put("settings", "steps", -1),
    "settings: steps is true": put("settings", "steps", True),
    "settings: dt": put("settings", "dt", 0.0),
    "settings: dt is text": put("settings", "dt", "1"),
    "settings: coding": put("settings", "coding", "morse"),
    "settings: precision": put("settings", "precision", {}),
    "settings: seed": put("settings", "seed", 1 << 64),
    "provenance is a list": put("provenance", []),
    "provenance of null": put("provenance", "source", None),
    "provenance of a list": put("provenance", "source", []),
    "provenance of a tensor": put("provenance", "source", {"tensor": "fc.bias"}),
    "provenance of no text": put("provenance", "source", "\udfff"),
    "golden is true": put("golden", True),
    "golden is an object": put("golden", {}),
    "golden is dropped": put("golden", None),
    "golden: no steps": put("golden", "steps", []),
    "golden: steps descend": put("golden", "steps", [4, 1]),
    "golden: too many steps": put("golden", "steps", [1, 2, 4]),
    "golden: steps past all bounds": put("golden", "steps", [1, 1 << 62]),
    "golden: precision": put("golden", "precision", "int4"),
    "golden: input is the scores": put("golden", "input", {"tensor": "golden/scores"}),
    "golden: input is null": put("golden", "input", None),
    "golden: spikes are another tensor": put("golden", "spikes", {"if": {"tensor": "golden/input"}}),
    "golden: spikes of nobody": put("golden", "spikes", {}),
    "golden: spikes of another": put("golden", "spikes", {"fc": {"tensor": "golden/spikes/if"}}),
    "a key more": put("extra", 1),
    "a key gone": lambda graph: graph.pop("provenance"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_graphs_are_refused(files: SimpleNamespace, name: str) -> None:
    with pytest.raises(FileFormatError):
        psnn.loads(files.with_graph(DATA, CHANGES[name]))


def test_a_graph_changed_back_is_accepted(files: SimpleNamespace) -> None:
    assert files.with_graph(DATA, lambda _: None) == DATA
    psnn.loads(DATA)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("unknown type", "node 'if': unknown node type 'Izhikevich'; this pysnn has"),
        ("a tensor that is not there", r"node 'if' \(IF\): v_threshold: there is no tensor 'if.v'"),
        ("a field gone", r"node 'if' \(IF\): expected the keys compare, reset"),
        ("threshold is not positive", r"node 'if' \(IF\).*positive"),
        ("name is another's", "text that stands there once, got 'conv'"),
        ("stride 0", r"node 'conv' \(Conv2d\).*stride"),
        ("input of many values", "at most 134217728 values"),
    ],
)
def test_messages_name_the_node(files: SimpleNamespace, name: str, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        psnn.loads(files.with_graph(DATA, CHANGES[name]))


TEXTS = {
    "nothing": "",
    "null": "null",
    "a list": "[]",
    "a number": "1" * 5000,
    "half": TEXT[:-1],
    "twice": TEXT * 2,
    "white space": TEXT.replace(",", ", "),
    "a line feed behind": TEXT + "\n",
    "a key twice": TEXT.replace('"compare":', '"compare":">","compare":', 1),
    "NaN": TEXT.replace('"v_init":0.0', '"v_init":NaN'),
    "Infinity": TEXT.replace('"v_init":0.0', '"v_init":-Infinity'),
    "a number that overflows": TEXT.replace('"v_init":0.0', '"v_init":1e999'),
    "a number in another form": TEXT.replace('"v_init":0.0', '"v_init":0.00'),
    "a number with an exponent": TEXT.replace('"v_init":0.0', '"v_init":0e0'),
    "a number that float32 rounds": TEXT.replace('"v_init":0.0', '"v_init":0.1'),
    "deep lists": TEXT.replace('"v_init":0.0', '"v_init":' + "[" * 100_000 + "]" * 100_000),
    "deeper lists": TEXT.replace('"v_init":0.0', '"v_init":' + "[" * 900 + "]" * 900),
    "deep objects": TEXT.replace('"v_init":0.0', '"v_init":' + '{"tensor":' * 50_000 + "1" + "}" * 50_000),
    "an escape that is not needed": TEXT.replace('"IF"', '"\\u0049F"'),
    "a raw delete": TEXT.replace('"source":"test"', '"source":"\x7f"'),
    "a raw NUL": TEXT.replace('"source":"test"', '"source":"\0"'),
}


@pytest.mark.parametrize("name", TEXTS)
def test_other_texts_are_refused(name: str) -> None:
    assert TEXTS[name] != TEXT
    with pytest.raises(FileFormatError):
        psnn.loads(write_container(TEXTS[name], TENSORS))


@pytest.mark.parametrize("place", ['"v_init":0.0', '"coding":"constant"', '"source":"test"', '"steps":[1,4]'])
def test_lists_of_any_depth_are_refused(place: str) -> None:
    key = place.partition(":")[0]
    for depth in (*range(5, 1100, 35), 5000):
        with pytest.raises(FileFormatError):
            psnn.loads(write_container(TEXT.replace(place, f"{key}:{'[' * depth}{']' * depth}"), TENSORS))


@pytest.mark.parametrize(
    "value", [float("inf"), float("nan"), 1 << 63, "\ud800", b"x", [[[[[1]]]]], {"tensor": "x"}, {"tensor": []}, {}]
)
def test_a_field_cannot_have_other_values(value: object) -> None:
    with pytest.raises(FileFormatError, match="IF 'a': v_init: "):
        Reader({}).value(value, "IF 'a': v_init")


def test_messages_are_short(files: SimpleNamespace) -> None:
    for change in (put("settings", "coding", "x" * 10**6), put("nodes", NEURON, "fields", "reset", "x" * 10**6)):
        with pytest.raises(FileFormatError) as caught:
            psnn.loads(files.with_graph(DATA, change))
        assert len(str(caught.value)) < 1000


def values(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Return every value in a JSON value, and the path of keys to it."""
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from values(item, (*path, key))


PLACES = [path for path, _ in values(json.loads(TEXT)) if path]
OWN_VALUES = st.sampled_from([value for path, value in values(json.loads(TEXT)) if path])
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, 2, 7, 1 << 31, 1 << 62, 1 << 63, 1 << 64, 10**400, -(1 << 63)]),
    st.sampled_from([0.0, -0.0, 0.5, -1.0, 1e-320, 1e38, 1e39, 1e308]),
    st.sampled_from(["", "in", "conv", "IF", "LIF", "Concat", "zero", ">", "count", "poisson", "int8", "\ud800", "é"]),
    st.sampled_from([{"tensor": name} for name in TENSORS]),
    st.recursive(st.integers(-2, 9), lambda inner: st.lists(inner, max_size=4), max_leaves=6),
    st.dictionaries(st.sampled_from(["tensor", "name", "if"]), st.integers(0, 3), max_size=2),
)


@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), st.one_of(VALUES, OWN_VALUES)), min_size=1, max_size=2))
def test_any_value_anywhere_is_refused_or_kept(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    """A changed graph is refused, or it is another sound graph and saves to the very same bytes."""
    graph = json.loads(TEXT)
    for path, value in changes:
        # The first change may have taken away where the second one goes.
        with contextlib.suppress(KeyError, IndexError, TypeError):
            put(*path, value)(graph)
    data = write_container(canonical_json(graph), TENSORS)
    try:
        again = psnn.loads(data)
    except FileFormatError:
        event("refused")
        return
    event("unchanged" if data == DATA else "accepted")
    parts = {"settings": again.settings, "provenance": again.provenance, "golden": again.golden}
    assert psnn.dumps(again.network, **parts) == data  # type: ignore[arg-type]
