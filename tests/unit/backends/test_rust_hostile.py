"""The engine on damaged plans and requests: an error by name, never a crash, a hang or a wild allocation."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from pysnn.backends.base import ConstantInput, EventInput, PoissonInput, RunRequest
from pysnn.errors import BackendError, CapacityError, DataError, FileFormatError, PlanError, PysnnError
from pysnn.nodes.neuron_model import NeuronModel
from pysnn.plan.ops import (
    AddOp,
    ClampOp,
    ConvOp,
    GatherOp,
    InputOp,
    MapSpec,
    MaxPoolOp,
    NeuronOp,
    OutputOp,
    Plan,
    PoolOp,
    Term,
)

_core = pytest.importorskip("pysnn._core")

SHAPE = (3, 4, 4)


def ones(*shape: int) -> Any:
    return np.ones(shape, dtype=np.float32)


def spikes(*shape: int) -> MapSpec:
    return MapSpec((shape[0], shape[1], shape[2]), "count", static=False, max_count=1)


def plan() -> Plan:
    """Build one operation of nearly every kind."""
    currents = MapSpec((5, 4, 4), "real", static=False)
    window: Any = {"kernel": (2, 2), "stride": (2, 2), "pads": (0, 0, 0, 0)}
    leak = {"decay": ones(5) * 0.5, "gain": ones(5), "drive": ones(5) * 0}
    neuron: Any = {
        "threshold": ones(5),
        "v_init": ones(5) * 0,
        "v_reset": ones(5) * 0,
        "unit": np.ones(5),
        "constants": leak,
    }
    flat = np.arange(20, dtype=np.int32).reshape(20, 1, 1)
    wide = MapSpec((5, 2, 2), "count", static=False, max_count=4)
    return Plan(
        "float32",
        (
            InputOp("in", spikes(*SHAPE), "events"),
            ConvOp("conv", currents, 0, ones(3, 3, 3, 5), ones(5), (1, 1), (1, 1, 1, 1), (1, 1), 1),
            AddOp("add", currents, (Term(1), Term(1))),
            NeuronOp("neuron", spikes(5, 4, 4), 2, NeuronModel(leak="euler"), **neuron),
            MaxPoolOp("max", spikes(5, 2, 2), 3, **window),
            PoolOp("pool", wide, 3, weight=1.0, **window),
            GatherOp("flat", spikes(20, 1, 1), (4,), flat),
            OutputOp("out", spikes(20, 1, 1), 6, "count", None),
        ),
    )


def request(**changes: Any) -> RunRequest:
    given = EventInput(np.array([0, 1, 1, 3, 3]), np.array([0, 5, 47], dtype=np.uint32), batch=1)
    return replace(RunRequest(given, 4, (2, 4)), **changes)


def damaged(op: int, **changes: Any) -> Plan:
    ops = list(plan().ops)
    ops[op] = replace(ops[op], **changes)
    return Plan("float32", tuple(ops))


def test_the_plan_itself_runs() -> None:
    raw = _core.Clocked(plan().to_bytes()).run(request(probe=True, record_spikes=(3,), record_potentials=(3,)))
    assert raw["scores"].shape == (2, 1, 20)
    assert raw["counts"][1, 1, 0] == 3
    assert raw["spikes"][3].shape == (4, 1, 5, 4, 4)


FLAT: dict[str, Any] = {"shape": (3, 4)}
SPEC = plan().ops[1].spec
DAMAGE: list[tuple[int, dict[str, Any]]] = [
    (0, {"coding": "morse"}),
    (0, {"spec": replace(spikes(*SHAPE), max_count=0)}),
    (0, {"spec": replace(spikes(*SHAPE), max_count=256)}),
    (0, {"spec": replace(spikes(*SHAPE), **FLAT)}),
    (0, {"spec": replace(spikes(*SHAPE), shape=(3, 4, -4))}),
    (1, {"source": 1}),
    (1, {"source": -1}),
    (1, {"source": 2**70}),
    (1, {"weight": np.ones((3, 3, 3, 5))}),
    (1, {"weight": ones(3, 3, 15)}),
    (1, {"weight": ones(0, 3, 3, 5)}),
    (1, {"weight": [[1.0]]}),
    (1, {"weight": np.ones((3, 3, 3, 5), dtype=np.int8)}),
    (1, {"bias": ones(4)}),
    (1, {"groups": 0}),
    (1, {"groups": 2}),
    (1, {"stride": (0, 1)}),
    (1, {"pads": (2**62, 0, 2**62, 0)}),
    (1, {"dilation": (2**40, 1)}),
    (1, {"spec": replace(SPEC, kind="current")}),
    (1, {"spec": replace(SPEC, static=True)}),
    (1, {"spec": replace(SPEC, shape=(5, 4, 5))}),
    (2, {"terms": ()}),
    (2, {"terms": (Term(1), Term(0))}),
    (2, {"terms": (Term(1, scale=ones(5)),)}),
    (2, {"terms": (Term(1, multiplier=np.ones(5, dtype=np.int32)),)}),
    (3, {"threshold": np.ones(5, dtype=np.int32)}),
    (3, {"threshold": ones(1)}),
    (3, {"constants": {"decay": ones(5)}}),
    (3, {"constants": {name: ones(5) for name in ("decay", "gain")}}),
    (3, {"constants": {name: ones(4) for name in ("decay", "gain", "drive")}}),
    (3, {"threshold": ones(*SHAPE)}),
    (3, {"model": NeuronModel(leak="soft")}),  # type: ignore[arg-type]
    (3, {"model": NeuronModel(leak="euler", reset_time="late", reset="none")}),
    (3, {"model": NeuronModel(leak="euler", fire="never")}),
    (3, {"model": NeuronModel(leak="euler", synapse="jump")}),
    (3, {"spec": replace(spikes(5, 4, 4), max_count=2)}),
    (3, {"model": None}),
    (4, {"kernel": (2**63, 2)}),
    (4, {"kernel": (3, 3)}),
    (5, {"spec": spikes(5, 2, 2)}),
    (6, {"index": np.full((20, 1, 1), 20, dtype=np.int32)}),
    (6, {"index": np.full((20, 1, 1), -2, dtype=np.int32)}),
    (6, {"index": np.arange(20).reshape(20, 1, 1)}),
    (6, {"sources": ()}),
    (7, {"readout": "loudest"}),
    (7, {"unit": np.ones(20)}),
    (7, {"source": 3}),
    (7, {"kind": "input"}),
]


@pytest.mark.parametrize("number", range(len(DAMAGE)))
def test_a_damaged_plan_is_refused_with_its_node(number: int) -> None:
    (op, changes), bad = DAMAGE[number], plan()
    if "kind" in changes:
        object.__setattr__(bad.ops[op], "kind", changes["kind"])
    else:
        bad = damaged(op, **changes)
    with pytest.raises((PlanError, CapacityError, FileFormatError), match=f"node '{bad.ops[op].node}'"):
        _core.Clocked(bad.to_bytes())


def clamped(source: MapSpec, spec: MapSpec, high: Any) -> Plan:
    """A clamp, on the input or on a current that changes."""
    constant = MapSpec(SHAPE, "real", static=True)
    first = InputOp("in", constant, "constant") if source.static else InputOp("in", spikes(*SHAPE), "events")
    middle = PoolOp("middle", source, 0, (1, 1), (1, 1), (0, 0, 0, 0), 1.0)
    return Plan(
        "float32", (first, middle, ClampOp("clamp", spec, 1, high), OutputOp("out", spec, 2, "potential", None))
    )


def test_clamps_are_checked() -> None:
    real, changing = MapSpec(SHAPE, "real", static=True), MapSpec(SHAPE, "real", static=False)
    values = (
        np.array([-1, 0, 0.5, 2], dtype=np.float32)
        .reshape(1, 1, 2, 2)
        .repeat(3, axis=1)
        .repeat(2, axis=2)
        .repeat(2, axis=3)
    )
    for high, largest in ((None, 2.0), (np.array([1, 3, 0], dtype=np.float32), 1.0)):
        run = RunRequest(ConstantInput(np.ascontiguousarray(values)), 1, (1,))
        scores = _core.Clocked(clamped(real, real, high).to_bytes()).run(run)["scores"].reshape(3, 16)
        assert (scores.min(), scores[0].max(), scores[1].max()) == (0.0, largest, 2.0)
    for bad in (
        clamped(changing, changing, None),
        clamped(real, changing, None),
        clamped(real, MapSpec((3, 4, 5), "real", static=True), None),
        clamped(real, MapSpec(SHAPE, "current", static=True), None),
        clamped(real, real, ones(2)),
        clamped(real, real, np.ones(3)),
    ):
        with pytest.raises((PlanError, FileFormatError), match="node 'clamp'"):
            _core.Clocked(bad.to_bytes())


def test_a_map_too_large_is_refused() -> None:
    huge = MapSpec((1, 2**31, 2**31), "count", static=False, max_count=1)
    with pytest.raises(CapacityError, match="node 'in'"):
        _core.Clocked(
            Plan("float32", (InputOp("in", huge, "events"), OutputOp("out", huge, 0, "count", None))).to_bytes()
        )


def test_plans_without_operations_are_refused() -> None:
    for ops in ((), plan().ops[:1], plan().ops[:-1], plan().ops[1:]):
        with pytest.raises(PlanError):
            _core.Clocked(Plan("float32", ops).to_bytes())
    with pytest.raises(PlanError):
        _core.Clocked(object())


EVENTS: Any = request().input
BAD_REQUESTS: list[dict[str, Any]] = [
    {"steps": 0},
    {"steps": 2**24 + 1},
    {"read_at": ()},
    {"read_at": (0,)},
    {"read_at": (4, 2)},
    {"read_at": (5,)},
    {"block": 33},
    {"threads": 0},
    {"start": -1},
    {"record_spikes": (1,)},
    {"record_spikes": (99,)},
    {"record_potentials": (0,)},
    {"state": {}},
    {"state": {3: ones(1, 5, 4, 4).astype(np.float64)}},
    {"input": ConstantInput(ones(1, *SHAPE))},
    {"input": replace(EVENTS, batch=0)},
    {"input": EventInput(np.array([0, 1, 1, 3]), np.zeros(3, dtype=np.uint32), batch=1)},
    {"input": EventInput(np.array([0, 3, 2, 3, 3]), np.zeros(3, dtype=np.uint32), batch=1)},
    {"input": EventInput(np.array([-1, 1, 2, 3, 3]), np.zeros(3, dtype=np.uint32), batch=1)},
    {"input": EventInput(np.array([0, 1, 2, 3, 4]), np.zeros(3, dtype=np.uint32), batch=1)},
    {"input": EventInput(np.array([0, 1, 2, 3, 3]), np.full(3, 48, dtype=np.uint32), batch=1)},
    {"input": EventInput(np.array([0, 2, 3, 3, 3]), np.zeros(3, dtype=np.uint32), batch=1)},
    {"input": EventInput(np.array([0, 1, 2, 3, 3]), np.zeros(3, dtype=np.int64), batch=1)},
]


@pytest.mark.parametrize("number", range(len(BAD_REQUESTS)))
def test_a_bad_request_is_refused(number: int) -> None:
    engine = _core.Clocked(plan().to_bytes())
    with pytest.raises(DataError):
        engine.run(request(**BAD_REQUESTS[number]))


def test_a_recording_that_no_memory_holds_is_refused() -> None:
    rates = np.zeros((2**17, *SHAPE), dtype=np.float32)
    wanted = {"steps": 2**24, "read_at": (1,), "record_spikes": (3,)}
    with pytest.raises(CapacityError, match="bytes"):
        _core.Clocked(damaged(0, coding="poisson").to_bytes()).run(request(input=PoissonInput(rates, 0), **wanted))


def test_levels_are_refused_by_name() -> None:
    for level in ("avx1024", "", "AVX2"):
        with pytest.raises(BackendError):
            _core.Clocked(plan().to_bytes(), level)


_STRANGE: tuple[Any, ...] = (
    None,
    -1,
    0,
    1,
    2**16,
    2**64,
    1.5,
    "x",
    (),
    (0, 0),
    (1, 2, 3),
    ones(1),
    ones(5),
    ones(2, 2),
)


def test_no_exchange_of_fields_breaks_the_engine() -> None:
    """Every field of every operation, exchanged for things that do not belong there."""
    refused = broken = 0
    for op, found in enumerate(plan().ops):
        for field in fields(found):
            for strange in _STRANGE:
                if field.name == "kind":
                    continue
                bad = damaged(op, **{field.name: strange})
                try:
                    _core.Clocked(bad.to_bytes()).run(request())
                except PysnnError as error:
                    refused += 1
                    broken += "internal error" in str(error)
    assert not broken
    assert refused > 500
