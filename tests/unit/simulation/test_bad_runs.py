"""Wrong data and options get an error of the right kind, the same from every backend."""

from typing import Any

import numpy as np
import pytest

import pysnn
from pysnn import IF, DataError, Events, Input, Linear, Network, Output, Scale, State
from pysnn.backends import available_backends
from tests.unit.bad_input import Make, Tensor, cases, like

BACKENDS = available_backends()
NAN = float("nan")
X = np.ones((3, 2), dtype=np.float32)


def single(values: Any) -> Any:
    """Values in float32."""
    return np.asarray(values, dtype=np.float32)


def small(readout: str = "count", **neuron: Any) -> Network:
    """Two inputs, a layer and a neuron."""
    return Network.chain(
        {"in": Input((2,)), "fc": Linear(np.eye(2)), "spike": IF(**neuron), "out": Output(readout)},
    )


EVENTS: list[tuple[str, Make, str]] = [
    ("negative", lambda: Events([0], [-1], [0], 1), "step.*-1"),
    ("float", lambda: Events([0], [0.5], [0], 1), "step.*integers.*float64"),
    ("bool", lambda: Events([True], [0], [0], 1), "sample.*integers.*bool"),
    ("huge", lambda: Events([0], [0], np.array([2**63], dtype=np.uint64), 1), "index.*9223372036854775808"),
    ("lengths", lambda: Events([0, 0], [0], [0], 1), "one length.*2, 1, 1"),
    ("axes", lambda: Events([[0]], [0], [0], 1), "sample.*vector"),
    ("beyond", lambda: Events([1], [0], [0], 1), "sample 1.*1 samples"),
    ("samples", lambda: Events([], [], [], -1), "samples.*-1"),
    ("samples text", lambda: Events([], [], [], "2"), "samples.*'2'"),  # type: ignore[arg-type]
    ("lists", lambda: Events.from_lists(5), "pairs.*int"),
    ("triples", lambda: Events.from_lists([([0], [0], [0])]), "sample 0"),
    ("pairs differ", lambda: Events.from_lists([([0, 1], [5]), ([0], [1, 2])]), "sample 0.*one length.*(2,) and (1,)"),
    ("scalars", lambda: Events.from_lists([(0, 0)]), "sample 0.*vectors"),
    ("dense axes", lambda: Events.from_dense(np.zeros((2, 2))), "(steps, batch, ...)"),
    ("dense fraction", lambda: Events.from_dense(np.full((1, 1, 1), 0.5)), "whole numbers"),
    ("dense NaN", lambda: Events.from_dense(np.full((1, 1, 1), NAN)), "whole numbers"),
    ("dense inf", lambda: Events.from_dense(np.full((1, 1, 1), np.inf)), "0..255.*inf"),
    ("dense negative", lambda: Events.from_dense(np.full((1, 1, 1), -1)), "0..255.*-1"),
    ("dense many", lambda: Events.from_dense(np.full((1, 1, 1), 256)), "0..255.*256"),
]


@cases(EVENTS)
def test_events(make: Make, text: str) -> None:
    with pytest.raises(pysnn.DataError, match=like(text)):
        make()


def go(x: Any = X, steps: Any = 4, network: Network | None = None, **options: Any) -> Any:
    return pysnn.run(network or small(), x, steps=steps, **options)


NORMAL = Network.chain({"in": Input((2,), mean=[0, 0], std=[1e-38, 1]), "out": Output()})
FIRST = go(backend="reference").state


def changed(**arrays: Any) -> State:
    return State(FIRST.steps, {**FIRST.arrays, **arrays})


RUNS: list[tuple[str, Make, str]] = [
    ("no network", lambda: pysnn.run(Tensor(), X, steps=1), "pysnn.Network.*torch.Tensor"),  # type: ignore[arg-type]
    ("shape", lambda: go(np.ones((3, 5))), "Input 'in'.*(samples, 2).*(3, 5)"),
    ("scalar", lambda: go(1.0), "Input 'in'.*(samples, 2)"),
    ("no samples", lambda: go(np.ones((0, 2))), "Input 'in'.*at least one sample"),
    ("NaN", lambda: go([[1.0, NAN]]), "Input 'in'.*finite.*nan at (0, 1)"),
    ("inf", lambda: go([[-np.inf, 0.0]]), "Input 'in'.*finite.*-inf at (0, 0)"),
    ("beyond float32", lambda: go([[1e300, 0.0]]), "Input 'in'.*float32.*1e+300"),
    ("normalised beyond float32", lambda: go([[1e10, 0.0]], network=NORMAL), "Input.*std"),
    ("objects", lambda: go(np.array([[None, 1]])), "Input 'in'.*object"),
    ("strings", lambda: go([["a", "b"]]), "Input 'in'.*<U1"),
    ("complex", lambda: go(X + 1j), "Input 'in'.*complex"),
    ("foreign", lambda: go(Tensor()), "Input 'in'.*torch.Tensor"),
    ("foreign in a list", lambda: go([Tensor()]), "Input 'in'"),
    ("masked", lambda: go(np.ma.masked_array(X, X > 0)), "Input 'in'.*masked"),
    ("events for values", lambda: go(Events([], [], [], 3)), "Input 'in'.*Events"),
    ("values for events", lambda: go(coding="events"), "Input 'in'.*pysnn.Events.*ndarray"),
    ("rates", lambda: go(2 * X, coding="poisson"), "Input 'in'.*0..1.*2.0"),
    ("rates negative", lambda: go(-X, coding="poisson"), "Input 'in'.*0..1.*-1.0"),
    ("rates normalised", lambda: go(network=NORMAL, coding="poisson"), "Input 'in'.*normalised"),
    ("spikes normalised", lambda: go(X[None], network=NORMAL, coding="spikes"), "Input 'in'.*normalised"),
    ("spike shape", lambda: go(X, coding="spikes"), "Input 'in'.*(steps, samples, 2).*(3, 2)"),
    ("no spikes' samples", lambda: go(np.ones((4, 0, 2)), coding="spikes"), "Input 'in'.*at least one sample"),
    ("spikes too late", lambda: go(np.ones((5, 1, 2)), coding="spikes"), "step 4.*4 steps"),
    ("index", lambda: go(Events([0], [0], [2], 1), coding="events"), "Input 'in'.*index 2.*2 inputs"),
    ("crowd", lambda: go(Events([0] * 256, [0] * 256, [0] * 256, 1), coding="events"), "Input 'in'.*255.*256"),
    ("T = 0", lambda: go(steps=0), "steps.*1...*0"),
    ("no steps", lambda: go(steps=[]), "steps.*none"),
    ("negative steps", lambda: go(steps=[-1, 4]), "steps.*-1"),
    ("float steps", lambda: go(steps=2.5), "steps.*2.5"),
    ("float in steps", lambda: go(steps=[1, 2.0]), "steps.*2.0"),
    ("bool steps", lambda: go(steps=True), "steps.*True"),
    ("text steps", lambda: go(steps="12"), "steps.*'12'"),
    ("None steps", lambda: go(steps=None), "steps.*None"),
    ("nested steps", lambda: go(steps=[[1], [2, 3]]), "steps.*[1]"),
    ("unsorted steps", lambda: go(steps=[4, 2]), "steps.*ascending.*[4, 2]"),
    ("repeated steps", lambda: go(steps=[2, 2]), "steps.*ascending.*[2, 2]"),
    ("many steps", lambda: go(steps=2**40), "steps.*16777216.*1099511627776"),
    ("labels' number", lambda: go(labels=[0, 1]), "labels.*3 integers.*(2,)"),
    ("labels' type", lambda: go(labels=[0.0, 1.0, 1.0]), "labels.*integers.*float64"),
    ("label beyond", lambda: go(labels=[0, 1, 2]), "labels.*'out'.*0..1.*2"),
    ("label negative", lambda: go(labels=[0, 1, -1]), "labels.*'out'.*0..1.*-1"),
    ("labels foreign", lambda: go(labels=Tensor()), "labels.*torch.Tensor"),
    ("seed", lambda: go(seed=-1), "seed.*-1"),
    ("seed wide", lambda: go(seed=2**64), "seed"),
    ("threads", lambda: go(threads=0), "threads.*0"),
    ("threads float", lambda: go(threads=1.0), "threads.*1.0"),
    ("batch size", lambda: go(batch_size=0), "batch_size.*0"),
    ("block", lambda: go(block=33), "block.*0..32.*33"),
    ("count", lambda: go(count="yes"), "count.*'yes'"),
    ("progress", lambda: go(progress=5), "progress.*int"),
    ("record", lambda: go(record=["fc"]), "record.*'fc'.*spike"),
    ("record a word", lambda: go(record="spike"), "record.*'spike'"),
    ("record None", lambda: go(record_potentials=None), "record_potentials.*None"),
    ("state kind", lambda: go(state=FIRST.arrays), "state.*dict"),
    ("state of another batch", lambda: go(X[:1], state=FIRST), "state of 'spike'.*(1, 2, 1, 1).*(3, 2, 1, 1)"),
    ("state of another precision", lambda: go(state=FIRST, precision="int8"), "state of 'spike'.*int32.*float32"),
    ("state of another network", lambda: go(network=NORMAL, state=FIRST), "state.*another network.*'spike'"),
    ("state NaN", lambda: go(state=changed(spike=np.full((3, 2, 1, 1), NAN, np.float32))), "state of 'spike'.*finite"),
    ("state a list", lambda: go(state=changed(spike=[1])), "state of 'spike'.*list"),
    ("state count", lambda: go(state=changed(out=np.full((3, 2), -1))), "state of 'out'.*-1"),
    ("state count high", lambda: go(state=changed(out=np.full((3, 2), 2**62))), "state of 'out'.*0..1020"),
    ("state steps", lambda: go(state=State(-1, FIRST.arrays)), "state.*-1"),
    ("state steps text", lambda: go(state=State("4", FIRST.arrays)), "state"),  # type: ignore[arg-type]
    ("state old", lambda: go(state=State(2**24, FIRST.arrays)), "steps.*16777216"),
    ("state arrays", lambda: go(state=State(4, None)), "state"),  # type: ignore[arg-type]
]


@cases(RUNS)
def test_runs(make: Make, text: str) -> None:
    with pytest.raises(pysnn.DataError, match=like(text)):
        make()


PLANS: list[tuple[str, Make, str]] = [
    ("precision", lambda: go(precision="int4"), "precision.*float32, int8.*'int4'"),
    ("precision list", lambda: go(precision=["int8"]), "precision"),
    ("coding", lambda: go(coding="phase"), "coding.*poisson.*'phase'"),
    ("coding list", lambda: go(coding=np.array(["poisson", "x"])), "coding"),
    ("dt NaN", lambda: go(dt=NAN), "dt.*positive.*nan"),
    ("dt negative", lambda: go(dt=-1), "dt.*positive.*-1"),
    ("dt text", lambda: go(dt="1 ms"), "dt.*positive.*'1 ms'"),
    ("dt huge", lambda: go(dt=10**400), "dt.*positive"),
    ("dt bool", lambda: go(dt=True), "dt.*True"),
    ("dt list", lambda: go(dt=[0.1]), "dt"),
]


@cases(PLANS)
def test_plans(make: Make, text: str) -> None:
    with pytest.raises(pysnn.PlanError, match=like(text)):
        make()


@pytest.mark.parametrize("backend", ["cuda", "", ["rust"], None, 3])
def test_unknown_backend(backend: Any) -> None:
    with pytest.raises(pysnn.BackendError, match="backend"):
        go(backend=backend)


@pytest.mark.parametrize("backend", ["auto", *BACKENDS])
def test_unknown_simd_level(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSNN_SIMD", "avx1024")
    with pytest.raises(pysnn.BackendError, match=r"'avx1024'.*baseline"):
        go(backend=backend)


def test_a_cycle_is_named_when_it_is_to_run() -> None:
    nodes = {"in": Input((2,)), "a": IF(), "b": IF(), "out": Output("count")}
    network = Network(nodes, [("in", "a"), ("a", "b"), ("b", "a"), ("b", "out")])
    with pytest.raises(pysnn.PlanError, match="cycle: a -> b -> a"):
        go(network=network)
    with pytest.raises(pysnn.NetworkError, match="a -> b -> a"):
        _ = network.shapes


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_thousands_of_nodes_in_a_row(backend: str) -> None:
    nodes: dict[str, pysnn.Node] = {"in": Input((2,))}
    nodes |= {f"n{k}": IF() for k in range(3000)}
    result = go(network=Network.chain({**nodes, "out": Output("count")}), steps=1, backend=backend)
    assert result.scores.tolist() == [[[1.0, 1.0]] * 3]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("threads", [1, 2])
def test_what_leaves_float32_is_refused_alike(backend: str, threads: int) -> None:
    huge = single([[3e38, -3e38]])
    net = Network.chain({"in": Input((2,)), "fc": Linear(huge), "spike": IF(), "out": Output("count")})
    with pytest.raises(
        pysnn.DataError, match=r"^IF 'spike': expected finite potentials.*weights or data are too large$"
    ):
        go(single([[3e38, 3e38]]), network=net, backend=backend, threads=threads)
    read = net.replace({"out": Output("potential")}).replace({"fc": Linear(-huge), "spike": Scale(1.0)})
    with pytest.raises(pysnn.DataError, match=r"^Output 'out'"):
        go(single([[3e38, 0]]), network=read, backend=backend, threads=threads)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_analogue_current_beyond_the_integer_units_is_refused_alike(backend: str) -> None:
    with pytest.raises(pysnn.RangeError, match=r"^node 'spike': an analogue current exceeds 1048576 integer units$"):
        go(single([[1e9, 0]]), precision="int8", backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_results_that_no_memory_holds_are_refused(backend: str) -> None:
    with pytest.raises(pysnn.CapacityError, match="'spike' takes most"):
        go(np.ones((3000, 2)), steps=2**24, record_potentials=["spike"] * 20, backend=backend)
    wide = Network.chain({"in": Input((10**6,)), "spike": IF(), "out": Output("count")})
    with pytest.raises(pysnn.CapacityError, match="GiB"):
        go(Events([], [], [], 2**31 - 1), coding="events", network=wide, steps=1, backend=backend)


def test_potentials_that_int32_might_not_hold_are_refused() -> None:
    with pytest.raises(pysnn.RangeError, match=r"'spike'.*fewer steps"):
        go(precision="int8", steps=2**24)


def test_counts_of_a_max_pool_that_int32_might_not_hold_are_refused() -> None:
    nodes = {"in": Input((1, 2, 2)), "max": pysnn.MaxPool2d(2), "out": Output("count")}
    crowd = Events([0] * 200, [0] * 200, [0] * 200, 1)
    with pytest.raises(pysnn.RangeError, match=r"'max'.*fewer steps"):
        go(crowd, network=Network.chain(nodes), coding="events", steps=2**24)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_largest_stride_and_dilation_run(backend: str) -> None:
    most = 2**24
    layer = pysnn.Conv2d(np.ones((1, 1, 1, 1)), stride=most, dilation=most, padding=3)
    nodes = {"in": Input((1, 3, 3)), "c": layer, "p": pysnn.AvgPool2d(1, most), "out": Output("potential")}
    for coding, x in (("constant", np.ones((1, 1, 3, 3))), ("spikes", np.ones((2, 1, 1, 3, 3)))):
        assert go(x, 2, Network.chain(nodes), coding=coding, backend=backend).scores.tolist() == [[[0.0]]]


def test_a_state_is_kept_where_it_is_small_or_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert go(backend="reference").state.steps == go(backend="reference", keep_state=True).state.steps
    with pytest.raises(DataError, match="state: it was large and is gone; run with keep_state=True"):
        _ = go(backend="reference", keep_state=False).state
    monkeypatch.setattr("pysnn.simulation.capacity._SMALL_STATE", 1)
    whole, parts = go(backend="reference", keep_state=True), go(backend="reference", batch_size=1)
    assert whole.scores.tolist() == parts.scores.tolist()
    assert whole.last_state is not None
    assert parts.last_state is None
