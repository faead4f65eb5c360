"""Graphs that four libraries wrote give these libraries' spikes, on every backend, and come back whole from a file of our own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pysnn
from pysnn import LossyExportError
from pysnn.backends import available_backends
from pysnn.errors import DataError
from pysnn.importers.nir import ImportedNir, load, save
from tests.unit.importers.nir.graphs import NAMES, said, unpacked


def library(name: str) -> str:
    return name.partition("_")[0]


def imported(name: str, path: Path) -> ImportedNir:
    return load(path, library(name), **said(name))


def differing(found: ImportedNir, path: Path, backend: str = "auto") -> int:
    with np.load(path.with_name(f"{path.stem}_nir.npz")) as run:
        x, expected = run["x"], run["spk"]
    assert expected.any()
    last = found.network.sources[found.network.output_name][0]
    how: Any = {"coding": "spikes", "steps": len(x), "dt": found.dt, "backend": backend}
    got = pysnn.run(found.network, x, record=[last], **how).spikes[last].squeeze((3, 4))
    return int(np.count_nonzero(got != expected))


def test_there_are_graphs_of_each_library() -> None:
    assert len(NAMES) == 13
    assert {library(name) for name in NAMES} == {"snntorch", "spikingjelly", "sinabs", "norse"}


@pytest.mark.parametrize("name", NAMES)
def test_every_spike_is_that_of_the_writer(name: str, tmp_path: Path) -> None:
    path = unpacked(name, tmp_path)
    found = imported(name, path)
    assert {backend: differing(found, path, backend) for backend in available_backends()} == dict.fromkeys(
        available_backends(), 0
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_graph_that_was_read_is_written_and_read_again(name: str, tmp_path: Path) -> None:
    network = imported(name, unpacked(name, tmp_path)).network
    again = tmp_path / "again.nir"
    save(again, network, library(name), allow_loss="subtract" in name)
    assert imported(name, again).network == network


def test_a_reset_that_files_have_no_word_for_is_no_part_of_an_export(tmp_path: Path) -> None:
    network = imported("snntorch_leaky_subtract", unpacked("snntorch_leaky_subtract", tmp_path)).network
    with pytest.raises(
        LossyExportError, match=r"DiscreteLIF '1': reset subtract would be read back as zero.*DiscreteLIF '3'"
    ):
        save(tmp_path / "again.nir", network, "snntorch")
    assert not (tmp_path / "again.nir").exists()


@pytest.mark.parametrize("other", ["value", "none"])
def test_another_reset_gives_other_spikes(other: str, tmp_path: Path) -> None:
    path = unpacked("snntorch_leaky_subtract", tmp_path)
    assert differing(load(path, "snntorch", reset=other), path) > 0


def test_the_reset_of_snntorch_has_to_be_said(tmp_path: Path) -> None:
    path = unpacked("snntorch_leaky_zero", tmp_path)
    with pytest.raises(DataError, match=r"leaky_zero.nir: LIF '1': the profile 'snntorch' needs reset"):
        load(path, "snntorch")


def test_what_was_taken_is_said(tmp_path: Path) -> None:
    assert "MultiSpike" in imported("sinabs_iaf", unpacked("sinabs_iaf", tmp_path)).notes[0]
    notes = imported("snntorch_rleaky_zero", unpacked("snntorch_rleaky_zero", tmp_path)).notes
    assert "reset_delay=True" in notes[0]
    assert notes[1].endswith("behind 1.lif")
    assert (
        load(tmp_path / "sinabs_iaf.nir", "sinabs", max_spikes=255, reset="subtract", norm_input=True, floor=-9.0).notes
        == ()
    )
