"""Networks of neurons with windows: every backend as the reference, and the one pass as the steps of every window, spike by spike."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

import pysnn
from pysnn.backends.reference.windows import SILENT, WindowRun, first_spikes, simulate_windows
from pysnn.encode.batch import input_values
from pysnn.plan import PlanOptions, compile_plan
from pysnn.plan.ops import Plan
from pysnn.simulation.result import Result
from tests.parity.cases import Case, window_cases
from tests.parity.compare import BACKENDS, GENERATED, Way, assert_same, run_case

_COMPILED = [pair for pair in BACKENDS if pair[0] != "reference"]


def _reference(case: Case) -> Result:
    expected = run_case(case, Way())
    assume(isinstance(expected, Result) and expected.plan.window is not None)
    assert isinstance(expected, Result)
    return expected


@pytest.mark.slow
@pytest.mark.skipif(not _COMPILED, reason="there is no backend but the reference")
@GENERATED
@given(case=window_cases(), threads=st.sampled_from([1, 2, 3]), size=st.sampled_from([1, 2, 256]))
def test_backends_agree(case: Case, threads: int, size: int) -> None:
    expected = _reference(case)
    for pair in _COMPILED:
        assert_same(expected, run_case(case, Way(*pair)))
        assert_same(expected, run_case(case, Way(*pair, threads, 0, size)))


@pytest.mark.slow
@GENERATED
@given(case=window_cases(most_nodes=9, tiny=True))
def test_a_pass_is_the_steps_of_every_window(case: Case) -> None:
    found = _reference(case)
    simulated = _simulated(found.plan, case.network, case.data)
    _compare(found, simulated, exact=case.options["precision"] == "int8")


@pytest.mark.slow
@GENERATED
@given(case=window_cases(most_nodes=9, tiny=True))
def test_a_neuron_spikes_once_at_most(case: Case) -> None:
    found = _reference(case)
    for name, spikes in found.spikes.items():
        assert spikes.sum(axis=0).max() <= 1, name
    assert (found.activity.spikes_per_neuron <= 1).all()


def _simulated(plan: Plan, network: pysnn.Network, x: Any, **fire: Any) -> WindowRun:
    values = input_values(network.input, x)
    return simulate_windows(plan, values.reshape(len(values), *plan.ops[0].spec.shape), **fire)


def _compare(found: Result, simulated: WindowRun, *, exact: bool) -> None:
    """Compare levels layer by layer; in float32 up to the first layer in which they differ, which they do near a step alone."""
    for name, k in found.plan.spiking.items():
        levels, expected = found.probes[name].spikes[0], simulated.levels(k)
        if exact:
            assert np.array_equal(levels, expected), name
            continue
        different = levels != expected
        if different.any():
            op: Any = found.plan.ops[k]
            steps = simulated.potentials[k] / op.threshold[:, None, None].astype(np.float64) + 0.5
            largest = np.abs(simulated.potentials[k]).max() / op.threshold.min() + 1
            assert (np.abs(steps - np.rint(steps))[different] <= 2.0**-16 * largest).all(), name
            return
    np.testing.assert_allclose(found.scores[0], simulated.scores, rtol=1e-4, atol=1e-4 * np.abs(simulated.scores).max())
    if exact:
        assert np.array_equal(found.scores[0], simulated.scores)


def _eighths(rng: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    return (rng.integers(-8, 9, shape) / 8).astype(np.float32)


def residual(window: int) -> pysnn.Network:
    """Return a network with a shortcut over two windows, pools, a concatenation and groups; numbers are multiples of 1/8."""
    rng = np.random.default_rng(7)
    first, second, third = (pysnn.FirstSpike(theta, window=window) for theta in (0.25, 0.5, 1.0))
    nodes = {
        "in": pysnn.Input((2, 6, 6)),
        "c1": pysnn.Conv2d(_eighths(rng, 4, 2, 3, 3), _eighths(rng, 4), padding=1),
        "a": first,
        "sa": pysnn.Scale(0.25),
        "c2": pysnn.Conv2d(_eighths(rng, 4, 4, 3, 3), _eighths(rng, 4), padding=1),
        "b": second,
        "c3": pysnn.Conv2d(_eighths(rng, 4, 4, 3, 3), padding=1),
        "c": third,
        "most": pysnn.MaxPool2d(2),
        "mean": pysnn.AvgPool2d(2),
        "both": pysnn.Concat(),
        "c4": pysnn.Conv2d(_eighths(rng, 6, 4, 3, 3), _eighths(rng, 6), groups=2, padding=1),
        "d": pysnn.FirstSpike([1.0, 2.0, 1.0, 4.0, 1.0, 2.0], window=window),
        "whole": pysnn.SumPool2d(3),
        "flat": pysnn.Flatten(),
        "fc": pysnn.Linear(_eighths(rng, 5, 6), _eighths(rng, 5)),
        "out": pysnn.Output(),
    }
    chain = ["in", "c1", "a", "sa", "c2", "b", "c3", "c", "most", "both", "c4", "d", "whole", "flat", "fc", "out"]
    edges = [*pairwise(chain), ("sa", "c"), ("c", "mean"), ("mean", "both")]
    return pysnn.Network(nodes, edges)


def _images() -> NDArray[np.float32]:
    return _eighths(np.random.default_rng(1), 3, 2, 6, 6)


@pytest.mark.parametrize("window", [1, 2, 7, 16, 64, 255])
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_residual_pass_is_its_windows_exactly(window: int, precision: Any) -> None:
    network, x = residual(window), _images()
    found = pysnn.run(network, x, precision=precision, backend="reference", probe=True)
    simulated = _simulated(found.plan, network, x)
    for name, k in found.plan.spiking.items():
        assert np.array_equal(found.probes[name].spikes[0], simulated.levels(k)), name
        assert 0 < np.count_nonzero(simulated.levels(k)) < simulated.levels(k).size, name
    assert np.array_equal(found.scores[0], simulated.scores)


def test_layers_open_one_behind_the_other_and_shortcuts_wait() -> None:
    plan = compile_plan(residual(8), PlanOptions("int8"))
    simulated = _simulated(plan, residual(8), _images())
    assert {plan.ops[k].node: at for k, at in simulated.openings.items()} == {"a": 0, "b": 8, "c": 16, "d": 24}
    assert simulated.latency == 32
    for k, times in simulated.times.items():
        fired = times[times != SILENT]
        assert ((fired >= simulated.openings[k]) & (fired < simulated.openings[k] + 8)).all()


def _one_more(potential: Any, threshold: Any, window: int) -> Any:
    return first_spikes(potential, threshold + threshold.dtype.type(1), window)


def _above(potential: Any, threshold: Any, window: int) -> Any:
    found = np.full(potential.shape, SILENT, dtype=np.int64)
    for step in range(window):
        now = (found == SILENT) & (potential + step * threshold > window * threshold)
        found[now] = step
    return found


def _after_the_rise(potential: Any, threshold: Any, window: int) -> Any:
    return first_spikes(potential + threshold, threshold, window)


@pytest.mark.parametrize("mutant", [_one_more, _above, _after_the_rise])
def test_other_neurons_are_told_apart(mutant: Any) -> None:
    network, x = residual(16), _images()
    found = pysnn.run(network, x, precision="int8", backend="reference", probe=True)
    simulated = _simulated(found.plan, network, x, fire=mutant)
    different = [
        not np.array_equal(found.probes[n].spikes[0], simulated.levels(k)) for n, k in found.plan.spiking.items()
    ]
    assert any(different)
