"""``pysnn-run`` against ``pysnn run``: the same bits from the file alone, without Python."""

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from numpy.typing import NDArray

import pysnn
from pysnn import IF, Conv2d, FirstSpike, Flatten, Input, Linear, Network, Output
from pysnn.export import ExportOptions, export_network
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings
from tests.parity.cases import Case, cases

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Program:
    """The program, by an emulator where it is another machine's, and a folder for its files."""

    command: tuple[str, ...]
    folder: Path

    def run(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run it."""
        return subprocess.run([*self.command, *words], input=stdin, capture_output=True, check=False, cwd=self.folder)

    def done(self, *words: str, stdin: bytes = b"") -> list[dict[str, Any]]:
        """Run it and return the objects that it prints."""
        found = self.run(*words, stdin=stdin)
        assert found.returncode == 0, found.stderr.decode()
        return [json.loads(line) for line in found.stdout.splitlines()]

    def scores(self, x: NDArray[Any], steps: int, *options: str) -> NDArray[np.float32]:
        """Return the scores of ``net.plan`` on data."""
        np.save(self.folder / "x.npy", x)
        self.done("infer", "net.plan", "--input", "x.npy", "--steps", str(steps), "--scores", "s.npy", *options)
        return np.asarray(np.load(self.folder / "s.npy"))

    def export(self, network: Network, **options: Any) -> None:
        """Write ``net.plan``."""
        wanted = ExportOptions(most_at_once=options.pop("most_at_once", 1), units=options.pop("units", "exact"))
        saved = SavedNetwork(network, Settings(**options))
        (self.folder / "net.plan").write_bytes(export_network(saved, wanted))


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    command = shlex.split(os.environ.get("PYSNN_RUN") or str(ROOT / "dist/edge/pysnn-run"))
    if not Path(command[-1]).exists():
        assert not os.environ.get("PYSNN_REQUIRE_RUST"), "make edge-native builds dist/edge/pysnn-run"
        pytest.skip("make edge-native builds dist/edge/pysnn-run")
    command[-1] = str(Path(command[-1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        yield Program(tuple(command), Path(folder))


def same(ours: NDArray[Any], theirs: NDArray[Any]) -> None:
    assert ours.dtype == theirs.dtype == np.float32
    assert ours.shape == theirs.shape
    # The sign of a zero is not defined.
    assert ((ours + np.float32(0)).view(np.uint32) == (theirs + np.float32(0)).view(np.uint32)).all()


def scores_of(lines: list[dict[str, Any]]) -> NDArray[np.float32]:
    return np.array([line["scores"] for line in lines], dtype=np.float32)


def dense(events: pysnn.Events, steps: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    counts = np.zeros((steps, events.samples, int(np.prod(shape))), dtype=np.uint8)
    np.add.at(counts, (events.step, events.sample, events.index), 1)
    return counts.reshape(steps, events.samples, *shape)


@given(cases())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_networks_have_the_same_bits(program: Program, case: Case) -> None:
    steps = case.steps[-1]
    data, most = case.data, 1
    if isinstance(data, pysnn.Events):
        most, data = data.most_at_once(), dense(data, steps, case.network.input.shape)
    elif case.options["coding"] == "spikes":
        most = max(1, int(data.max()))
    try:
        expected = pysnn.run(case.network, case.data, steps=case.steps, check_range=False, **case.options)
    except pysnn.PysnnError:
        assume(False)
    program.export(case.network, steps=steps, most_at_once=most, **case.options)
    same(program.scores(data, steps, "--predictions", "p.npy", "--batch", "2"), expected.scores[-1])
    assert (np.load(program.folder / "p.npy") == expected.predictions[-1]).all()
    program.done("check", "net.plan")


RNG = np.random.default_rng(0)
CONV = Network.chain(
    {
        "in": Input((3, 5, 4), mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25)),
        "conv": Conv2d(RNG.normal(size=(4, 3, 3, 3)), padding=1),
        "if": IF(),
        "flat": Flatten(),
        "fc": Linear(RNG.normal(size=(6, 80)), RNG.normal(size=6)),
        "out": Output(),
    }
)
SCALED = Network.chain(
    {
        "in": Input(
            (3,),
            scaling=[
                ("subtract", [1.7e12, 0.0, 5.0]),
                ("divide", [3.0, 7.0, 0.1]),
                ("at_least", [-1.0, 0.0, -2.0]),
                ("at_most", [1.0, 2.0, 9.0]),
                ("multiply", [0.3, 0.1, 1.0]),
                ("add", [0.1, 0.2, 0.3]),
            ],
        ),
        "fc": Linear(RNG.normal(size=(8, 3)) * 3),
        "if": IF(),
        "fc2": Linear(RNG.normal(size=(4, 8))),
        "out": Output(),
    }
)


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i4", "i8", "u8", "f4", "f8", "?"])
def test_every_type_of_data_enters_alike(program: Program, precision: Any, dtype: str) -> None:
    program.export(CONV, precision=precision, steps=8)
    x = (RNG.random((5, 3, 5, 4)) * (255 if dtype == "u1" else 2)).astype(dtype)
    expected = pysnn.run(CONV, x, steps=8, precision=precision, check_range=False)
    same(program.scores(x, 8), expected.scores[0])
    same(program.scores(np.moveaxis(x, 1, -1), 8, "--threads", "1"), expected.scores[0])


WINDOW = CONV.replace({"if": FirstSpike(0.4, window=16)})


@pytest.mark.parametrize("network", [CONV, WINDOW], ids=["rates", "window"])
def test_pictures_enter_an_int8_first_layer(program: Program, network: Network) -> None:
    steps = 1 if network is WINDOW else 8
    program.export(network, precision="int8", first_layer="int8", steps=steps)
    x = RNG.integers(0, 256, (5, 3, 5, 4)).astype(np.uint8)
    expected = pysnn.run(network, x, steps=steps, precision="int8", first_layer="int8").scores[0]
    same(program.scores(x, steps, "--verify", "--batch", "2"), expected)
    same(program.scores(np.moveaxis(x, 1, -1), steps, "--threads", "1"), expected)
    program.done("infer", "net.plan", "--input", "-", "--raw", "u8", "--scores", "s.npy", stdin=x.tobytes())
    same(np.load(program.folder / "s.npy"), expected)
    program.done("check", "net.plan")
    text = "".join(" ".join(map(str, row)) + "\n" for row in x.reshape(5, -1))
    for found in (
        program.done("stream", "net.plan", "--reset", "--raw", "u8", stdin=x.tobytes()),
        program.done("stream", "net.plan", "--reset", stdin=text.encode()),
    ):
        same(scores_of(found), expected)


def test_an_int8_first_layer_refuses_other_data(program: Program) -> None:
    program.export(CONV, precision="int8", first_layer="int8", steps=8)
    np.save(program.folder / "x.npy", np.zeros((2, 3, 5, 4), dtype=np.float32))
    found = program.run("infer", "net.plan", "--input", "x.npy")
    assert (found.returncode, b"first_layer 'int8' reads uint8 pixels" in found.stderr) == (1, True)
    for words, stdin, what in (
        (["--raw", "f32"], b"\0" * 240, b"--raw u8"),
        ([], b"0.5\n", b"expected uint8 pixels, 0 to 255, got '0.5'"),
        ([], b"1 2\n", b"expected 60 values, got 2"),
    ):
        found = program.run("stream", "net.plan", *words, stdin=stdin)
        assert (found.returncode, what in found.stderr) == (1, True), found.stderr


@pytest.mark.parametrize("dtype", ["u1", "f4", "f8", "i8"])
def test_scaling_is_the_same_to_the_bit(program: Program, dtype: str) -> None:
    program.export(SCALED, steps=9)
    x = np.abs(RNG.normal(size=(40, 3)) * [3.0, 9.0, 1.0] + ([0.0] if dtype == "u1" else [1.7e12, 0.0, 5.0]))
    x = x.astype(dtype)
    same(program.scores(x, 9), pysnn.run(SCALED, x, steps=9).scores[0])


def test_values_without_a_header_and_from_stdin(program: Program) -> None:
    program.export(CONV, steps=6)
    x = (RNG.random((4, 3, 5, 4)) * 255).astype(np.uint8)
    expected = pysnn.run(CONV, x, steps=6)
    for raw, data in (("u8", x.tobytes()), ("f32", (x.astype(np.float32) / np.float32(255)).tobytes())):
        program.done("infer", "net.plan", "--input", "-", "--raw", raw, "--scores", "s.npy", stdin=data)
        same(np.load(program.folder / "s.npy"), expected.scores[0])
    np.save(program.folder / "x.npy", x)
    whole = (program.folder / "x.npy").read_bytes()
    (found,) = program.done("infer", "net.plan", "--input", "-", "--verify", stdin=whole)
    assert found["predictions"] == expected.predictions[0].tolist()


def test_a_stream_of_events_goes_on_where_it_stopped(program: Program) -> None:
    network = Network.chain(
        {
            "in": Input((2, 3, 3)),
            "conv": Conv2d(RNG.normal(size=(4, 2, 2, 2))),
            "if": IF(),
            "flat": Flatten(),
            "fc": Linear(RNG.normal(size=(3, 16))),
            "out": Output(),
        }
    )
    spikes = (RNG.random((37, 1, 2, 3, 3)) < 0.3).astype(np.uint8)
    for precision in ("float32", "int8"):
        program.export(network, coding="spikes", precision=precision)
        expected = pysnn.run(network, spikes, steps=range(1, 38), coding="spikes", precision=precision)
        rows = [np.flatnonzero(row).astype("<u4") for row in spikes.reshape(37, -1)]
        lines = "".join(" ".join(map(str, row)) + "\n" for row in rows).encode()
        binary = b"".join(np.uint32(len(row)).tobytes() + row.tobytes() for row in rows)
        for found in (
            program.done("stream", "net.plan", stdin=lines),
            program.done("stream", "net.plan", "--raw", "u32", stdin=binary),
        ):
            assert [row["step"] for row in found] == list(range(1, 38))
            assert [row["class"] for row in found] == expected.predictions[:, 0].tolist()
            same(scores_of(found), expected.scores[:, 0])
        found = program.done("stream", "net.plan", "--every", "10", stdin=lines)
        assert [row["step"] for row in found] == [10, 20, 30, 37]
        same(scores_of(found), expected.scores[[9, 19, 29, 36], 0])


def test_a_stream_of_frames_keeps_its_state_or_starts_afresh(program: Program) -> None:
    program.export(CONV, steps=4)
    x = (RNG.random((3, 3, 5, 4)) * 255).astype(np.uint8)
    fresh = pysnn.run(CONV, x, steps=4).scores[0]
    found = program.done("stream", "net.plan", "--reset", "--raw", "u8", stdin=x.tobytes())
    same(scores_of(found), fresh)
    state, expected = None, []
    for sample in x:
        result = pysnn.run(CONV, sample[None], steps=4, state=state)
        state = result.state
        expected.append(result.scores[0, 0])
    text = "".join(",".join(repr(float(v)) for v in row) + "\n" for row in (x / np.float32(255)).reshape(3, -1))
    found = program.done("stream", "net.plan", stdin=text.encode())
    same(scores_of(found), np.array(expected, dtype=np.float32))
    assert [row["step"] for row in found] == [4, 8, 12]


@pytest.mark.parametrize("bias", [0.0, 1000.0])
def test_endless_streams_go_on_until_a_potential_could_overflow(program: Program, bias: float) -> None:
    layers = {
        "in": Input((1,)),
        "fc": Linear([[1.0]], [bias]),
        "if": IF(1.0),
        "fc2": Linear([[1.0]]),
        "out": Output("potential"),
    }
    program.export(Network.chain(layers), precision="int8", coding="spikes", most_at_once=1 if bias else 255)
    found = program.run("stream", "net.plan", "--every", "1000", stdin=b"\n" * 100_000)
    steps = [json.loads(line)["step"] for line in found.stdout.splitlines()]
    if bias == 0:
        # A step could add 255 * 127 units, and int32 holds 66 thousand of them: then the potential is looked at.
        assert (found.returncode, steps[-1]) == (0, 100_000)
        return
    # A step adds 65,536 - 66 units and a few: int32 holds 32 thousand of them.
    assert found.returncode == 1
    assert b"'if': after 1000 steps an int32 potential could reach" in found.stderr
    assert steps[-1] == 32_000


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([], 0, ""),
        (["walk", "net.plan"], 2, "expected a command, got 'walk'"),
        (["infer"], 2, "expected the name of a network's file"),
        (["infer", "net.plan"], 2, "expected --input"),
        (["infer", "net.plan", "--input", "x.npy", "--steps", "0"], 2, "--steps: expected a whole number from 1"),
        (["infer", "net.plan", "--input", "x.npy", "--simd", "mmx"], 1, "mmx"),
        (["infer", "net.plan", "--input", "none.npy"], 1, "none.npy"),
        (["infer", "none.plan", "--input", "x.npy"], 1, "none.plan"),
        (["infer", "net.plan", "--input", "net.plan"], 1, "expected an array of NumPy"),
        (["infer", "net.plan", "--input", "wrong.npy"], 1, "expected (samples, 3, 5, 4), got [2, 7]"),
        (["infer", "net.plan", "--input", "nan.npy"], 1, "sample 1, value 2"),
        (["infer", "net.plan", "--input", "x.npy", "--scores", "no/s.npy"], 1, "no/s.npy"),
        (["infer", "net.plan", "--input", "x.npy", "--scores", "."], 1, "this is a folder"),
        (["infer", "net.plan", "--input", "x.npy", "--steps", "16777217"], 2, "1 to 16777216"),
        (["infer", "net.plan", "--input", "x.npy", "--scores", "s.npy", "--predictions", "s.npy"], 2, "got one"),
        (["infer", "net.plan", "--input", "x.npy", "--fast"], 2, "no option '--fast'"),
        (["check", "cut.plan"], 1, "truncated"),
        (["check", "bit.plan"], 1, "SHA-256"),
        (["check", "x.npy"], 1, "expected it to start with PYSNNEXP"),
        (["info", "bare.plan"], 1, "pysnn export"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_an_exit_code(
    program: Program, words: list[str], code: int, sentence: str
) -> None:
    program.export(CONV, steps=2)
    data = (program.folder / "net.plan").read_bytes()
    (program.folder / "cut.plan").write_bytes(data[:-1])
    (program.folder / "bit.plan").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (program.folder / "bare.plan").write_bytes(data[192:])
    x = np.zeros((2, 3, 5, 4), dtype=np.float32)
    np.save(program.folder / "x.npy", x)
    np.save(program.folder / "wrong.npy", np.zeros((2, 7)))
    x[1, 0, 0, 2] = np.nan
    np.save(program.folder / "nan.npy", x)
    found = program.run(*words)
    assert found.returncode == code, found.stderr
    assert sentence in found.stderr.decode()
    assert found.stderr.count(b"\n") == (1 if code else 0)


def test_a_golden_run_that_differs_is_found(program: Program) -> None:
    import hashlib

    program.export(CONV, steps=4)
    good = (program.folder / "net.plan").read_bytes()
    places = np.frombuffer(good, dtype="<u8", count=12, offset=64)
    for section, sentence in ((4, b"score 0"), (5, b"spikes of 'if'")):
        data = bytearray(good)
        data[int(places[2 * section]) + (2 if section == 4 else 8)] ^= 1
        data[32:64] = bytes(32)
        data[32:64] = hashlib.sha256(data).digest()
        (program.folder / "net.plan").write_bytes(data)
        found = program.run("check", "net.plan")
        assert found.returncode == 1
        assert sentence in found.stderr, found.stderr
