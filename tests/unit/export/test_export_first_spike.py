"""The bytes of exported networks of single spikes, by hand; what a program makes of them: ``tests/parity/test_pysnn_run_first_spike.py``."""

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pysnn.cli.app import app
from pysnn.errors import CapacityError, PlanError
from pysnn.export import ExportOptions, export_network
from pysnn.files import first_spike
from pysnn.files.first_spike import SavedFirstSpike
from pysnn.files.first_spike_golden import make_spike_golden
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork
from tests.golden.make_exported import SINGLE_SPIKES
from tests.unit.export.test_export import GOLDEN, sections

# Two ramps behind two inputs: the first reaches 1 at 1 / 2, the second never.
NETWORK = FirstSpikeNetwork((2,), (Dense(units=2),), (np.array([[2, -1], [0, -4]], dtype=np.float32),))


def test_every_section_is_what_the_page_says() -> None:
    golden = make_spike_golden(NETWORK, [[1.0, 0.0], [0.5, 0.5]])
    data = export_network(SavedFirstSpike(NETWORK, golden=golden), ExportOptions(source=b"s" * 32))
    assert struct.unpack_from("<8s2IQ2I", data) == (b"PYSNNEXP", 1, 2, len(data), 6, 0)
    assert data[32:64] == hashlib.sha256(data[:32] + bytes(32) + data[64:]).digest()
    network, about, prepared, given, scores, spikes = sections(data)
    # A ramp; one layer.
    assert struct.unpack_from("<4I48x", network) == (1, 0, 0, 1)
    # Dense, 1 x 1 x 2 to 1 x 1 x 2, one window of 1 x 1, stride 1, no padding, threshold 1.
    assert struct.unpack_from("<15If", network, 64) == (1, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 0, 0, 0, 0, 1.0)
    assert network[128:] == np.array([2, -1, 0, -4], dtype=np.float32).tobytes()
    # Bright, vectors, one golden sample of float32.
    assert struct.unpack_from("<6IQdI", about) == (7, 1, 0, 1, 0, 1, 0, 0.0, 0)
    assert (about[44:64], about[64:96], about[96:]) == (bytes(20), b"s" * 32, bytes(32))
    assert prepared == b""
    assert given == np.array([1, 0], dtype=np.float32).tobytes()
    assert scores == struct.pack("<2fi", -0.5, -np.inf, 0)
    digest = hashlib.sha256(np.array([0.5, np.inf], dtype=np.float32).tobytes()).digest()
    assert spikes == struct.pack("<2Q", 0, 1) + digest


def test_layers_steps_and_codings_are_written() -> None:
    ramp, step = (sections((GOLDEN / f"exported-{name}.plan").read_bytes()) for name in ("ramp", "step"))
    layers = [struct.unpack_from("<15If", ramp[0], 64 * (1 + number)) for number in range(3)]
    # A picture (2, 5, 4) is a map (5, 4, 2).
    assert layers[0] == (2, 5, 4, 2, 5, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1, 0.75)
    assert layers[1] == (3, 5, 4, 4, 2, 2, 4, 2, 2, 2, 2, 0, 0, 0, 0, 0.0)
    assert layers[2] == (1, 2, 2, 4, 1, 1, 3, 2, 2, 1, 1, 0, 0, 0, 0, 1.0)
    first, second = SINGLE_SPIKES["exported-ramp"].network.weights
    # 256 bytes of layers, 18 x 4 weights, and the next ones at a multiple of 64.
    assert ramp[0][256:] == first.tobytes() + bytes(32) + second.tobytes()
    assert struct.unpack_from("<4I", step[0]) == (2, 1, 8, 2)
    assert struct.unpack_from("<2I", step[1]) == (9, 1)
    assert struct.unpack_from("<2I", ramp[1]) == (7, 3)


def test_a_drawn_sample_does_something() -> None:
    for name, saved in SINGLE_SPIKES.items():
        given, scores, spikes = sections((GOLDEN / f"{name}.plan").read_bytes())[3:]
        assert saved.golden is None
        values = np.frombuffer(given, dtype=np.float32)
        assert (values.min(), values.max()) == (0, 1)
        size = 48
        totals = [struct.unpack_from("<2Q", spikes, at)[1] for at in range(0, len(spikes), size)]
        assert min(totals) > 0
        assert struct.unpack_from("<i", scores, len(scores) - 4)[0] >= 0


@pytest.mark.parametrize("neuron", ["falling", "slope"])
def test_neurons_with_windows_are_refused_with_the_reason(neuron: str) -> None:
    network = FirstSpikeNetwork.draw((4,), [Dense(units=2)], neuron=neuron)
    with pytest.raises(PlanError, match=f"neuron '{neuron}'.*no fixed order.*expected 'ramp' or 'step'"):
        export_network(SavedFirstSpike(network))


def test_what_files_do_not_hold_is_refused_by_name() -> None:
    with pytest.raises(PlanError, match="float32, got precision 'int8'"):
        export_network(SavedFirstSpike(NETWORK), ExportOptions("int8"))
    wide = FirstSpikeNetwork.draw((1, 1, 1), [Conv(channels=1, padding=4000, kernel=1), EarliestPool(8001)])
    with pytest.raises(CapacityError, match=r"layer 'conv1': expected at most 67108864 neurons"):
        export_network(SavedFirstSpike(wide))
    large = FirstSpikeNetwork.draw((64, 1, 1), [EarliestPool(1200, stride=1, padding=600), Dense(units=2)])
    with pytest.raises(CapacityError, match=r"layer 'earliestpool1'.*92160000"):
        export_network(SavedFirstSpike(large))


def test_the_command_writes_what_the_function_returns(tmp_path: Path) -> None:
    file, plan = tmp_path / "net.psnn", tmp_path / "net.plan"
    first_spike.save(file, NETWORK)
    done = CliRunner().invoke(app, ["export", str(file), "--out", str(plan)])
    assert done.exit_code == 0, done.output
    digest = hashlib.sha256(file.read_bytes()).digest()
    assert plan.read_bytes() == export_network(first_spike.load(file), ExportOptions(source=digest))
    done = CliRunner().invoke(app, ["export", str(file), "--out", str(plan), "--precision", "int8"])
    assert done.exit_code == 1
