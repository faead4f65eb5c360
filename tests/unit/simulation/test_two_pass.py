"""Two passes: what a first pass changes by hand, in integers of any currents, and what it costs."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pysnn import IF, LIF, FirstSpike, Input, Linear, Network, Output, Simulator, run
from pysnn.errors import DataError, PlanError, RangeError
from pysnn.plan.ops import NeuronOp
from pysnn.simulation.residuals import is_plain, offset_starts, silenced_starts
from pysnn.simulation.two_pass import TWO_PASS_METHODS, latency_steps, run_two_pass

FIRST_AND_SECOND = np.array([0.5, 0.0], dtype=np.float32)
X = np.array([[0.5, 0.5]], dtype=np.float32)


def uneven(*weights: float) -> Network:
    """Two neurons, of which the first fires at step 1 and the second at step 2, into one; its spikes are the scores."""
    return Network.chain(
        {
            "in": Input((2,)),
            "pre": IF(v_init=FIRST_AND_SECOND),
            "fc": Linear([weights]),
            "post": IF(v_init=0.5),
            "read": Linear([[1.0]]),
            "out": Output(),
        }
    )


def spikes(network: Network, method: str | None, lead: int = 2) -> float:
    options: dict[str, Any] = {"backend": "reference", "check_range": False}
    if method is None:
        return float(2 * run(network, X, steps=2, **options).scores.item())
    return float(2 * run_two_pass(network, X, steps=2, lead=lead, method=method, **options).scores.item())


@pytest.mark.parametrize(
    ("weights", "once", "residual", "offset"),
    [
        # Charges of 1 and -1: fires, and ends at -0.5. The sum is 0.
        ((1, -1), 1, 0, 0),
        # 3 and -4: its one spike came from 3.5, so that one threshold less would not take it away.
        ((3, -4), 1, 0, 0),
        # 0 and 2: one spike at the last step, and 1.5 are left.
        ((0, 2), 1, 1, 2),
        # -3 and 5: fires at the last step from 2.5 and keeps 1.5; its silent step was at -2.5, and a shift of 1 would not do.
        ((-3, 5), 1, 1, 2),
        # 2 and 2: fires at every step and keeps more than a threshold; it cannot fire more often.
        ((2, 2), 2, 2, 2),
        # 0 and -1: below 0 without a spike.
        ((0, -1), 0, 0, 0),
        ((1, 0), 1, 1, 1),
    ],
)
def test_neurons_by_hand(weights: tuple[float, float], once: int, residual: int, offset: int) -> None:
    network = uneven(*weights)
    assert spikes(network, None) == once
    assert spikes(network, "residual") == residual
    assert spikes(network, "offset") == offset
    assert spikes(network, "offset-by-layer") == offset


def test_counts_by_hand() -> None:
    network = uneven(1, -1)
    result = run_two_pass(network, X, steps=[1, 2], lead=2, backend="reference", check_range=False)
    layers = {row["layer"]: row for row in result.layers().filter(steps=4).to_dicts()}
    assert result.steps == (3, 4)
    assert [layers[name]["spikes"] for name in ("pre", "post")] == [4, 1]
    assert [layers[name]["updates"] for name in ("pre", "post")] == [2 * 5, 5]
    assert [layers[name]["synops"] for name in ("fc", "read")] == [4, 1]
    assert [layers[name]["silent"] for name in ("pre", "post")] == [0, 1]
    assert layers["read"]["edge_sums"] == 4
    # At T = 1: two steps, and the first of the second pass.
    assert result.total("synops").tolist() == [2 + 1 + 1, 5]
    assert result.activity.by_sample["fc"].tolist() == [[3], [4]]
    assert result.undecided is not None
    assert result.undecided.tolist() == [1, 1]


@pytest.mark.parametrize("method", ["offset", "offset-by-layer"])
def test_counts_of_offsets_by_hand(method: str) -> None:
    result = run_two_pass(uneven(0, 2), X, steps=2, lead=2, method=method, backend="reference", check_range=False)
    layers = {row["layer"]: row for row in result.layers().to_dicts()}
    assert [layers[name]["updates"] for name in ("pre", "post")] == [2 * 7, 7]
    assert [layers[name]["spikes"] for name in ("pre", "post")] == [4, 3]
    # By layer the first pass ends at the last neurons.
    assert layers["fc"]["synops"] == 2
    assert layers["read"]["synops"] == (3 if method == "offset" else 2)
    assert result.activity.by_sample["post"].tolist() == [[3]]


def test_what_does_not_change_is_computed_once() -> None:
    network = Network.chain(
        {"in": Input((2,)), "fc": Linear([[1.0, 1.0], [0.0, 1.0]], [1.0, 0.0]), "if": IF(), "out": Output("count")}
    )
    once = run(network, X, steps=4, backend="reference", check_range=False)
    for method in TWO_PASS_METHODS:
        both = run_two_pass(network, X, steps=2, lead=2, method=method, backend="reference", check_range=False)
        for name in ("macs", "bias_sums", "edge_sums"):
            assert both.total(name).tolist() == once.total(name).tolist(), (method, name)


def test_layers_that_are_corrected_at_once_can_be_corrected_for_nothing() -> None:
    # The first of "post" fires once too often, for which "last" ends at -0.4. Without that spike it ends at 0.5, and its own spike is right.
    network = Network.chain(
        {
            "in": Input((2,)),
            "pre": IF(v_init=FIRST_AND_SECOND),
            "fc": Linear([[1.0, -1.0], [1.0, 0.0], [0.0, 1.0]]),
            "post": IF(v_init=0.5),
            "fd": Linear([[-0.9, 1.4, -0.4]]),
            "last": IF(v_init=0.5),
            "out": Output("count"),
        }
    )
    found = {}
    for method in TWO_PASS_METHODS:
        result = run_two_pass(network, X, steps=2, lead=2, method=method, backend="reference", check_range=False)
        found[method] = result.scores.item()
    assert run(network, X, steps=2, backend="reference", check_range=False).scores.item() == 1
    assert found == {"residual": 0, "offset": 0, "offset-by-layer": 1}
    plan = Simulator(network).plan()
    assert latency_steps(plan, 2, 2, "offset-by-layer") == 2 * 3 + 2
    assert latency_steps(plan, 2, 2) == 4


def neurons(precision: str, compare: Any = ">=") -> NeuronOp:
    """Return neurons whose threshold is 0.5, which float32 holds exactly."""
    network = Network.chain(
        {
            "in": Input((1,)),
            "pre": IF(),
            "fc": Linear([[1.0]]),
            "post": IF(v_threshold=0.5, v_init=0.25, compare=compare),
            "out": Output("count"),
        }
    )
    op = Simulator(network, precision=precision).plan().ops[-2]  # type: ignore[arg-type]
    assert isinstance(op, NeuronOp)
    assert is_plain(op)
    return op


def integrate(op: NeuronOp, start: NDArray[Any], currents: list[Any]) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Return potentials and spikes of one neuron, (steps, 1, 1, 1, 1)."""
    kind, threshold = op.threshold.dtype.type, op.threshold[0]
    v, after, fired = kind(start.item()), [], []
    for current in currents:
        v = v + kind(current)
        fired.append(bool(v > threshold if op.model.compare == ">" else v >= threshold))
        v = v - threshold if fired[-1] else v
        after.append(v)
    shape = (len(currents), 1, 1, 1, 1)
    return np.array(after, dtype=kind).reshape(shape), np.array(fired, dtype=np.uint8).reshape(shape)


# Multiples of a quarter of the threshold are drawn too: potentials of just the threshold.
EIGHTHS = st.integers(-16, 16).map(lambda n: n / 8)
CURRENTS = st.lists(EIGHTHS | st.integers(-512, 512).map(lambda n: n / 256), min_size=1, max_size=12)


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("compare", [">=", ">"])
@given(currents=CURRENTS)
def test_a_shift_takes_away_or_adds_one_spike_and_no_more(precision: str, compare: str, currents: list[float]) -> None:
    op = neurons(precision, compare)
    threshold = op.threshold[0].item()
    given = [round(2 * threshold * current) for current in currents] if precision == "int8" else currents
    after, fired = integrate(op, op.v_init, given)
    start = offset_starts(op, after, fired)
    assert start.dtype == op.threshold.dtype
    _, again = integrate(op, start, given)
    change = int(again.sum()) - int(fired.sum())
    residual = after[-1].item()
    could_fire = residual > threshold if compare == ">" else residual >= threshold
    if residual < 0 and fired.any():
        assert change == -1
        assert start.item() <= op.v_init[0] - threshold
    elif could_fire and not fired.all():
        assert change == 1
        assert start.item() >= op.v_init[0] + threshold
    else:
        assert start.item() == op.v_init[0]


@given(currents=st.lists(st.integers(-1, 1), min_size=1, max_size=12), residual=st.integers(-3, 3))
def test_silent_neurons_stay_silent_whatever_arrives(currents: list[int], residual: int) -> None:
    op = neurons("int8")
    start = silenced_starts(op, np.full((1, 1, 1, 1), residual, np.int32), len(currents))
    _, fired = integrate(op, start, [sign * op.max_current for sign in currents])
    if residual < 0:
        assert not fired.any()
    else:
        assert start.item() == op.v_init[0]


def test_silent_neurons_of_float32_stay_where_they_are() -> None:
    op = neurons("float32")
    start = silenced_starts(op, np.array([-0.1, 0.0], dtype=np.float32).reshape(2, 1, 1, 1), 4)
    assert start.dtype == np.float32
    assert start.ravel().tolist() == [-(2.0**100), op.v_init[0]]
    assert start.ravel()[0] + np.float32(2.0**74) == start.ravel()[0]


def test_the_second_pass_starts_from_the_beginning() -> None:
    network = uneven(1, 0)
    expected = run(network, X, steps=[1, 2], backend="reference", check_range=False)
    for method in TWO_PASS_METHODS:
        found = run_two_pass(network, X, steps=[1, 2], lead=1, method=method, backend="reference", check_range=False)
        assert np.array_equal(found.scores, expected.scores)


def test_potentials_that_could_leave_int32_are_refused() -> None:
    network = Network.chain(
        {"in": Input((2,)), "fc": Linear([[1.0, -1.0]]), "if": IF(v_threshold=0.01), "out": Output("count")}
    )
    options: dict[str, Any] = {"precision": "int8", "check_range": False}
    run(network, X, steps=1500, **options)
    x = np.array([[0.5, 0.6]], dtype=np.float32)
    with pytest.raises(RangeError, match="'if': after 1500 steps an int32 potential could reach"):
        run_two_pass(network, x, steps=1500, lead=2, **options)


@pytest.mark.parametrize("method", TWO_PASS_METHODS)
def test_labels_progress_and_no_counts(method: str) -> None:
    calls: list[tuple[int, int]] = []
    result = run_two_pass(
        uneven(1, -1),
        np.repeat(X, 5, axis=0),
        steps=2,
        lead=2,
        method=method,
        labels=[0] * 5,
        count=False,
        batch_size=2,
        progress=lambda *given: calls.append(given),
        check_range=False,
    )
    assert result.accuracy == (1.0,)
    assert calls == [(2, 5), (4, 5), (5, 5)]
    assert not result.counts.any()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"method": "residul"}, "method: expected one of residual, offset, offset-by-layer, got 'residul'"),
        ({"lead": 0}, "lead must be an integer in 1"),
        ({"lead": 2.0}, "lead must be an integer in 1"),
        ({"steps": None}, "steps: expected a number"),
        ({"coding": "poisson"}, "two passes: expected none of coding.*, got coding"),
        ({"state": None}, "got state"),
        ({"lead": 3, "method": "offset-by-layer"}, "lead: by layer .* expected at most 2 steps, got 3"),
        ({"x": np.zeros((1, 3), np.float32)}, "Input 'in'"),
    ],
)
def test_wrong_calls_say_what_was_expected(changes: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"x": X, "steps": 2, "lead": 2} | changes
    with pytest.raises(DataError, match=said):
        run_two_pass(uneven(1, -1), given.pop("x"), **given)


@pytest.mark.parametrize(
    ("neuron", "output", "said"),
    [
        (LIF(tau=0.02), Output("count"), "two passes: expected IF neurons .* got LIF 'if'"),
        (IF(reset="zero"), Output("count"), "got IF 'if'"),
        (IF(), Output("first_spike"), "got 'first_spike'"),
        (FirstSpike(v_threshold=1.0, window=4), Output(), "windows or never fire"),
    ],
)
def test_networks_that_the_methods_are_not_for_are_refused(neuron: Any, output: Output, said: str) -> None:
    network = Network.chain({"in": Input((2,)), "if": neuron, "out": output})
    options: dict[str, Any] = {"dt": 1e-3} if isinstance(neuron, LIF) else {}
    with pytest.raises((PlanError, DataError), match=said):
        run_two_pass(network, X, steps=2, lead=2, **options)
