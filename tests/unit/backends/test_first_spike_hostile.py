"""The compiled first-spike engine on damaged plans and arrays: an error by name, never a crash or a wild allocation."""

import signal
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pysnn.backends.first_spike import GradientRule
from pysnn.errors import BackendError, CapacityError, DataError, PlanError
from pysnn.plan.first_spike import FirstSpikePlan
from tests.unit.first_spike.nets import conv, dense

_core = pytest.importorskip("pysnn._core")


@dataclass
class Loose:
    """A layer that checks nothing."""

    name: str = "a"
    in_shape: Any = (4, 4, 2)
    out_shape: Any = (2, 2, 3)
    kernel: Any = (3, 3)
    stride: Any = (1, 1)
    pads: Any = (0, 0, 0, 0)
    threshold: Any = 1.0
    kind: Any = "weight"


@dataclass
class LoosePlan:
    """A plan that checks nothing."""

    layers: Any = field(default_factory=lambda: [Loose()])
    neuron: Any = "ramp"
    compare: Any = ">="
    steps: Any = 0


HUGE = 1 << 62


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        (LoosePlan(layers=[]), PlanError),
        (LoosePlan(layers=None), PlanError),
        (LoosePlan(neuron="leaky"), PlanError),
        (LoosePlan(neuron="step", steps=0), PlanError),
        (LoosePlan(neuron="step", steps=HUGE), PlanError),
        (LoosePlan(neuron="step", steps=-1), PlanError),
        (LoosePlan(neuron="step", steps=4, compare="=="), PlanError),
        (LoosePlan(layers=[Loose(out_shape=(3, 2, 3))]), PlanError),
        (LoosePlan(layers=[Loose(kernel=(0, 3))]), PlanError),
        (LoosePlan(layers=[Loose(kernel=(HUGE, 3))]), PlanError),
        (LoosePlan(layers=[Loose(stride=(0, 1))]), PlanError),
        (LoosePlan(layers=[Loose(pads=(HUGE, 0, 0, 0))]), PlanError),
        (LoosePlan(layers=[Loose(in_shape=(HUGE, HUGE, 2))]), CapacityError),
        (LoosePlan(layers=[Loose(in_shape=(0, 4, 2))]), CapacityError),
        (LoosePlan(layers=[Loose(out_shape=(2, 2, 1 << 24))]), CapacityError),
        (LoosePlan(layers=[Loose(threshold=float("nan"))]), PlanError),
        (LoosePlan(layers=[Loose(threshold=-1.0)]), PlanError),
        (LoosePlan(layers=[Loose(kind="pool")]), PlanError),
        (LoosePlan(layers=[Loose(kind="max")]), PlanError),
        (LoosePlan(layers=[Loose(), Loose(name="b")]), PlanError),
        (LoosePlan(layers=[SimpleNamespace(name="a")]), PlanError),
    ],
)
def test_damaged_plans_are_refused(plan: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        _core.FirstSpike(plan)


def test_unknown_levels_are_refused() -> None:
    with pytest.raises(BackendError, match="sse9"):
        _core.FirstSpike(LoosePlan(), "sse9")


PLAN = FirstSpikePlan("ramp", (conv("c", (4, 4, 2), 3, (3, 1, 0)), dense("d", (2, 2, 3), 5)))
WEIGHTS = [np.ones(shape, dtype=np.float32) for shape in PLAN.weight_shapes]
TIMES = np.zeros((3, 32), dtype=np.float32)


@pytest.mark.parametrize(
    ("weights", "times", "what"),
    [
        (WEIGHTS[:1], TIMES, "expected 2 arrays, got 1"),
        ([*WEIGHTS, WEIGHTS[0]], TIMES, "expected 2 arrays, got 3"),
        (WEIGHTS[::-1], TIMES, "expected the shape"),
        ([weight.astype(np.float64) for weight in WEIGHTS], TIMES, "expected float32"),
        ([np.asfortranarray(weight) for weight in WEIGHTS], TIMES, "C-contiguous"),
        (WEIGHTS, TIMES[:, :31], "contiguous"),
        (WEIGHTS, TIMES[0], "expected the shape"),
        (WEIGHTS, TIMES - 1, "got -1"),
        (WEIGHTS, TIMES * np.float32("nan"), "got NaN"),
        (WEIGHTS, TIMES.tolist(), "expected a float32 array"),
    ],
)
def test_wrong_arrays_are_named(weights: Any, times: Any, what: str) -> None:
    engine = _core.FirstSpike(PLAN)
    for run in (engine.forward, engine.decide):
        with pytest.raises(DataError, match=what):
            run(weights, times, 1)


def test_times_that_are_no_steps_are_named() -> None:
    engine = _core.FirstSpike(FirstSpikePlan("step", PLAN.layers, steps=8))
    for wrong in (0.5, 8.0, 1e30):
        with pytest.raises(DataError, match="sample 0, input 0"):
            engine.forward(WEIGHTS, TIMES + np.float32(wrong), 1)


def test_ways_back_that_do_not_fit_are_refused() -> None:
    engine = _core.FirstSpike(PLAN)
    other = _core.FirstSpike(FirstSpikePlan("ramp", PLAN.layers[:1]))
    step = _core.FirstSpike(FirstSpikePlan("step", PLAN.layers, steps=8))
    gradient, rule = np.ones((3, 5), dtype=np.float32), GradientRule()
    tape = engine.forward(WEIGHTS, TIMES, 1)
    with pytest.raises(DataError, match="another network"):
        engine.backward(WEIGHTS, other.forward(WEIGHTS[:1], TIMES, 1), gradient, rule, 1)
    with pytest.raises(DataError, match="gradient"):
        engine.backward(WEIGHTS, tape, gradient[:2].copy(), rule, 1)
    with pytest.raises(DataError, match="step_kernel: expected 17 values, got 0"):
        step.backward(WEIGHTS, step.forward(WEIGHTS, TIMES, 1), gradient, rule, 1)
    with pytest.raises(TypeError):
        engine.backward(WEIGHTS, TIMES, gradient, rule, 1)


def test_strange_values_are_no_crash() -> None:
    """Gradients and weights that are not finite come out as numbers that are not finite, or as silence."""
    engine = _core.FirstSpike(PLAN)
    weights = [np.full_like(weight, np.nan) for weight in WEIGHTS]
    tape = engine.forward(weights, TIMES, 2)
    assert np.isinf(tape.times(1)).all()
    passed, gradient = engine.forward(WEIGHTS, TIMES, 1), np.full((3, 5), np.nan, np.float32)
    engine.backward(WEIGHTS, passed, gradient, GradientRule(), 1)
    assert tape.times(9).shape == (3, 0)
    assert engine.forward(WEIGHTS, TIMES[:0], 0).times(1).shape == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_stops_a_pass(threads: int) -> None:
    plan = FirstSpikePlan("ramp", (dense("d", (1, 1, 3000), 6000),))
    engine = _core.FirstSpike(plan)
    weights = [np.full((3000, 6000), -1e-3, dtype=np.float32)]
    times = np.random.default_rng(0).random((2000, 3000)).astype(np.float32)
    timer = threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        engine.forward(weights, times, threads)
    timer.join()
