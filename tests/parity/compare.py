"""Run a case in some way, and compare two outcomes bit for bit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import pysnn
from pysnn.backends import available_backends
from pysnn.backends.base import Probe
from pysnn.simulation.result import Result
from tests.parity.cases import Case

__all__ = ["BACKENDS", "GENERATED", "Outcome", "Way", "assert_same", "run_case", "simd_level"]


def _levels() -> list[tuple[str, str]]:
    """(backend, SIMD level) for everything that this machine can run; "" where a backend has no levels."""
    found: list[tuple[str, str]] = []
    for backend in available_backends():
        if backend == "rust":
            from pysnn._core import simd_levels

            found += [("rust", level) for level in simd_levels()]
        else:
            found.append((backend, ""))
    return found


BACKENDS = _levels()
"""Every (backend, SIMD level)."""


GENERATED = settings(
    max_examples=max(150, settings().max_examples),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
"""How tests look at random networks: at more of them than other tests do at examples; making one takes a while."""


@dataclass(frozen=True)
class Way:
    """How to run: nothing here may change a result."""

    backend: str = "reference"
    level: str = ""
    threads: int = 1
    block: int = 0
    batch_size: int = 256


Outcome = Result | tuple[type[Exception], str]
"""A result, or the kind and the text of the error."""


@contextmanager
def simd_level(level: str) -> Iterator[None]:
    """Run at a SIMD level, with all threads however little there is to do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSNN_THREAD_WORK", "0")
        if level:
            patch.setenv("PYSNN_SIMD", level)
        yield


def run_case(case: Case, way: Way, **changes: Any) -> Outcome:
    """Run a case, everything recorded. pysnn's own errors are outcomes, all others are bugs."""
    how = {"backend": way.backend, "threads": way.threads, "block": way.block, "batch_size": way.batch_size}
    neurons = case.network.neurons
    integrating = tuple(name for name in case.network.order if isinstance(case.network.nodes[name], pysnn.IF))
    everything = {"record": neurons, "record_potentials": integrating, "probe": True, "count_by_step": True}
    options = {**case.options, **how, **everything, **changes}
    data, steps = options.pop("data", case.data), options.pop("steps", case.steps)
    with simd_level(way.level):
        try:
            return pysnn.run(case.network, data, steps=steps, check_range=False, **options)
        except pysnn.PysnnError as error:
            return type(error), str(error)


def assert_same(expected: Outcome, found: Outcome) -> None:
    """Compare scores, counts, state, recorded spikes and potentials, and probes with ``==``."""
    if not isinstance(expected, Result) or not isinstance(found, Result):
        assert found == expected
        return
    _equal("scores", expected.scores, found.scores)
    _equal("counts", expected.counts, found.counts)
    _equal("counts by sample", expected.sample_counts, found.sample_counts)
    assert found.step_counts.keys() == expected.step_counts.keys()
    for name, array in expected.step_counts.items():
        _equal(f"counts by step of {name}", array, found.step_counts[name])
    kept = {} if expected.last_state is None else expected.state.arrays
    assert (found.last_state is None) == (expected.last_state is None)
    if found.last_state is not None:
        assert expected.state.steps == found.state.steps
        assert found.state.arrays.keys() == kept.keys()
    assert found.probes.keys() == expected.probes.keys()
    for name, array in kept.items():
        _equal(f"state of {name}", array, found.state.arrays[name])
    for name in expected.spikes:
        _equal(f"spikes of {name}", expected.spikes[name], found.spikes[name])
    for name, array in expected.potentials.items():
        _equal(f"potentials of {name}", array, found.potentials[name])
    for name, probe in expected.probes.items():
        for field in fields(Probe):
            _equal(f"probe of {name}", getattr(probe, field.name), getattr(found.probes[name], field.name))


def _equal(what: str, expected: Any, found: Any) -> None:
    assert expected.dtype == found.dtype, f"{what}: {expected.dtype} != {found.dtype}"
    assert expected.shape == found.shape, f"{what}: {expected.shape} != {found.shape}"
    if not np.array_equal(expected, found):
        where = tuple(int(i) for i in np.argwhere(expected != found)[0])
        raise AssertionError(f"{what} differ at {where}: expected {expected[where]}, got {found[where]}")
