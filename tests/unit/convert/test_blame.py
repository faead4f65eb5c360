"""One layer at a time back to the ANN's values: what is exact is exact, what is not still spikes."""

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest

from pysnn import Conv2d, DataError, Flatten, Input, Linear, Network, NetworkError, Output, ReLU, run
from pysnn.convert import ann_pass, convert
from pysnn.convert.analysis.blame import summarise_blame
from pysnn.convert.analysis.diagnosis import rank_layers
from pysnn.convert.analysis.hybrid import exact_layer
from pysnn.convert.pair import ConvertedPair
from pysnn.schemas import SCHEMAS
from pysnn.tables import make_table
from tests.unit.convert.test_recovered_ann import DATA, residual

STEPS = 5
LABELS = np.arange(20) % 4
BOTH = pytest.mark.parametrize("backend", ["auto", "reference"])


def chain() -> Network:
    rng = np.random.default_rng(3)
    return Network.chain(
        {
            "in": Input((2, 4, 4)),
            "conv": Conv2d(rng.normal(0, 0.4, (3, 2, 3, 3)), padding=1),
            "relu1": ReLU(),
            "flat": Flatten(),
            "fc": Linear(rng.normal(0, 0.3, (6, 48)), rng.normal(0, 0.2, 6)),
            "relu2": ReLU(),
            "fc2": Linear(rng.normal(0, 0.5, (4, 6))),
            "out": Output(),
        }
    )


def currents(network: Network, ann: Network, backend: str = "auto") -> dict[str, tuple[Any, Any, Any]]:
    """Return each layer's mean current, its variance over time, and the ANN's current."""
    result = run(network, DATA, steps=STEPS, probe=True, backend=backend)
    found = {}
    for name, probe in result.probes.items():
        mean = probe.current_sum[0] / STEPS
        sources = ann_pass(ann, DATA, keep=ann.sources[name])[1]
        expected = sum(sources[source] for source in ann.sources[name])
        found[name] = mean, probe.current_square_sum[0] / STEPS - mean**2, np.asarray(expected).reshape(mean.shape)
    return found


@BOTH
def test_behind_an_exact_layer_currents_are_the_anns(backend: str) -> None:
    conversion = convert(chain(), DATA)
    hybrid = exact_layer(ConvertedPair(conversion.network, conversion.ann), "relu1", "output")
    assert hybrid.neurons == ("relu2",)
    mean, variance, expected = currents(hybrid, conversion.ann, backend)["relu2"]
    np.testing.assert_allclose(mean, expected, atol=1e-5)
    assert variance.max() < 1e-8
    unchanged = currents(conversion.network, conversion.ann, backend)["relu2"]
    assert np.abs(unchanged[0] - expected).max() > 0.01
    assert unchanged[1].max() > 0.01


@BOTH
def test_a_layer_with_exact_currents_still_spikes(backend: str) -> None:
    conversion = convert(residual(), DATA)
    hybrid = exact_layer(ConvertedPair(conversion.network, conversion.ann), "relu2", "input")
    # The first layer has no reader left: both what it feeds and the shortcut beside that are copies.
    assert hybrid.neurons == ("relu2",)
    mean, variance, expected = currents(hybrid, conversion.ann, backend)["relu2"]
    np.testing.assert_allclose(mean, expected, atol=1e-5)
    assert variance.max() < 1e-8
    result = run(hybrid, DATA, steps=STEPS, record=["relu2"], backend=backend)
    assert 0 < result.spikes["relu2"].mean() < 1


def test_a_shortcut_beside_an_exact_layer_spikes_as_before() -> None:
    rng = np.random.default_rng(4)
    nodes = {
        "in": Input((2, 4, 4)),
        "conv1": Conv2d(rng.normal(0, 0.4, (3, 2, 3, 3)), padding=1),
        "relu1": ReLU(),
        "conv2": Conv2d(rng.normal(0, 0.4, (3, 3, 3, 3)), padding=1),
        "relu2": ReLU(),
        "conv3": Conv2d(rng.normal(0, 0.4, (3, 3, 3, 3)), padding=1),
        "relu3": ReLU(),
        "out": Output(),
    }
    names = list(nodes)
    ann = Network(nodes, [*pairwise(names), ("relu1", "relu3")])
    conversion = convert(ann, DATA)
    hybrid = exact_layer(ConvertedPair(conversion.network, ann), "relu2", "output")
    assert hybrid.neurons == ("relu1", "relu3")
    assert hybrid.sources["relu3"] == ("conv3", "relu1.scale")
    before = run(conversion.network, DATA, steps=STEPS, record=["relu1"]).spikes["relu1"]
    after = run(hybrid, DATA, steps=STEPS, record=["relu1"]).spikes["relu1"]
    assert np.array_equal(before, after)
    values = ann_pass(ann, DATA, keep=["conv3"])[1]["conv3"]
    scale = float(conversion.network.nodes["relu1.scale"].factor)  # type: ignore[attr-defined]
    np.testing.assert_allclose(
        currents(hybrid, ann)["relu3"][0], values + scale * before.mean(axis=0, dtype=np.float64), atol=1e-5
    )


def test_the_table_says_what_each_experiment_gains() -> None:
    conversion = convert(chain(), DATA, steps=STEPS, compare=False)
    table = conversion.blame(DATA, labels=LABELS, layers="all")
    assert table["layer"].to_list() == ["relu1", "relu2"]
    assert table["depth"].to_list() == [1, 2]
    scores, _ = ann_pass(conversion.ann, DATA)
    for row, (given, exact) in zip(
        table.to_dicts(), [(None, ("relu1", "output")), (("relu2", "input"), None)], strict=True
    ):
        for ending, what in (("", None), ("_input", given), ("_output", exact)):
            if what is None and ending:
                continue
            pair = ConvertedPair(conversion.network, conversion.ann)
            network = conversion.network if what is None else exact_layer(pair, what[0], what[1])  # type: ignore[arg-type]
            result = run(network, DATA, steps=STEPS, labels=LABELS)
            assert row[f"error{ending}"] == pytest.approx(np.sqrt(np.mean((result.scores[0] - scores) ** 2)), rel=1e-6)
            assert row[f"agreement{ending}"] == np.mean(result.predictions[0] == scores.argmax(axis=1))
            assert row[f"accuracy{ending}"] == result.accuracy[0]
    first, last = table.to_dicts()
    # The first layer's current is exact anyway, and behind the last layer nothing is lost any more.
    assert first["error_input"] == first["error"]
    assert (last["error_output"], last["agreement_output"]) == (0.0, 1.0)
    assert last["accuracy_output"] == np.mean(scores.argmax(axis=1) == LABELS)
    # In a chain, what leaves one layer is all that enters the next.
    assert first["error_output"] == pytest.approx(last["error_input"], rel=1e-5)


def test_several_steps_names_and_numbers_of_layers() -> None:
    conversion = convert(residual(), DATA, per_channel=True)
    table = conversion.blame(DATA, [2, 8], layers=["relu2", "relu1"])
    assert list(zip(table["steps"], table["layer"], strict=True)) == [
        (2, "relu1"),
        (2, "relu2"),
        (8, "relu1"),
        (8, "relu2"),
    ]
    assert table["accuracy"].null_count() == 4
    worst = rank_layers(conversion.errors(DATA, 8))[0]
    assert conversion.blame(DATA, [2, 8], layers=1)["layer"].unique().to_list() == [worst]


def test_progress_goes_up_to_the_end() -> None:
    conversion = convert(chain(), DATA)
    calls: list[tuple[int, int]] = []
    conversion.blame(DATA, 2, layers=["relu1"], batch_size=7, progress=lambda *done: calls.append(done))
    assert calls == sorted(calls)
    assert calls[-1] == (60, 60)


def test_upper_bounds_are_part_of_the_exact_values() -> None:
    conversion = convert(chain().replace({"relu1": ReLU(max=0.25)}), DATA, "max-norm", steps=64)
    hybrid = exact_layer(ConvertedPair(conversion.network, conversion.ann), "relu1", "output")
    mean, _, expected = currents(hybrid, conversion.ann)["relu2"]
    np.testing.assert_allclose(mean, expected, atol=1e-5)
    assert ann_pass(conversion.ann, DATA, keep=["relu1"])[1]["relu1"].max() == 0.25


def test_a_planted_fault_is_found() -> None:
    """A threshold far too low in one layer: the table and the experiment name it alike."""
    ann = residual()
    good = convert(ann, DATA, "max-norm")
    low = good.network.nodes["relu1"].v_threshold / 8  # type: ignore[attr-defined]
    from pysnn.convert import Conversion, diagnose
    from pysnn.convert.rewrite import spiking_network

    high = good.network.nodes["relu2"].v_threshold  # type: ignore[attr-defined]
    bad = Conversion(spiking_network(ann, {"relu1": low, "relu2": high}), ann, "planted", {}, good.calibration, 16)
    found = diagnose(bad.errors(DATA))
    assert (found.layer, found.kind) == ("relu1", "clipping")
    table = bad.blame(DATA, layers="all")
    row = table.row(0, named=True)
    assert row["error_output"] < row["error_input"] / 4
    assert "'relu1' does the most harm itself" in summarise_blame(table)


def blamed(**columns: Any) -> dict[str, Any]:
    row = dict.fromkeys(SCHEMAS["blame"], 0.5) | {"method": "m", "layer": "relu1", "depth": 1, "steps": 4, "samples": 8}
    return {**row, **columns}


def test_the_sentence_names_the_layer_that_does_harm_and_not_the_one_that_was_given_it() -> None:
    rows = [
        blamed(layer="given", error=4.0, error_input=1.0, error_output=0.9),
        blamed(
            layer="worst", error=4.0, error_input=3.0, error_output=2.0, agreement_input=0.25, agreement_output=0.75
        ),
    ]
    assert summarise_blame(make_table("blame", rows)) == (
        "Of 2 layers tried, 'worst' does the most harm itself: the output's error is 4 (50.0 % agree) unchanged, "
        "3 (25.0 % agree) with exact currents into the layer, 2 (75.0 % agree) with its exact values."
    )
    cancelling = [*rows, blamed(layer="cancels", error=4.0, error_input=9.0, error_output=5.0)]
    assert "'worst' does the most harm" in summarise_blame(make_table("blame", cancelling))
    harmless = make_table("blame", [blamed(error_input=1.0, error_output=1.5)])
    assert summarise_blame(harmless).startswith("Of 1 layer tried, none does harm by itself")
    both = pl.concat([make_table("blame", [blamed(steps=2, layer="early", error_output=0.1)]), harmless])
    assert "'early'" in summarise_blame(both, steps=2)
    with pytest.raises(DataError, match="no row for 3 steps"):
        summarise_blame(harmless, steps=3)
    with pytest.raises(DataError, match="empty"):
        summarise_blame(make_table("blame", []))


def test_what_is_refused() -> None:
    conversion = convert(chain(), DATA)
    with pytest.raises(DataError, match="blame: expected a number of time-steps"):
        conversion.blame(DATA)
    with pytest.raises(DataError, match=r"'precision' is not free here.*float32"):
        conversion.blame(DATA, 4, layers=["relu1"], precision="int8")
    with pytest.raises(DataError, match="there is no layer of neurons 'relu9'; there are relu1, relu2"):
        conversion.blame(DATA, 4, layers=["relu9"])
    with pytest.raises(DataError, match="expected a number, names or 'all', got 'some'"):
        conversion.blame(DATA, 4, layers="some")
    with pytest.raises(DataError, match="layers must be an integer in 1"):
        conversion.blame(DATA, 4, layers=0)
    with pytest.raises(DataError, match="labels"):
        conversion.blame(DATA, 4, labels=[1, 2])
    pair = ConvertedPair(conversion.network, conversion.ann)
    with pytest.raises(NetworkError, match="there is no layer of neurons 'conv'"):
        exact_layer(pair, "conv", "output")
    taken = Network.chain({"in": Input((2,)), "relu": ReLU(), "ann.relu": Linear(np.eye(2)), "out": Output()})
    other = convert(taken, np.ones((2, 2), dtype=np.float32))
    with pytest.raises(NetworkError, match=r"Linear 'ann.relu': the copy of the ANN needs this name"):
        other.blame(np.ones((2, 2), dtype=np.float32), 4, layers=["relu"])
