"""What the environment says reaches every engine, and nonsense reaches none."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pysnn import IF, Input, Linear, Network, Output, run
from pysnn.backends import available_backends, get_backend
from pysnn.backends.adam import AdamStep, Moments
from pysnn.backends.settings import Settings, read_settings
from pysnn.errors import BackendError
from pysnn.first_spike import Dense, FirstSpikeNetwork, decide
from pysnn.first_spike.learn import Adam

NONSENSE = [
    ("PYSNN_SIMD", "avx1024"),
    ("PYSNN_SIMD", "AVX2"),
    ("PYSNN_KERNEL", "dots"),
    ("PYSNN_THREAD_WORK", "-1"),
    ("PYSNN_THREAD_WORK", "much"),
    ("PYSNN_THREAD_WORK", "inf"),
    ("PYSNN_THREAD_WORK", "nan"),
]

needs_rust = pytest.mark.skipif("rust" not in available_backends(), reason="the Rust core is not installed")


@pytest.mark.parametrize(("variable", "value"), NONSENSE)
@pytest.mark.parametrize("backend", ["auto", *available_backends()])
def test_nonsense_is_refused_by_every_backend(
    backend: str, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network.chain({"in": Input((2,)), "fc": Linear(np.ones((2, 2))), "if": IF(), "out": Output("count")})
    spikes = FirstSpikeNetwork.draw((2,), [Dense(units=2)], seed=0)
    weight = np.ones((2, 2), dtype=np.float32)
    monkeypatch.setenv(variable, value)
    for use in (
        lambda: run(network, np.ones((1, 2)), steps=2, backend=backend),
        lambda: decide(spikes, [[1.0, 0.5]], backend=backend),
        lambda: Adam(backend=backend).step([weight], [weight.copy()], 1.0),
    ):
        with pytest.raises(BackendError, match=f"{variable}.*expected.*{value}|{variable}.*{value}.*expected"):
            use()
    assert (weight == 1).all()


def test_what_is_empty_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("PYSNN_SIMD", "PYSNN_KERNEL", "PYSNN_THREAD_WORK"):
        monkeypatch.setenv(variable, "")
    assert read_settings() == Settings()
    monkeypatch.setenv("PYSNN_SIMD", "avx2")
    monkeypatch.setenv("PYSNN_THREAD_WORK", "0")
    assert read_settings() == Settings(simd="avx2", thread_work=0.0)


@needs_rust
@pytest.mark.parametrize("level", ["baseline", "avx2"])
def test_the_level_reaches_the_optimiser(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pysnn import _core

    seen: list[Any] = []
    monkeypatch.setattr(_core, "adam", lambda *given: seen.append(given[3]))
    monkeypatch.setenv("PYSNN_SIMD", level)
    weight = np.ones((2, 2), dtype=np.float32)
    Adam(backend="rust").step([weight], [weight], 1.0)
    assert seen == [level]


@needs_rust
def test_the_core_refuses_levels_for_every_function() -> None:
    from pysnn import _core

    ones = np.ones(4, dtype=np.float32)
    rows = SimpleNamespace(current=ones, spikes=ones.copy(), rate=ones.copy())
    channels = SimpleNamespace(threshold=ones[:1], start=ones[:1])
    with pytest.raises(BackendError, match="unknown SIMD level 'sse9'"):
        _core.adam(AdamStep(*np.ones(8, dtype=np.float32)), Moments(*np.ones((4, 4), dtype=np.float32)), 1, "sse9")
    with pytest.raises(BackendError, match="unknown SIMD level 'sse9'"):
        _core.integrate(rows, channels, 1, 1, "sse9")


@pytest.mark.parametrize("backend", ["auto", *available_backends()])
def test_windows_run_in_numpy_and_say_so(backend: str) -> None:
    plan = FirstSpikeNetwork.draw((3,), [Dense(units=2)], neuron="falling").plan
    assert get_backend(backend).first_spike(plan).name == "numpy"
    ramp = FirstSpikeNetwork.draw((3,), [Dense(units=2)]).plan
    if backend != "auto":
        assert get_backend(backend).first_spike(ramp).name.partition("/")[0] == backend
