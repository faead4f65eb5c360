"""Golden vectors: a saved network proves that it still computes what it computed."""

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pysnn import IF, LIF, BackendError, DataError, FileFormatError, Input, Linear, Network, Output
from pysnn.files import psnn
from pysnn.files.golden import Golden, make_golden
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings

WEIGHT = np.array([[0.5, 0.25], [-0.25, 1.0], [0.125, 0.5]], dtype=np.float32)


def network(**changes: Any) -> Network:
    nodes = {
        "in": Input((2,)),
        "fc1": Linear(WEIGHT),
        "if1": IF(),
        "fc2": Linear(WEIGHT.T),
        "if2": IF(v_threshold=0.25),
        "out": Output("count"),
    }
    return Network.chain(nodes | changes)


X = np.array([[0.5, 0.75], [1.0, 0.25]], dtype=np.float32)


def golden(settings: Settings, x: Any = X) -> Golden:
    return make_golden(network(), x, settings, steps=(2, 8), backend="reference")


def saved(**parts: Any) -> SavedNetwork:
    settings = parts.get("settings", Settings(steps=8))
    return SavedNetwork(**{"network": network(), "settings": settings, "golden": golden(settings)} | parts)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(precision="int8"),
        Settings(coding="poisson", seed=7),
        Settings(coding="poisson", seed=7, precision="int8"),
    ],
)
def test_a_saved_network_verifies(settings: Settings) -> None:
    made = golden(settings)
    again = psnn.loads(psnn.dumps(network(), settings=settings, golden=made))
    assert again.golden is not None
    assert again.golden.precision == settings.precision
    assert again.golden.steps == (2, 8)
    assert again.golden.scores.tobytes() == made.scores.tobytes()
    again.verify(backend="reference")


def test_precision_is_that_of_the_vectors() -> None:
    made = golden(Settings(precision="int8"))
    other = golden(Settings())
    assert not np.array_equal(made.scores, other.scores), "the test needs a network where it matters"
    saved(golden=made).verify(backend="reference")


def test_the_values_are_those_worked_out_by_hand() -> None:
    # One neuron with threshold 1: 0.75 a step fires at steps 2, 3, 4; 0.5 a step at steps 2, 4.
    net = Network.chain({"in": Input((1,)), "if": IF(), "out": Output("count")})
    made = make_golden(net, [[0.75], [0.5]], Settings(steps=4), backend="reference")
    assert made.scores.tolist() == [[[3.0], [2.0]]]
    assert made.spikes["if"].ravel().tolist() == [3, 2]
    assert made.spikes["if"].dtype == np.int32


def test_given_spikes_verify() -> None:
    settings = Settings(steps=8, coding="spikes")
    spikes = np.random.default_rng(1).integers(0, 2, (8, 3, 2)).astype(np.uint8)
    made = make_golden(network(), spikes.astype(np.float32), settings, backend="reference")
    psnn.loads(psnn.dumps(network(), settings=settings, golden=made)).verify(backend="reference")


@pytest.mark.parametrize("nodes", [("if2",), ("if2", "if1"), ()])
def test_some_spikes_are_enough(nodes: tuple[str, ...]) -> None:
    settings = Settings(steps=8)
    made = make_golden(network(), X, settings, steps=(2, 8), backend="reference", nodes=nodes)
    whole = golden(settings)
    assert set(made.spikes) == set(nodes)
    assert all(np.array_equal(made.spikes[name], whole.spikes[name]) for name in nodes)
    assert made.scores.tobytes() == whole.scores.tobytes()
    data = psnn.dumps(network(), settings=settings, golden=made)
    again = psnn.loads(data)
    again.verify(backend="reference")
    assert psnn.dumps(again.network, settings=settings, golden=again.golden) == data
    # What is there is compared: scores always, and a layer's spikes where they are.
    with pytest.raises(FileFormatError, match="scores of Output 'out'"):
        saved(golden=replace(made, scores=made.scores + 1)).verify(backend="reference")
    for name in nodes:
        spikes = {**made.spikes, name: made.spikes[name] + 1}
        with pytest.raises(FileFormatError, match=f"spikes of IF '{name}'"):
            saved(golden=replace(made, spikes=spikes)).verify(backend="reference")


@pytest.mark.parametrize("name", ["fc1", "other", "x" * 10**6])
def test_spikes_of_nodes_that_are_no_neurons_are_refused(files: SimpleNamespace, name: str) -> None:
    with pytest.raises(
        DataError, match=r"golden nodes: got '(fc1|other|x+).*expected neurons of the network: if1, if2"
    ):
        make_golden(network(), X, Settings(steps=8), backend="reference", nodes=[name])

    made = golden(Settings(steps=8))
    data = psnn.dumps(network(), settings=Settings(steps=8), golden=made)
    graph = files.with_graph(
        data, lambda root: root["golden"]["spikes"].update({name: root["golden"]["spikes"].pop("if1")})
    )
    with pytest.raises(
        FileFormatError, match=r"golden spikes: got '(fc1|other|x+).*expected neurons of the network: if1"
    ) as caught:
        psnn.loads(graph)
    assert len(str(caught.value)) < 1000


def test_bytes_are_scaled() -> None:
    assert golden(Settings(), np.array([[255, 51]], dtype=np.uint8)).input.tolist() == [[1.0, np.float32(0.2)]]


def test_the_first_layer_that_differs_is_named() -> None:
    made = golden(Settings(steps=8))
    changed = dict(made.spikes)
    for name in ("if2", "if1"):
        changed[name] = changed[name].copy()
        changed[name][1, 0, 0, 0] += 1
        with pytest.raises(
            FileFormatError, match=rf"spikes of IF '{name}': \d+ in the file, \d+ here, at \(1, 0, 0, 0\)"
        ):
            saved(golden=replace(made, spikes=changed)).verify(backend="reference")


def test_other_scores_are_found() -> None:
    made = golden(Settings(steps=8))
    scores = made.scores.copy()
    scores[1, 0, 1] += 1
    with pytest.raises(FileFormatError, match=r"scores of Output 'out': .* at \(1, 0, 1\)"):
        saved(golden=replace(made, scores=scores)).verify(backend="reference")


@pytest.mark.parametrize(
    "changes",
    [
        {"if1": IF(v_threshold=1.5)},
        {"if1": IF(reset="zero")},
        {"if1": IF(compare=">")},
        {"if1": IF(v_init=0.5)},
        {"fc1": Linear(WEIGHT * 2)},
    ],
)
def test_a_changed_network_does_not_verify(changes: Mapping[str, Any]) -> None:
    with pytest.raises(FileFormatError, match="IF 'if1'"):
        saved(network=network(**changes)).verify(backend="reference")


def test_nothing_to_verify_is_said() -> None:
    with pytest.raises(FileFormatError, match="no golden vectors"):
        saved(golden=None).verify()


def test_vectors_that_cannot_be_run_are_the_file_s_fault() -> None:
    # A leak needs dt, and these settings have none.
    with pytest.raises(FileFormatError, match=r"cannot be run.*LIF 'if1'"):
        saved(network=network(if1=LIF())).verify(backend="reference")
    made = replace(golden(Settings()), input=np.full_like(X, np.nan))
    with pytest.raises(FileFormatError, match=r"cannot be run.*finite"):
        saved(golden=made).verify(backend="reference")


def test_a_missing_backend_is_not_the_file_s_fault() -> None:
    with pytest.raises(BackendError):
        saved().verify(backend="cuda")


def test_vectors_of_another_network_are_refused() -> None:
    made = golden(Settings())
    other = Network.chain({"in": Input((2,)), "if1": IF(), "out": Output("count")})
    with pytest.raises(DataError, match="golden spikes: got 'if2', expected neurons of the network: if1"):
        SavedNetwork(other, golden=made)
    with pytest.raises(DataError, match=r"golden: spikes of 'if1': expected shape \(2, 3, 1, 1\), got \(2, 3, 1\)"):
        saved(golden=replace(made, spikes={**made.spikes, "if1": made.spikes["if1"][..., 0]}))


def test_the_input_is_float64_where_the_network_scales_and_nowhere_else() -> None:
    made = golden(Settings())
    with pytest.raises(DataError, match="golden: input: expected float32 for this network's input, got float64"):
        saved(golden=replace(made, input=made.input.astype(np.float64)))
    scaling = network().replace({"in": Input(network().input.shape, scaling=[("divide", np.full(2, 2.0))])})
    with pytest.raises(DataError, match="golden: input: expected float64 for this network's input, got float32"):
        SavedNetwork(scaling, golden=made)
    SavedNetwork(scaling, golden=make_golden(scaling, X, Settings(steps=8)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": (8, 2)}, "ascend"),
        ({"steps": ()}, "ascend"),
        ({"steps": (0, 8)}, "golden steps"),
        ({"steps": (8, 4097)}, "golden steps"),
        ({"precision": "float64"}, "golden precision"),
        ({"scores": np.zeros((1, 2, 2), dtype=np.float32)}, "scores must be"),
        ({"scores": np.zeros((2, 2, 2))}, "float32"),
        ({"input": X.astype(np.float16)}, "float32"),
        ({"input": [[1.0]]}, "float32"),
        ({"spikes": {"if1": np.zeros((2, 3), dtype=np.int64)}}, "int32"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        replace(golden(Settings()), **change)


def test_golden_vectors_need_steps_and_data() -> None:
    with pytest.raises(DataError, match="steps are needed"):
        make_golden(network(), X, Settings())
    with pytest.raises(DataError, match="events cannot be kept"):
        make_golden(network(), X, Settings(steps=2, coding="events"))
    with pytest.raises(DataError, match="golden input"):
        make_golden(network(), "x", Settings(steps=2))


def test_a_tampered_vector_in_a_sealed_file_is_found(files: SimpleNamespace) -> None:
    data = psnn.dumps(network(), settings=Settings(steps=8), golden=golden(Settings(steps=8)))
    # The largest tensors in a row are all 4 bytes wide; the file's last ones are golden or the graph's, by name.
    header, body = files.split(data)
    at = body.index(golden(Settings(steps=8)).spikes["if1"].tobytes())
    tampered = files.assemble(header, body[:at] + (99).to_bytes(4, "little") + body[at + 4 :])
    with pytest.raises(FileFormatError, match="spikes of IF 'if1': 99 in the file"):
        psnn.loads(tampered).verify(backend="reference")
