"""The bytes of exported networks, by hand; what a program makes of them is tested in ``tests/parity/test_pysnn_run.py``."""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pysnn import IF, Input, Linear, Network, Output, PlanError
from pysnn.cli.app import app
from pysnn.errors import DataError
from pysnn.export import ExportOptions, export_network
from pysnn.export.c_source import c_source
from pysnn.files import psnn
from pysnn.files.golden import make_golden
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings
from pysnn.plan import Plan
from tests.golden.make_exported import NETWORKS, SINGLE_SPIKES

GOLDEN = Path(__file__).parents[2] / "golden"


def network(weight: float = 1.0) -> Network:
    return Network.chain({"in": Input((2,)), "fc": Linear([[weight, 0.5]]), "if": IF(), "out": Output("count")})


def sections(data: bytes) -> list[bytes]:
    places = np.frombuffer(data, dtype="<u8", count=12, offset=64).reshape(6, 2).tolist()
    return [data[offset : offset + length] for offset, length in places]


@pytest.mark.parametrize("name", [*NETWORKS, *SINGLE_SPIKES])
def test_bytes_are_the_same_always(name: str) -> None:
    expected = (GOLDEN / f"{name}.plan").read_bytes()
    saved = NETWORKS.get(name) or SINGLE_SPIKES[name]
    assert export_network(saved, ExportOptions(source=bytes(range(32)))) == expected


def test_every_section_is_what_the_page_says() -> None:
    x = np.array([[0.75, 0.5], [1.0, 1.0]], dtype=np.float32)
    settings = Settings(steps=4, seed=7)
    saved = SavedNetwork(network(), settings, golden=make_golden(network(), x, settings))
    data = export_network(saved, ExportOptions(source=b"s" * 32))
    assert struct.unpack_from("<8s2IQ2I", data) == (b"PYSNNEXP", 1, 1, len(data), 6, 0)
    empty = data[:32] + bytes(32) + data[64:]
    assert data[32:64] == hashlib.sha256(empty).digest()
    plan, about, prepared, golden_input, scores, spikes = sections(data)
    assert [op.kind for op in Plan.from_bytes(plan).ops] == ["input", "conv", "neuron", "output"]
    # Constant coding, vectors, 4 steps, 1 golden sample and 4 steps of it, float32, seed, no dt, no operations.
    assert struct.unpack_from("<6IQdI", about) == (1, 1, 4, 1, 4, 1, 7, 0.0, 0)
    assert (about[44:64], about[64:96], about[96:]) == (bytes(20), b"s" * 32, bytes(32))
    assert prepared == b""
    assert golden_input == x[:1].tobytes()
    # 0.75 + 0.25 at each step reaches the threshold each time.
    assert scores == np.array([4], dtype=np.float32).tobytes()
    digest = hashlib.sha256(np.array([4], dtype=np.int32).tobytes()).digest()
    assert spikes == struct.pack("<2Q", 2, 4) + digest


def test_mean_and_std_and_scaling_are_written_in_their_order() -> None:
    data = (GOLDEN / "exported-constant.plan").read_bytes()
    assert sections(data)[2] == np.array([0.5, 0.25, 0.25, 0.5], dtype=np.float32).tobytes()
    data = (GOLDEN / "exported-scaling.plan").read_bytes()
    record = np.frombuffer(sections(data)[2], dtype=[("action", "<u8"), ("values", "<f8", 3)])
    assert record["action"].tolist() == [1, 4, 6]
    assert record["values"].tolist() == [[1e9, 0, 2], [1e9, 0.5, 4], [2, 2, 2]]


def test_pictures_for_an_int8_first_layer_are_written_as_uint8() -> None:
    data = (GOLDEN / "exported-pixels.plan").read_bytes()
    _, about, prepared, golden_input, _, _ = sections(data)
    # Pixels, three axes; uint8, and no operations.
    assert struct.unpack_from("<6I", about) == (6, 3, 6, 1, 6, 5)
    assert struct.unpack_from("<I", about, 40) == (0,)
    assert prepared == bytes([128, 64])
    assert len(golden_input) == 2 * 4 * 4
    assert len(set(golden_input)) > 20
    single = export_network(NETWORKS["exported-pixels"], ExportOptions(precision="float32"))
    assert struct.unpack_from("<6I", sections(single)[1]) == (1, 3, 6, 1, 6, 1)


def test_golden_pictures_are_those_of_the_file() -> None:
    saved = NETWORKS["exported-pixels"]
    x = np.random.default_rng(0).integers(0, 256, (2, 2, 4, 4)).astype(np.uint8)
    golden = make_golden(saved.network, x, saved.settings)
    data = export_network(SavedNetwork(saved.network, saved.settings, golden=golden))
    assert sections(data)[3] == x[:1].tobytes()
    assert sections(data)[4] == golden.scores[-1, :1].tobytes()


def test_without_golden_vectors_a_sample_is_drawn_and_does_something() -> None:
    for name, saved in NETWORKS.items():
        spikes = sections((GOLDEN / f"{name}.plan").read_bytes())[5]
        assert saved.golden is None
        assert struct.unpack_from("<2Q", spikes)[1] > 0


def test_precision_is_that_of_the_options_or_the_settings() -> None:
    saved = SavedNetwork(network(), Settings(precision="int8"))
    assert Plan.from_bytes(sections(export_network(saved))[0]).precision == "int8"
    assert Plan.from_bytes(sections(export_network(saved, ExportOptions("float32")))[0]).precision == "float32"


def test_what_cannot_run_is_refused_by_name() -> None:
    layers = {"fc": Linear([[1.0]]), "fc2": Linear([[1.0], [2.0]])}
    two = Network.chain({"in": Input((1,)), **layers, "if": IF(), "out": Output()})
    with pytest.raises(PlanError, match="'fc2'"):
        export_network(SavedNetwork(two, Settings(coding="spikes", precision="int8")))
    with pytest.raises(DataError, match="precision"):
        ExportOptions("int4")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="most_at_once"):
        ExportOptions(most_at_once=256)
    with pytest.raises(DataError, match="32 bytes"):
        ExportOptions(source=b"")


def test_c_names_are_made_of_the_files() -> None:
    made = c_source(b"\x00\xff", "2-nets.v1")
    assert made.name == "net_2_nets_v1"
    assert "#define NET_2_NETS_V1_SIZE 2" in made.header
    assert "{\n0,255,\n}" in made.source
    with pytest.raises(DataError, match="a letter or a digit"):
        c_source(b"", "網")


def test_the_command_writes_what_the_function_returns(tmp_path: Path) -> None:
    file = tmp_path / "net.psnn"
    psnn.save(file, network(), settings=Settings(steps=4))
    words = [
        "export",
        str(file),
        "--out",
        str(tmp_path / "net.plan"),
        "--precision",
        "int8",
        "--c",
        str(tmp_path / "c"),
        "--json",
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    data = (tmp_path / "net.plan").read_bytes()
    digest = hashlib.sha256(file.read_bytes()).digest()
    assert data == export_network(psnn.load(file), ExportOptions("int8", source=digest))
    found = json.loads(done.stdout)
    assert (found["bytes"], found["sha256"]) == (len(data), data[32:64].hex())
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["net.c", "net.h"]
    assert CliRunner().invoke(app, [*words, "--precision", "int4"]).exit_code == 2
