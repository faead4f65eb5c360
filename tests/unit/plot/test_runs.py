"""Plots of runs, trainings, weights and sweeps: the numbers that are drawn are those of runs counted by hand, and bad input is named."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest

from pysnn import IF, Conv2d, DataError, FirstSpike, Input, Linear, Network, Output, run
from pysnn.tables import make_table

pytest.importorskip("matplotlib")

from pysnn.plot import (
    accuracy_against_operations,
    confusion_matrix,
    layer_rates,
    layer_weights,
    pareto_front,
    potentials,
    sweep_results,
    training_history,
    weight_ranges,
)
from pysnn.schemas import SCHEMAS

NET = Network.chain({"in": Input((3,)), "if": IF(), "out": Output("count")})
X = np.array([[1.0, 0.5, 0.0], [0.25, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=np.float32)
Y = [0, 1, 2, 1]


def spiking(**options: Any) -> Any:
    return run(NET, X, steps=[2, 4], labels=Y, backend="reference", **options)


def xs(line: Any) -> list[float]:
    found: list[float] = np.asarray(line.get_xdata(), dtype=float).tolist()
    return found


def ys(line: Any) -> list[float]:
    found: list[float] = np.asarray(line.get_ydata(), dtype=float).tolist()
    return found


def widths(axes: Any) -> list[float]:
    return [float(bar.get_width()) for bar in axes.patches]


def texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize(("steps", "spikes", "silent"), [(4, 4 + 2 + 1 + 4, 8), (2, 2 + 1 + 0 + 2, 9), (None, 11, 8)])
def test_rates_are_spikes_over_neurons_samples_and_steps(steps: int | None, spikes: int, silent: int) -> None:
    axes = layer_rates(spiking(), steps)
    assert widths(axes) == [pytest.approx(spikes / (3 * 4 * (steps or 4)))]
    assert texts(axes) == [f"{100 * silent / 12:.0f} % silent"]


def test_rates_of_windows_are_spikes_over_neurons_and_samples() -> None:
    net = Network.chain({"in": Input((3,)), "n": FirstSpike(1.0, window=4), "fc": Linear(np.eye(3)), "out": Output()})
    result = run(net, X, labels=Y, record=["n"], backend="reference")
    axes = layer_rates(result)
    fired = np.count_nonzero(result.spikes["n"])
    assert fired > 0
    assert widths(axes) == [pytest.approx(fired / 12)]
    assert "windows of 4 steps" in axes.get_title()
    assert axes.get_xlabel() == "spikes a neuron in its window"


def test_the_confusion_matrix_has_every_sample_once() -> None:
    result = spiking()
    for steps in (2, 4):
        predicted = result.predictions[result.steps.index(steps)]
        expected = [[sum(1 for a, b in zip(Y, predicted, strict=True) if (a, b) == (row, column)) for column in (0, 1, 2, -1)] for row in range(3)]  # fmt: skip
        axes = confusion_matrix(result, steps)
        assert axes.images[0].get_array().tolist() == expected  # type: ignore[union-attr]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "2", "none"]
        assert sum(int(text) for text in texts(axes)) == 4
    table = result.confusion(4).to_dicts()
    assert sum(row["samples"] for row in table) == 4
    assert {"label": 2, "predicted": -1, "samples": 1} in table


def test_classes_have_names() -> None:
    axes = confusion_matrix(spiking(), classes=["cat", "dog", "emu"])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "emu"]


def test_potentials_are_those_that_were_recorded() -> None:
    result = spiking(record_potentials=["if"], record=["if"])
    axes = potentials(result, "if", neurons=[1, 0])
    labelled = {line.get_label(): line for line in axes.lines}
    assert ys(labelled["neuron 1"]) == [0.5, 0.0, 0.5, 0.0]
    assert xs(labelled["neuron 1"]) == [1, 2, 3, 4]
    ticks = [[int(part[0, 0]) for part in drawn.get_segments()] for drawn in axes.collections]  # type: ignore[attr-defined]
    assert ticks == [[2, 4], [1, 2, 3, 4]]


def test_potentials_of_int8_runs_have_integer_units() -> None:
    net = Network.chain({"in": Input((3,)), "fc": Linear(np.eye(3)), "if": IF(), "out": Output("count")})
    result = run(net, X, steps=4, record_potentials=["if"], precision="int8", backend="reference")
    assert potentials(result, "if").get_ylabel() == "membrane potential (integer units)"


def history(**columns: list[Any]) -> pl.DataFrame:
    count = len(next(iter(columns.values())))
    row: dict[str, Any] = dict.fromkeys(SCHEMAS["training"])
    rows = [{**row, "epoch": k + 1, **{name: values[k] for name, values in columns.items()}} for k in range(count)]
    return make_table("training", rows)


def test_a_history_shows_what_it_has() -> None:
    axes = training_history(history(accuracy=[0.1, 0.5, 0.7], validation_accuracy=[0.2, None, 0.4], loss=[np.nan] * 3))
    lines = {line.get_label(): line for line in axes.lines}
    assert list(lines) == ["training samples", "validation samples"]
    assert xs(lines["validation samples"]) == [1, 3]
    assert "best accuracy on validation samples: 40.00 %" in axes.get_title()
    assert len(axes.figure.axes) == 1, "no axis for a loss that there is not"


def test_a_history_may_have_a_loss_alone() -> None:
    axes = training_history(history(loss=[3.0, 2.0]))
    left, right = axes.figure.axes
    assert (len(left.lines), ys(right.lines[0])) == (0, [3.0, 2.0])


def test_weights_are_a_picture_with_zero_in_the_middle() -> None:
    net = Network.chain({"in": Input((2,)), "fc": Linear([[0.5, -2.0]]), "out": Output()})
    image = layer_weights(net, "fc").images[0]
    assert image.get_array().tolist() == [[0.5, -2.0]]  # type: ignore[union-attr]
    assert image.get_clim() == (-2.0, 2.0)


def test_filters_lie_side_by_side() -> None:
    weight = np.arange(2 * 3 * 2 * 2, dtype=np.float32).reshape(2, 3, 2, 2)
    net = Network.chain({"in": Input((3, 4, 4)), "conv": Conv2d(weight), "out": Output()})
    picture = np.asarray(layer_weights(net, "conv").images[0].get_array().filled(np.nan))  # type: ignore[union-attr]
    assert picture.shape == (2 * 3 - 1, 3 * 3 - 1)
    for out, channel in product(range(2), range(3)):
        assert np.array_equal(picture[3 * out : 3 * out + 2, 3 * channel : 3 * channel + 2], weight[out, channel])
    assert np.isnan(picture[2]).all()


def test_boxes_are_percentiles_of_all_weights() -> None:
    weight = np.arange(101, dtype=np.float32)[None]
    net = Network.chain({"in": Input((101,)), "fc": Linear(weight), "out": Output()})
    axes = weight_ranges(net)
    drawn = sorted({float(x) for line in axes.lines[:-1] for x in np.asarray(line.get_xdata(), dtype=float)})
    assert drawn == [0.0, 1.0, 25.0, 50.0, 75.0, 99.0, 100.0]


def test_operations_are_those_of_the_table() -> None:
    axes = accuracy_against_operations(spiking().table().with_columns(synops=pl.Series([3.0, 40.0])))
    assert xs(axes.lines[0]) == [3.0, 40.0]
    assert texts(axes) == ["T = 2", "T = 4"]


def test_the_front_is_what_brute_force_finds() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        points = rng.integers(1, 8, (12, 2))
        table = pl.DataFrame({"synops": points[:, 0], "accuracy": points[:, 1] / 10})
        line = pareto_front(table).lines[-1]
        found = set(zip(np.asarray(line.get_xdata()).tolist(), np.round(np.asarray(line.get_ydata()) / 10).tolist(), strict=True))  # fmt: skip
        better = {
            (x, y) for x, y in points.tolist()
            if not any((a <= x and b >= y) and (a, b) != (x, y) for a, b in points.tolist())
        }  # fmt: skip
        assert found == better


def test_a_sweep_has_means_and_ranges() -> None:
    table = pl.DataFrame({"steps": [2, 2, 4, 4], "accuracy": [0.2, 0.4, 0.6, None], "method": ["a"] * 4})
    axes = sweep_results(table)
    assert ys(axes.lines[0]) == pytest.approx([30.0, 60.0])
    (band,) = axes.collections
    heights = np.asarray(band.get_paths()[0].vertices)[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((20.0, 60.0))


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "no such steps": (lambda: layer_rates(spiking(), 3), r"expected one of the steps \[2, 4\], got 3"),
    "no such read": (lambda: confusion_matrix(spiking(), 3), r"expected one of the steps \[2, 4\], got 3"),
    "no labels": (lambda: confusion_matrix(run(NET, X, steps=2, backend="reference")), "the run had no labels"),
    "classes": (lambda: confusion_matrix(spiking(), classes=["a"]), "expected 3 names of classes, got 1"),
    "not recorded": (lambda: potentials(spiking(), "if"), r"record_potentials=\['if'\]"),
    "no sample": (lambda: potentials(spiking(record_potentials=["if"]), "if", 9), r"a sample in 0\.\.3, got 9"),
    "no neuron": (
        lambda: potentials(spiking(record_potentials=["if"]), "if", neurons=[3]),
        r"neurons in 0\.\.2, got \[3\]",
    ),
    "no weights": (lambda: layer_weights(NET, "if"), "expected one of none, got 'if'"),
    "no weights at all": (lambda: weight_ranges(NET), "a network with weights"),
    "no neurons": (
        lambda: layer_rates(
            run(Network.chain({"in": Input((3,)), "fc": Linear(np.eye(3)), "out": Output()}), X, steps=2, backend="reference")
        ),
        "no spiking neurons",
    ),
    "empty history": (lambda: training_history(history(loss=[None])), "an accuracy or a loss, got none"),
    "no column": (lambda: sweep_results(pl.DataFrame({"steps": [1]})), "no column 'accuracy'; it has steps"),
    "words": (
        lambda: pareto_front(pl.DataFrame({"synops": ["a"], "accuracy": [1.0]})),
        "expected numbers in the column 'synops'",
    ),
    "nothing": (
        lambda: pareto_front(pl.DataFrame({"synops": [1.0], "accuracy": [None]}, schema={"synops": pl.Float64, "accuracy": pl.Float64})),
        "no row of the table has both",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case: str) -> None:
    call, message = BAD[case]
    with pytest.raises(DataError, match=message):
        call()
