"""The quickstart: what it writes, and that the numbers are those of plain runs."""

import builtins
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pysnn import BackendError, Simulator, run
from pysnn.datasets import load_digits
from pysnn.datasets.npz import load_data
from pysnn.files.first_spike import load as load_first_spike
from pysnn.files.psnn import load
from pysnn.first_spike import evaluate
from pysnn.quickstart import STEPS, QuickstartResult, quickstart
from pysnn.schemas import SCHEMAS
from pysnn.tables import read_metadata


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> QuickstartResult:
    return quickstart(tmp_path_factory.mktemp("quickstart"), backend="reference")


@pytest.mark.slow
def test_every_number_of_steps_in_both_precisions(result: QuickstartResult) -> None:
    assert list(result.table.columns) == list(SCHEMAS["run"])
    assert result.table["steps"].to_list() == [1, 2, 4, 8, 16, 32] * 2
    assert result.table["precision"].to_list() == ["float32"] * 6 + ["int8"] * 6
    assert set(result.table["samples"]) == {500}
    assert result.table["ms_per_sample"].null_count() == 0
    assert (result.table["ms_per_sample"] > 0).all()
    assert set(result.table["ann_macs"]) == {64 * 64 * 2 + 640}


@pytest.mark.slow
def test_accuracy_comes_close_to_the_ann(result: QuickstartResult) -> None:
    assert set(result.table["ann_accuracy"]) == {0.976}
    for precision in ("float32", "int8"):
        accuracy = result.table.filter(pl.col("precision") == precision)["accuracy"].to_list()
        assert accuracy[0] > 0.8
        assert min(accuracy[3:]) >= 0.97


@pytest.mark.slow
def test_operations_grow_with_the_steps(result: QuickstartResult) -> None:
    for precision in ("float32", "int8"):
        rows = result.table.filter(pl.col("precision") == precision)
        assert rows["synops"].is_sorted()
        assert rows["spikes_per_neuron"].is_sorted()
        assert rows["macs"].n_unique() == 1


def test_the_layer_errors_and_the_cost_of_int8(result: QuickstartResult) -> None:
    assert result.errors["layer"].to_list() == ["relu1", "relu2"] * 6
    assert result.errors["steps"].to_list() == [t for t in STEPS for _ in range(2)]
    totals = result.errors.filter(pl.col("layer") == "relu2")["e_total"].to_list()
    assert totals == sorted(totals, reverse=True)
    assert result.quantisation["steps"].to_list() == list(STEPS)
    assert result.quantisation["agreement"].to_numpy().min() > 0.95


def test_the_tables_are_in_the_files_with_their_making(result: QuickstartResult) -> None:
    for name, frame in (("run", result.table), ("errors", result.errors), ("quantisation", result.quantisation)):
        assert pl.read_parquet(result.files[name]).equals(frame)
        known = read_metadata(result.files[name])
        assert known["method"] == "percentile"
        assert known["backend"] == "reference"
        assert known["calibration.samples"] == 1297
        assert known == result.meta


def test_the_saved_network_repeats_the_run(result: QuickstartResult) -> None:
    saved = load(result.files["network"])
    saved.verify(backend="reference")
    data = load_data(result.files["data"])
    assert saved.provenance["ann_accuracy"] == 0.976
    assert saved.provenance["ann_accuracy_data"] == data.digest
    again = run(saved.network, data.x, labels=data.y, steps=STEPS, backend="reference", **saved.settings.options)
    assert list(again.accuracy) == result.table["accuracy"].to_list()[:6]


@pytest.mark.slow
def test_each_row_is_the_prefix_of_the_long_run(result: QuickstartResult) -> None:
    network, x = load(result.files["network"]).network, load_digits().x_test[:100]
    for precision in ("float32", "int8"):
        simulator = Simulator(network, precision=precision, backend="reference")
        long = simulator.run(x, steps=STEPS)
        for i, steps in enumerate(STEPS):
            alone = simulator.run(x, steps=steps)
            assert np.array_equal(alone.scores[0], long.scores[i])
            assert np.array_equal(alone.counts[0], long.counts[i])


def test_the_trained_network_decides_early_and_is_saved(result: QuickstartResult) -> None:
    (row,) = result.first_spike.to_dicts()
    assert row["accuracy"] > 0.95
    assert row["additions_decision"] < row["additions_end"] < row["dense_macs"]
    assert pl.read_parquet(result.files["first_spike"]).equals(result.first_spike)
    saved = load_first_spike(result.files["first_spike_network"])
    saved.verify(backend="reference")
    digits = load_digits()
    assert evaluate(saved.network, digits.x_test, digits.y_test).table().equals(result.first_spike)


def test_the_plot_is_there(result: QuickstartResult) -> None:
    pytest.importorskip("matplotlib")
    for kind in ("plot", "first_spike_plot"):
        assert result.files[kind].read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert result.notes == ()


@pytest.mark.slow
def test_without_matplotlib_a_sentence_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    result = quickstart(tmp_path, backend="reference")
    assert {"plot", "first_spike_plot"}.isdisjoint(result.files)
    assert len(result.notes) == 1
    assert "pip install 'pysnn[plot]'" in result.notes[0]


@pytest.mark.slow
def test_it_takes_seconds_and_replaces_its_files(tmp_path: Path) -> None:
    started = time.process_time()
    first = quickstart(tmp_path / "out", backend="reference")
    # Of the processor: what else a machine does is not the quickstart's.
    assert time.process_time() - started < 10
    before = sorted(path.name for path in (tmp_path / "out").iterdir())
    second = quickstart(tmp_path / "out", backend="reference")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == before
    assert first.errors.equals(second.errors)
    assert first.files == second.files


def test_an_unknown_backend_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="backend must be one of"):
        quickstart(tmp_path, backend="gpu")
