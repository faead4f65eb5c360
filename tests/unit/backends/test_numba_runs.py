"""What a run of the numba backend does beside weights: neurons, state, blocks, threads, errors, interruption."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

numba = pytest.importorskip("numba")

from pysnn.backends.base import ConstantInput, EventInput, PoissonInput, RunOutput, RunRequest  # noqa: E402
from pysnn.backends.numba import NumbaBackend, jit  # noqa: E402
from pysnn.errors import DataError, RangeError  # noqa: E402
from pysnn.nodes.neuron_model import NeuronModel  # noqa: E402
from pysnn.plan.ops import (  # noqa: E402
    CURRENT_LIMIT,
    InputOp,
    MapSpec,
    MaxPoolOp,
    NeuronOp,
    OutputOp,
    Plan,
    RoundOp,
)
from pysnn.schemas import COUNT_FIELDS  # noqa: E402

Array = NDArray[Any]
SHAPE = (3, 2, 2)
BATCH = 5


def _neuron(source: int, dtype: type[Any], rng: np.random.Generator, **changes: Any) -> NeuronOp:
    scale = 1.0 if dtype is np.float32 else 1000.0
    constants: dict[str, Any] = {
        "threshold": rng.uniform(0.5, 1, 3) * scale,
        "v_init": rng.uniform(0, 0.5, 3) * scale,
        "v_reset": rng.normal(size=3) * 0.1 * scale,
    }
    constants |= {name: changes.pop(name) for name in ("decay", "gain", "drive") if name in changes}
    arrays: dict[str, Any] = {name: np.asarray(array).astype(dtype) for name, array in constants.items()}
    leaks: dict[str, Any] = {name: arrays.pop(name) for name in ("decay", "gain", "drive") if name in arrays}
    spec = MapSpec(SHAPE, "count", static=False, max_count=1)
    model = NeuronModel(leak="euler" if leaks else "none", **changes)
    return NeuronOp("neuron", spec, source, model, **arrays, unit=np.ones(3), constants=leaks)


def _plan(dtype: type[Any], **changes: Any) -> Plan:
    """Constant values straight into neurons."""
    rng = np.random.default_rng(3)
    real = MapSpec(SHAPE, "real", static=True)
    ops: list[Any] = [InputOp("in", real, "constant")]
    if dtype is np.int32:
        ops.append(RoundOp("round", MapSpec(SHAPE, "current", static=True), 0, np.full(3, 0.001)))
    ops.append(_neuron(len(ops) - 1, dtype, rng, **{"reset": "subtract", "compare": ">=", **changes}))
    ops.append(OutputOp("out", ops[-1].spec, len(ops) - 1, "count", None))
    return Plan("float32" if dtype is np.float32 else "int8", tuple(ops))


def _request(**changes: Any) -> RunRequest:
    values = np.random.default_rng(4).normal(0.3, 0.3, (BATCH, *SHAPE)).astype(np.float32)
    return RunRequest(ConstantInput(values), **{"steps": 9, "read_at": (4, 9), **changes})


def _integrated(op: NeuronOp, v: Any, current: Any, c: int) -> Any:
    if not op.constants:
        return v + current
    decay, drive = op.constants["decay"][c], op.constants["drive"][c]
    if "gain" not in op.constants:
        return np.int32(((int(v) * int(decay) + 2**29) >> 30) + int(current) + int(drive))
    return (decay * v + op.constants["gain"][c] * current) + drive


def _replay(op: NeuronOp, current: Array, steps: int) -> tuple[Array, Array]:
    """Neuron by neuron; the arrays of the run are (steps, batch, C, H, W)."""
    potentials: Array = np.empty((steps, BATCH, *SHAPE), dtype=op.threshold.dtype)
    spikes = np.zeros(potentials.shape, dtype=np.uint8)
    for sample, c, y, x in np.ndindex(BATCH, *SHAPE):
        v: Any = op.v_init[c]
        for step in range(steps):
            v = _integrated(op, v, current[sample, c, y, x], c)
            if v >= op.threshold[c] if op.model.compare == ">=" else v > op.threshold[c]:
                spikes[step, sample, c, y, x] = 1
                v = v - op.threshold[c] if op.model.reset == "subtract" else op.v_reset[c]
            potentials[step, sample, c, y, x] = v
    return spikes, potentials


LEAKY_FLOAT = {"decay": [0.9, 0.8, 0.99], "gain": [0.5, 1.0, 2.0], "drive": [0.01, -0.02, 0.0]}
LEAKY_INTEGER = {"decay": [2**30 - 7, 2**29, 900_000_001], "drive": [5, -3, 0]}


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
@pytest.mark.parametrize("leak", [False, True])
@pytest.mark.parametrize(("reset", "compare"), [("subtract", ">="), ("zero", ">"), ("subtract", ">")])
def test_neurons(dtype: type[Any], leak: bool, reset: str, compare: str) -> None:
    constants = (LEAKY_FLOAT if dtype is np.float32 else LEAKY_INTEGER) if leak else {}
    plan = _plan(dtype, reset=reset, compare=compare, **constants)
    neuron = len(plan.ops) - 2
    request = _request(record_spikes=(neuron,), record_potentials=(neuron,), probe=True)
    found = NumbaBackend().compile(plan).run(request)
    assert isinstance(request.input, ConstantInput)
    current: Array = request.input.values
    if dtype is np.int32:
        current = np.rint(current.astype(np.float64) / 0.001).astype(np.int32)
    op = plan.ops[neuron]
    assert isinstance(op, NeuronOp)
    spikes, potentials = _replay(op, current, 9)
    np.testing.assert_array_equal(found.spikes[neuron], spikes)
    np.testing.assert_array_equal(found.potentials[neuron], potentials)
    np.testing.assert_array_equal(found.state[neuron], potentials[-1])
    np.testing.assert_array_equal(found.probes[neuron].potential, potentials[[3, 8]])
    np.testing.assert_array_equal(found.probes[neuron].spikes, [spikes[:4].sum(axis=0), spikes.sum(axis=0)])
    np.testing.assert_array_equal(found.scores[1].reshape(BATCH, *SHAPE), spikes.sum(axis=0))
    for read, steps in enumerate((4, 9)):
        tally = dict(zip(COUNT_FIELDS, found.counts[read, neuron].tolist(), strict=True))
        each = spikes[:steps].sum(axis=0)
        assert (tally["updates"], tally["spikes"]) == (each.size * steps, each.sum())
        assert (tally["silent"], tally["saturated"]) == ((each == 0).sum(), (each == steps).sum())


def test_a_neuron_exactly_at_its_threshold_fires_only_with_greater_or_equal() -> None:
    values = np.ones((1, *SHAPE), dtype=np.float32)
    exact = {"threshold": np.ones(3, dtype=np.float32), "v_init": np.zeros(3, dtype=np.float32)}
    for compare, spikes in ((">=", 12), (">", 0)):
        plan = _plan(np.float32, compare=compare)
        neuron = replace(plan.ops[1], **exact)  # type: ignore[arg-type]
        plan = Plan("float32", (plan.ops[0], neuron, plan.ops[2]))
        request = RunRequest(ConstantInput(values), steps=1, read_at=(1,))
        assert NumbaBackend().compile(plan).run(request).scores.sum() == spikes


def _pooled(coding: Any) -> Plan:
    source = MapSpec((3, 4, 4), "count", static=False, max_count=2 if coding == "events" else 1)
    pooled = replace(source, shape=SHAPE)
    return Plan(
        "float32",
        (
            InputOp("in", source, coding),
            MaxPoolOp("max", pooled, 0, (2, 2), (2, 2), (0, 0, 0, 0)),
            OutputOp("out", pooled, 1, "first_spike", None),
        ),
    )


def _assert_same(first: RunOutput, second: RunOutput) -> None:
    np.testing.assert_array_equal(first.scores, second.scores)
    np.testing.assert_array_equal(first.counts, second.counts)
    for name in ("state", "spikes", "potentials"):
        left, right = getattr(first, name), getattr(second, name)
        assert left.keys() == right.keys()
        for key in left:
            np.testing.assert_array_equal(left[key], right[key])


@pytest.mark.parametrize("changes", [{"threads": 2}, {"block": 1}, {"block": 4, "threads": 3}, {"block": 32}])
def test_blocks_and_threads_change_nothing(changes: dict[str, Any]) -> None:
    rates = np.random.default_rng(0).random((BATCH, 3, 4, 4), dtype=np.float32) * np.float32(0.2)
    request = RunRequest(PoissonInput(rates, seed=7, first_sample=2), 11, (2, 11), record_spikes=(0, 1))
    executable = NumbaBackend().compile(_pooled("poisson"))
    _assert_same(executable.run(request), executable.run(replace(request, **changes)))


def test_a_stream_goes_on_where_it_stopped() -> None:
    rates = np.random.default_rng(1).random((BATCH, 3, 4, 4), dtype=np.float32) * np.float32(0.2)
    executable = NumbaBackend().compile(_pooled("poisson"))
    whole = executable.run(RunRequest(PoissonInput(rates, seed=7), 10, (10,), record_spikes=(1,)))
    first = executable.run(RunRequest(PoissonInput(rates, seed=7), 3, (3,), record_spikes=(1,)))
    rest = executable.run(
        RunRequest(PoissonInput(rates, seed=7), 7, (7,), state=first.state, start=3, record_spikes=(1,))
    )
    np.testing.assert_array_equal(np.concatenate((first.spikes[1], rest.spikes[1])), whole.spikes[1])
    np.testing.assert_array_equal(rest.scores, whole.scores)
    _assert_same(replace(rest, counts=whole.counts, spikes={}), replace(whole, spikes={}))


def test_maximum_of_counts_rises_with_the_largest_sum() -> None:
    """Two inputs of one window: the output follows the one that is ahead, and says nothing while the other catches up."""
    spikes = {0: [0], 1: [0], 2: [4], 3: [4], 4: [4], 5: []}
    offsets = np.cumsum([0, *(len(places) for places in spikes.values())]).astype(np.int64)
    index = np.concatenate([np.array(places, dtype=np.uint32) for places in spikes.values()])
    request = RunRequest(EventInput(offsets, index, 1), 6, (6,), record_spikes=(1,))
    found = NumbaBackend().compile(_pooled("events")).run(request)
    assert found.spikes[1][:, 0, 0, 0, 0].tolist() == [1, 1, 0, 0, 1, 0]
    assert found.scores[0, 0].tolist() == [0.0] + [-np.inf] * 11


def test_read_out_of_a_current_that_stands_still_sums_every_step() -> None:
    spec = MapSpec((2, 1, 1), "real", static=True)
    plan = Plan("float32", (InputOp("in", spec, "constant"), OutputOp("out", spec, 0, "potential", None)))
    values = np.array([[[[0.5]], [[-1.0]]]], dtype=np.float32)
    found = NumbaBackend().compile(plan).run(RunRequest(ConstantInput(values), 3, (1, 3), block=1))
    assert found.scores[:, 0].tolist() == [[0.5, -1.0], [1.5, -3.0]]


def test_a_current_out_of_range_names_its_node() -> None:
    executable = NumbaBackend().compile(_plan(np.int32))
    limit = np.zeros((3, *SHAPE), dtype=np.float32)
    limit[1, 2, 0, 1] = CURRENT_LIMIT * 0.001
    executable.run(RunRequest(ConstantInput(limit), 1, (1,)))
    limit[1, 2, 0, 1] += 1
    for threads in (1, 2):
        with pytest.raises(RangeError, match=r"^node 'round': an analogue current exceeds 1048576 integer units$"):
            executable.run(RunRequest(ConstantInput(limit), 1, (1,), threads=threads))


def test_too_many_events_at_one_input_name_the_node() -> None:
    executable = NumbaBackend().compile(_pooled("events"))
    index = np.array([7, 7, 7], dtype=np.uint32)
    executable.run(RunRequest(EventInput(np.array([0, 2], dtype=np.int64), index[:2], 1), 1, (1,)))
    with pytest.raises(DataError, match=r"^node 'in': more than 2 events at one input in one step$"):
        executable.run(RunRequest(EventInput(np.array([0, 3], dtype=np.int64), index, 1), 1, (1,)))


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_counts_samples_and_an_interruption_ends_the_run(threads: int) -> None:
    executable = NumbaBackend().compile(_plan(np.float32))
    shown: list[int] = []
    executable.run(_request(threads=threads, progress=shown.append))
    assert shown == sorted(shown)
    assert shown[-1] == BATCH

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        executable.run(_request(threads=threads, progress=interrupt))
    _assert_same(executable.run(_request()), executable.run(_request(threads=threads)))


def test_kernels_work_where_no_cache_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_function = numba.njit

    def refusing(*, cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function 'double': no locator available")
        return compile_function(**options)

    monkeypatch.setattr(numba, "njit", refusing)

    def double(x: int) -> int:
        return 2 * x

    assert jit.kernel(double)(21) == 42
