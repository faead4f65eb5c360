"""Threads share samples, and one sample, and change no result; a run stops at once and leaves no thread behind."""

import os
import signal
import threading
import time
from typing import Any

import numpy as np
import pytest

from pysnn import IF, AvgPool2d, Conv2d, Flatten, Input, Linear, Network, Output, Simulator
from pysnn.backends import get_backend
from pysnn.errors import BackendError, PysnnError

try:
    get_backend("rust")
except PysnnError:
    pytest.skip("there is no Rust backend", allow_module_level=True)


def network(channels: int = 20) -> Network:
    rng = np.random.default_rng(0)

    def conv(inputs: int) -> Conv2d:
        return Conv2d(rng.normal(0, 0.2, (channels, inputs, 3, 3)), padding=1)

    return Network.chain(
        {
            "in": Input((3, 13, 11)),
            "conv1": conv(3),
            "if1": IF(0.5),
            "conv2": conv(channels),
            "if2": IF(0.7),
            "pool": AvgPool2d(2),
            "flat": Flatten(),
            "fc": Linear(rng.normal(0, 0.2, (10, channels * 30))),
            "out": Output(),
        }
    )


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("kernel", ["", "event", "dot"])
def test_results_do_not_depend_on_threads(precision: Any, kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSNN_THREAD_WORK", "0")
    monkeypatch.setenv("PYSNN_KERNEL", kernel)
    simulator = Simulator(network(), precision=precision, backend="rust")
    for samples in (1, 2, 3, 5):
        x = np.random.default_rng(samples).random((samples, 3, 13, 11), dtype=np.float32)
        one = simulator.run(x, steps=[7, 40], threads=1)
        for threads in (2, 3, 4):
            shared = simulator.run(x, steps=[7, 40], threads=threads)
            assert np.array_equal(one.scores, shared.scores)
            assert np.array_equal(one.counts, shared.counts)
            assert shared.kernels == one.kernels
            for name, array in one.state.arrays.items():
                assert np.array_equal(array, shared.state.arrays[name])


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals")
@pytest.mark.parametrize(("threads", "samples"), [(1, 1), (2, 1), (2, 4)])
def test_ctrl_c_stops_a_run(threads: int, samples: int) -> None:
    simulator = Simulator(network(), backend="rust", threads=threads)
    x = np.random.default_rng(0).random((samples, 3, 13, 11), dtype=np.float32)
    simulator.run(x, steps=1)
    sent: list[float] = []

    def interrupt() -> None:
        sent.append(time.perf_counter())
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Timer(0.2, interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        simulator.run(x, steps=1 << 22)
    # It looks ten times a second; the rest is patience with a machine that does other things as well.
    assert time.perf_counter() - sent[0] < 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_runs_with_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSNN_THREAD_WORK", "0")
    simulator = Simulator(network(), precision="int8", backend="rust", threads=2)
    x = np.random.default_rng(0).random((1, 3, 13, 11), dtype=np.float32)
    expected = simulator.run(x, steps=8).scores
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        same = np.array_equal(simulator.run(x, steps=8).scores, expected)
        os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("work", ["-1", "much", "inf", "nan"])
def test_nonsense_in_the_environment_is_refused(work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSNN_THREAD_WORK", work)
    with pytest.raises(BackendError, match="PYSNN_THREAD_WORK"):
        Simulator(network(), backend="rust").run(np.zeros((1, 3, 13, 11), dtype=np.float32), steps=1)
