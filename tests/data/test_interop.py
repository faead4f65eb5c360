"""Networks of other libraries give the spikes that these gave, on every backend; ``scripts/check_interop.py`` does the same by hand."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pysnn
from pysnn.backends import available_backends
from scripts.check_interop import Fixture, check, differing, load, neuron

FOLDER = Path(__file__).with_name("interop")
NAMES = sorted(path.stem for path in FOLDER.glob("*.npz"))

# The library shows the potential before the reset of the step.
OTHER_POTENTIALS = ("snntorch_leaky_zero_delay",)


def potentials(fixture: Fixture, layer: str) -> NDArray[np.float32]:
    """Return the potentials of one layer, given the library's own currents as frames."""
    currents = fixture.arrays[f"cur{layer}"]
    nodes = {"in": pysnn.Input((currents.shape[2],)), "n": neuron(fixture, layer), "out": pysnn.Output("count")}
    how: Any = {"coding": "frames", "steps": len(currents), "record_potentials": ["n"], "check_range": False}
    return pysnn.run(pysnn.Network.chain(nodes), currents, **how).potentials["n"].squeeze((3, 4))


def differing_potentials(fixture: Fixture) -> int:
    """Return how many potentials differ; recurrent layers have currents that are no part of the fixture."""
    if "rec_w1" in fixture.arrays or fixture.name in OTHER_POTENTIALS:
        return 0
    return sum(int(np.count_nonzero(potentials(fixture, layer) != fixture.arrays[f"mem{layer}"])) for layer in "12")


def test_there_is_one_of_each_library() -> None:
    assert {load(FOLDER / f"{name}.npz").meta["library"] for name in NAMES} == {
        "snntorch",
        "spikingjelly",
        "sinabs",
        "norse",
    }


@pytest.mark.parametrize("backend", available_backends())
@pytest.mark.parametrize("name", NAMES)
def test_every_spike_is_that_of_the_library(name: str, backend: str) -> None:
    fixture = load(FOLDER / f"{name}.npz")
    assert fixture.arrays["spk2"].any()
    assert differing(fixture, backend) == 0


@pytest.mark.parametrize("name", NAMES)
def test_potentials_are_those_of_the_library_to_the_bit(name: str) -> None:
    assert differing_potentials(load(FOLDER / f"{name}.npz")) == 0


def test_a_fixture_with_one_spike_flipped_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with np.load(FOLDER / "sinabs_iaf_multi.npz") as data:
        arrays = {name: data[name] for name in data.files}
    for name in ("good", "flipped"):
        np.savez(tmp_path / f"{name}.npz", **arrays)
        runs = len(available_backends())
        assert check(tmp_path) == (0 if name == "good" else 1)
        expected = (
            f"1 files, {runs} runs, 0 spikes"
            if name == "good"
            else f"2 files, {2 * runs} runs, {runs} spikes differ, 0 skipped"
        )
        assert expected in capsys.readouterr().out
        arrays["spk2"][7, 1, 3] ^= 1


def test_free_weights_are_counted_and_skipped_files_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with np.load(FOLDER / "sinabs_iaf_multi.npz") as data:
        arrays = {name: data[name] for name in data.files}
    meta = json.loads(arrays["meta"].tobytes())
    arrays["spk2"][7, 1, 3] ^= 1
    arrays["meta"] = np.frombuffer(json.dumps({**meta, "weights": "free"}).encode(), np.uint8)
    np.savez(tmp_path / "free.npz", **arrays)
    assert check(tmp_path) == 0
    assert "(weights are free)" in capsys.readouterr().out
    arrays["meta"] = np.frombuffer(json.dumps({**meta, "neuron": "Unheard"}).encode(), np.uint8)
    np.savez(tmp_path / "other.npz", **arrays)
    (tmp_path / "broken.npz").write_bytes(b"PK")
    assert check(tmp_path) == 1
    assert "3 files" in (said := capsys.readouterr().out)
    assert "2 skipped" in said
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    assert check(tmp_path) == 1


@pytest.mark.slow
def test_all_runs_of_other_libraries(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = data_dir.parent / "golden" / "interop"
    assert check(folder) == 0
    assert f"40 files, {40 * len(available_backends())} runs, 0 spikes differ, 0 skipped" in capsys.readouterr().out
    paths = [path for path in sorted(folder.glob("*.npz")) if not path.stem.endswith("_nir")]
    assert [path.stem for path in paths if differing_potentials(load(path))] == []
