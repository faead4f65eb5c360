"""Networks as ``.psnn`` files: what is saved comes back, exactly, and settings and provenance with it."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pysnn import (
    ALIF,
    IF,
    LI,
    LIF,
    Affine,
    AvgPool2d,
    Concat,
    Conv2d,
    Crop,
    CubaLI,
    CubaLIF,
    DataError,
    Delay,
    DiscreteCubaLI,
    DiscreteCubaLIF,
    DiscreteLI,
    DiscreteLIF,
    FileFormatError,
    FirstSpike,
    Flatten,
    GlobalAvgPool,
    I,
    Input,
    Lapicque,
    Linear,
    MaxPool2d,
    Network,
    Output,
    Pad,
    ReLU,
    Scale,
    Subsample,
    SumPool2d,
    Threshold,
)
from pysnn.files import container_reader, graph_json, psnn
from pysnn.files.container import Container, write_container
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings
from pysnn.network import NODES
from pysnn.nodes import Node

RNG = np.random.default_rng(11)

# One of every node type, on a map of (2, 4, 4) that keeps its shape, or on the vector behind it.
ON_MAPS: tuple[Node, ...] = (
    Conv2d(RNG.normal(size=(2, 1, 3, 3)), RNG.normal(size=2), padding=1, groups=2),
    IF(v_threshold=[0.5, 1.5], v_init=0.25, compare=">"),
    Scale([0.1, 3.0]),
    Affine([0.1, -3.0], 0.5),
    AvgPool2d(1),
    SumPool2d(3, stride=1, padding=1),
    MaxPool2d((2, 1), stride=1, padding=(1, 0, 0, 0)),
    LIF(tau=0.03, r=[1.0, 2.0], v_leak=-0.125, reset="zero", v_reset=-1.0),
    CubaLIF(tau_mem=0.03, tau_syn=[0.01, 0.02], w_in=[1.0, 2.0], v_leak=-0.125),
    ALIF(tau=0.03, tau_adapt=[0.1, 0.2], jump=0.125, refractory=[2, 0]),
    CubaLI(tau_mem=0.03, w_in=[1.0, 2.0]),
    I(v_init=0.5),
    LI(tau=0.03, v_leak=RNG.normal(size=(2, 4, 4))),
    DiscreteLI(rate=0.1, formula="plain"),
    DiscreteCubaLI(rate=0.1, formula="relax", current="jump", syn_rate=[0.25, 0.5]),
    DiscreteLIF(decay=[0.5, 0.75], reset_time="late", floor=-1.0),
    DiscreteCubaLIF(tau=2.5, formula="relax", current="jump", syn_rate=0.25, reset="none"),
    Lapicque(r=2.0, c=[1.0, 1.5], max_spikes=7),
    Threshold(RNG.random((2, 4, 4)) + 0.5),
    FirstSpike([0.5, 0.25], window=9),
    Delay(3),
    Pad(channels=(1, 1), space=(1, 2, 3, 4)),
    Crop(channels=(1, 1), space=(1, 2, 3, 4)),
    Subsample(),
    ReLU(),
    ReLU(6.0),
    ReLU([0.5, 6.0]),
    Concat(),
)
ON_VECTORS: tuple[Node, ...] = (GlobalAvgPool(), Flatten(), Linear(RNG.normal(size=(3, 2))), Output("potential"))


def everything() -> Network:
    start: tuple[Node, ...] = (Input((2, 4, 4), mean=(0.5, 0.25), std=(1.0, 0.1)),)
    nodes = {f'{i} é"\\😀 {node.title}': node for i, node in enumerate(start + ON_MAPS + ON_VECTORS)}
    network = Network.chain(nodes)
    names = list(nodes)
    return Network(nodes, [*network.edges, (names[1], names[3])])


def small() -> Network:
    weight = np.array([[1.0, -0.0], [2.0, 1e-45]], dtype=np.float32)
    return Network.chain({"in": Input((2,)), "fc": Linear(weight), "if": IF(), "out": Output("count")})


@pytest.fixture(params=["python", "core"])
def either_reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files be read by each reader in turn."""
    read: Callable[[bytes], Container] = container_reader.read_container
    if request.param == "core":
        read = request.getfixturevalue("core_reader")
    monkeypatch.setattr(psnn, "_reader", lambda: read)


def test_every_node_type_is_tried() -> None:
    assert {node.title for node in everything().nodes.values()} == set(NODES)


@pytest.mark.usefixtures("either_reader")
@pytest.mark.parametrize("make", [everything, small])
def test_a_network_comes_back(make: Callable[[], Network]) -> None:
    network = make()
    data = psnn.dumps(network)
    again = psnn.loads(data)
    assert again.network == network
    assert psnn.dumps(again.network) == data
    for node in again.network.nodes.values():
        assert all(not v.flags.writeable for v in vars(node).values() if isinstance(v, np.ndarray))


def test_weights_come_back_to_the_bit() -> None:
    again = psnn.loads(psnn.dumps(small())).network.nodes["fc"]
    assert isinstance(again, Linear)
    assert again.weight.tobytes() == np.array([[1.0, -0.0], [2.0, 1e-45]], dtype=np.float32).tobytes()


def test_a_network_with_a_cycle_comes_back() -> None:
    edges = [("in", "a"), ("a", "b"), ("b", "a"), ("b", "out")]
    network = Network({"in": Input((1,)), "a": IF(), "b": IF(), "out": Output("count")}, edges)
    assert network.cycle
    assert psnn.loads(psnn.dumps(network)).network == network


@pytest.mark.parametrize(
    "settings",
    [Settings(), Settings(steps=8, coding="poisson", dt=1e-4, precision="int8", seed=2**64 - 1), Settings(dt=5e-324)],
)
def test_settings_come_back(settings: Settings) -> None:
    assert psnn.loads(psnn.dumps(small(), settings=settings)).settings == settings


def test_provenance_comes_back() -> None:
    provenance: dict[str, str | int | float] = {
        "method": "max-norm é\n",
        "accuracy": 0.1 + 0.2,
        "samples": 2**63 - 1,
        "": -0.0,
    }
    again = psnn.loads(psnn.dumps(small(), provenance=provenance)).provenance
    assert again == provenance
    assert {name: type(value) for name, value in again.items()} == {n: type(v) for n, v in provenance.items()}


@pytest.mark.parametrize("value", [None, True, [1], np.float32(1), float("nan"), float("inf"), 2**63, "\ud800", b"x"])
def test_other_provenance_is_refused(value: object) -> None:
    with pytest.raises(DataError, match="provenance"):
        psnn.dumps(small(), provenance={"x": value})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 0},
        {"steps": 1.0},
        {"steps": True},
        {"steps": 2**24 + 1},
        {"seed": -1},
        {"seed": 2**64},
        {"coding": "rate"},
        {"coding": ["constant"]},
        {"precision": "float64"},
        {"dt": 0.0},
        {"dt": 1},
        {"dt": float("inf")},
        {"dt": float("nan")},
    ],
)
def test_other_settings_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(DataError, match=next(iter(change))):
        Settings(**change)  # type: ignore[arg-type]


def test_an_unregistered_node_is_refused() -> None:
    class Mine(IF):
        pass

    nodes = {"in": Input((2,)), "mine": Mine(), "out": Output("count")}
    with pytest.raises(FileFormatError, match=r"'mine'.*Mine.*not registered"):
        psnn.dumps(Network.chain(nodes))


def test_an_error_names_the_file(tmp_path: Path) -> None:
    path = psnn.save(tmp_path / "net.psnn", small())
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FileFormatError, match=r"net\.psnn: truncated: its tensors end at byte"):
        psnn.load(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        psnn.load(tmp_path / "missing.psnn")
    with pytest.raises(FileFormatError, match="not a regular file"):
        psnn.load(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "fifo.psnn")
        with pytest.raises(FileFormatError, match="not a regular file"):
            psnn.load(tmp_path / "fifo.psnn")


def test_a_huge_file_that_is_none_of_ours_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.psnn"
    with path.open("wb") as stream:
        stream.write((1 << 40).to_bytes(8, "little") + b"{")
        stream.truncate(1 << 40)
    with pytest.raises(FileFormatError, match="ask for a header"):
        psnn.load(path)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = psnn.save(tmp_path / "net.psnn", small())
    before = path.read_bytes()

    def fail(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        psnn.save(path, everything())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_reader_s_refusal_reaches_the_user(files: SimpleNamespace) -> None:
    newer = files.with_header(psnn.dumps(small()), lambda root: root["__metadata__"].update(format_version="2"))
    with pytest.raises(
        FileFormatError, match=r"written by a newer pysnn \(format 2, this one reads 1\): upgrade pysnn"
    ):
        psnn.loads(newer)


def test_tensors_that_belong_to_nothing_are_refused() -> None:
    graph = psnn.loads(psnn.dumps(small()))
    assert graph.golden is None
    text, tensors = graph_json.encode(graph)
    with pytest.raises(FileFormatError, match=r"'fc\.extra' belongs to nothing"):
        psnn.loads(write_container(text, tensors | {"fc.extra": np.ones(1, dtype=np.float32)}))
    del tensors["fc.bias"]
    with pytest.raises(FileFormatError, match=r"Linear.*bias: there is no tensor 'fc\.bias'"):
        psnn.loads(write_container(text, tensors))


@pytest.mark.parametrize(
    ("bias", "message"),
    [
        (np.zeros(2, dtype=np.float64), "float64"),
        (np.zeros(3, dtype=np.float32), "bias needs 2 values"),
        (np.zeros((2, 1), dtype=np.float32), "1 dimensions"),
        (np.array([0, np.nan], dtype=np.float32), "finite"),
        (np.array([0, np.inf], dtype=np.float32), "finite"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(bias: np.ndarray, message: str) -> None:
    text, tensors = graph_json.encode(psnn.loads(psnn.dumps(small())))
    with pytest.raises(FileFormatError, match=message):
        psnn.loads(write_container(text, tensors | {"fc.bias": bias}))


def test_a_field_that_joined_later_stands_in_a_file_only_where_it_says_something() -> None:
    plain = Network.chain({"in": Input((2,)), "relu": ReLU(), "out": Output()})
    bounded = Network.chain({"in": Input((2,)), "relu": ReLU(6.0), "out": Output()})
    text, tensors = graph_json.encode(SavedNetwork(plain))
    assert '{"fields":{},"name":"relu","type":"ReLU"}' in text
    assert graph_json.decode(text, tensors).network == plain
    text, tensors = graph_json.encode(SavedNetwork(bounded))
    assert '{"fields":{"max":6.0},"name":"relu","type":"ReLU"}' in text
    assert graph_json.decode(text, tensors).network == bounded
    with pytest.raises(FileFormatError, match="not in canonical form"):
        graph_json.decode(text.replace("6.0", "null"), tensors)
    with pytest.raises(FileFormatError, match=r"node 'relu' \(ReLU\): ReLU: max must be positive"):
        graph_json.decode(text.replace("6.0", "-6.0"), tensors)
    with pytest.raises(FileFormatError, match=r"\(ReLU\): there is no field 'least'; a newer pysnn"):
        graph_json.decode(text.replace('"max"', '"least"'), tensors)
