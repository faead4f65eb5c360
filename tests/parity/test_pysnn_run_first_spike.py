"""``pysnn-run`` on networks of single spikes against ``pysnn run``: the same times and decisions, to the bit."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from typer.testing import CliRunner

from pysnn.cli.app import app
from pysnn.export import export_network
from pysnn.files import first_spike
from pysnn.files.first_spike import SavedFirstSpike
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork
from tests.parity.programs import Program, same

RNG = np.random.default_rng(0)
VECTOR = FirstSpikeNetwork.draw((12,), [Dense(units=70), Dense(units=10)], seed=1)
PICTURE = FirstSpikeNetwork.draw((3, 5, 4), [Conv(channels=5, padding=1), EarliestPool(2), Dense(units=4)], seed=2)
STEPS = FirstSpikeNetwork.draw((3, 5, 4), PICTURE.layers, seed=3, neuron="step", steps=16)


def export(program: Program, network: FirstSpikeNetwork) -> None:
    (program.folder / "net.plan").write_bytes(export_network(SavedFirstSpike(network)))


def by_pysnn(folder: Path, network: FirstSpikeNetwork, x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the scores and labels that ``pysnn run --predictions`` writes."""
    first_spike.save(folder / "net.psnn", network)
    np.savez(folder / "x.npz", x=x)
    words = ["run", str(folder / "net.psnn"), "--data", str(folder / "x.npz"), "--predictions", str(folder / "p.npz")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    with np.load(folder / "p.npz") as found:
        return found["scores"][0], found["labels"][0]


def by_program(program: Program, x: NDArray[Any], *options: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the scores and predictions that the program writes, with the same predictions where it stops at the decision."""
    np.save(program.folder / "x.npy", x)
    words = ("infer", "net.plan", "--input", "x.npy", "--predictions", "p.npy", *options)
    program.done(*words)
    decided = np.load(program.folder / "p.npy")
    program.done(*words, "--scores", "s.npy")
    scores, labels = np.load(program.folder / "s.npy"), np.load(program.folder / "p.npy")
    assert (decided.tolist(), labels.dtype) == (labels.tolist(), np.dtype("<i8"))
    return scores, labels


def check(program: Program, network: FirstSpikeNetwork, x: NDArray[Any], *options: str) -> NDArray[Any]:
    export(program, network)
    scores, labels = by_pysnn(program.folder, network, x)
    found, predictions = by_program(program, x, *options)
    same(found, scores)
    assert predictions.tolist() == labels.tolist()
    return predictions


@st.composite
def networks(draw: st.DrawFn) -> FirstSpikeNetwork:
    """Draw small networks of every layer, neuron and coding."""
    layers: list[Any] = []
    shape: tuple[int, ...] = (draw(st.integers(1, 40)),)
    if draw(st.booleans()):
        shape = (draw(st.integers(1, 3)), draw(st.integers(3, 7)), draw(st.integers(3, 7)))
        threshold = draw(st.sampled_from([0.3, 1.0, 4.0]))
        layers.append(
            Conv(
                threshold=threshold,
                channels=draw(st.sampled_from([1, 5, 17, 70])),
                kernel=draw(st.integers(1, 3)),
                stride=draw(st.integers(1, 2)),
                padding=draw(st.integers(0, 2)),
            )
        )
        if draw(st.booleans()):
            layers.append(EarliestPool(draw(st.integers(1, 2)), draw(st.integers(0, 2)), draw(st.integers(0, 1))))
    if draw(st.booleans()) or not layers:
        layers += [Dense(units=n) for n in draw(st.lists(st.sampled_from([1, 4, 33, 64, 130]), min_size=1, max_size=3))]
    fields: dict[str, Any] = {"coding": draw(st.sampled_from(["bright", "dark", "both"]))}
    if draw(st.booleans()):
        fields |= {"neuron": "step", "steps": draw(st.integers(1, 20)), "compare": draw(st.sampled_from([">=", ">"]))}
    return FirstSpikeNetwork.draw(shape, layers, seed=draw(st.integers(0, 99)), **fields)


@given(networks(), st.integers(0, 99), st.integers(1, 20))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_networks_have_the_same_bits(
    program: Program, network: FirstSpikeNetwork, seed: int, samples: int
) -> None:
    rng = np.random.default_rng(seed)
    # Ties, values of 0 and 1, and many that are neither.
    x = rng.choice([rng.random(network.input_shape), rng.integers(0, 5, network.input_shape) / 4], samples)
    check(program, network, x.astype(np.float32), "--batch", "7", "--threads", "2")
    program.done("check", "net.plan")


@pytest.mark.parametrize("network", [VECTOR, PICTURE, STEPS], ids=["vector", "picture", "steps"])
@pytest.mark.parametrize("dtype", ["u1", "f4", "f8", "?", "i8"])
def test_every_type_of_data_enters_alike(program: Program, network: FirstSpikeNetwork, dtype: str) -> None:
    x = RNG.random((9, *network.input_shape)) * (255 if dtype == "u1" else 1)
    x = (x if dtype in ("u1", "f4", "f8") else x > 0.5).astype(dtype)
    assert (check(program, network, x, "--verify") >= 0).any()
    check(program, network, x.reshape(9, -1))
    if network is VECTOR:
        check(program, network, x.reshape(9, 3, 4))


def test_silent_samples_are_undecided(program: Program) -> None:
    x = RNG.random((4, 12)).astype(np.float32)
    x[[1, 3]] = 0
    assert (check(program, VECTOR, x) == -1).tolist() == [False, True, False, True]


def test_values_without_a_header_and_from_stdin(program: Program) -> None:
    x = RNG.integers(0, 256, (6, 3, 5, 4)).astype(np.uint8)
    expected = check(program, PICTURE, x).tolist()
    for raw, data in (("u8", x), ("f32", x.astype(np.float32) / np.float32(255))):
        (found,) = program.done("infer", "net.plan", "--input", "-", "--raw", raw, stdin=data.tobytes())
        assert found["predictions"] == expected


def test_info_and_bench_say_what_there_is(program: Program) -> None:
    export(program, STEPS)
    (info,) = program.done("info", "net.plan")
    wanted = {
        "precision": "float32",
        "neuron": "step",
        "coding": "bright",
        "input": [3, 5, 4],
        "classes": 4,
        "steps": 16,
    }
    assert wanted.items() <= info.items()
    assert (info["layers"], info["neurons"], info["weights"]) == (3, 5 * 4 * 5 + 4, 27 * 5 + 20 * 4)
    np.save(program.folder / "x.npy", RNG.random((30, 3, 5, 4)))
    for words, samples in (([], 1), (["--input", "x.npy", "--batch", "8"], 30)):
        (bench,) = program.done("bench", "net.plan", *words)
        assert (bench["samples"], bench["steps"], bench["ms_per_sample"] > 0) == (samples, 16, True)
    export(program, PICTURE)
    assert program.done("info", "net.plan")[0]["steps"] is None


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["stream", "net.plan"], 2, "stream: a network of single spikes"),
        (["infer", "net.plan"], 2, "expected --input"),
        (["infer", "net.plan", "--input", "x.npy", "--steps", "4"], 2, "has its own number of steps"),
        (["check", "net.plan", "--block", "4"], 2, "has its own number of steps"),
        (["infer", "net.plan", "--input", "x.npy"], 1, "from 0 to 1, got 1.5 in sample 1, value 22"),
        (["infer", "net.plan", "--input", "last.npy"], 1, "expected (samples, 3, 5, 4), got [2, 5, 4, 3]"),
        (["infer", "net.plan", "--input", "nan.npy"], 1, "expected finite values"),
        (["infer", "net.plan", "--input", "x.npy", "--raw", "u32"], 2, "streams of events"),
        (["check", "net.plan", "--simd", "mmx"], 1, "mmx"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_an_exit_code(
    program: Program, words: list[str], code: int, sentence: str
) -> None:
    export(program, PICTURE)
    x = np.zeros((2, 3, 5, 4), dtype=np.float32)
    np.save(program.folder / "last.npy", x.transpose(0, 2, 3, 1))
    x[1, 1, 0, 2] = 1.5
    np.save(program.folder / "x.npy", x)
    np.save(program.folder / "nan.npy", x * np.float32(np.nan))
    found = program.run(*words)
    assert (found.returncode, sentence in found.stderr.decode()) == (code, True), found.stderr
    assert found.stderr.count(b"\n") == 1


def test_a_golden_run_that_differs_is_found(program: Program) -> None:
    export(program, PICTURE)
    good = (program.folder / "net.plan").read_bytes()
    places = np.frombuffer(good, dtype="<u8", count=12, offset=64).tolist()
    scores, spikes = places[8], places[10]
    for at, sentence in (
        (scores + 1, b"score 0"),
        (scores + 16, b"winner of sample 0"),
        (spikes + 8, b"spikes of 'conv1'"),
        (spikes + 48 + 20, b"spikes of 'earliestpool2'"),
    ):
        data = bytearray(good)
        data[at] ^= 1
        data[32:64] = bytes(32)
        data[32:64] = hashlib.sha256(data).digest()
        (program.folder / "net.plan").write_bytes(data)
        found = program.run("check", "net.plan")
        assert (found.returncode, sentence in found.stderr) == (1, True), found.stderr
