"""The sentences of a diagnosis, on tables made by hand."""

from typing import Any

import pytest

from pysnn import DataError
from pysnn.convert import diagnose
from pysnn.convert.analysis.diagnosis import rank_layers
from pysnn.schemas import SCHEMAS
from pysnn.tables import make_table


def row(depth: int, steps: int = 4, **columns: Any) -> dict[str, Any]:
    """Return a layer with signal 1 and no error but what is said."""
    found: dict[str, Any] = dict.fromkeys(SCHEMAS["errors"], 0.0)
    found |= {"method": "m", "layer": f"relu{depth}", "depth": depth, "steps": steps, "window": None, "samples": 8}
    found |= {"threshold": 2.0, "signal": 1.0, **columns}
    parts = [found[name] for name in ("e_p", "e_c", "e_q", "e_d")]
    return {**found, "e_total": columns.get("e_total", sum(part**2 for part in parts) ** 0.5)}


def table(*rows: dict[str, Any]) -> Any:
    return make_table("errors", rows)


def test_clipping_in_one_layer() -> None:
    found = diagnose(table(row(1, e_c=0.6, e_q=0.1), row(2, e_p=0.5, e_q=0.1, e_d=0.2), row(3, e_p=0.7, e_d=0.1)))
    assert (found.layer, found.depth, found.layers, found.kind, found.steps) == ("relu1", 1, 3, "clipping", 4)
    assert found.ratio == pytest.approx(0.6)
    assert found.share == pytest.approx(0.37 / (0.37 + 0.05 + 0.01))
    assert found.larger_from is None
    assert str(found) == (
        "At T = 4, clipping in 'relu1' (layer 1 of 3) dominates: 60 % of its signal, 86 % of all own errors squared. "
        "Raise the threshold: a higher percentile, max-norm, or error-min for this number of steps; "
        "per channel if a few channels are much larger than the others."
    )


def test_inherited_errors_are_not_the_layers_own() -> None:
    found = diagnose(table(row(1, e_q=0.3), row(2, e_p=5.0, e_q=0.1)))
    assert (found.layer, found.kind) == ("relu1", "quantisation")
    assert found.larger_from == "relu2"
    assert "In 'relu2' (layer 2 of 2) the error is larger than the signal for the first time." in found.finding


def test_errors_are_over_the_signal_of_their_layer() -> None:
    loud, quiet = row(1, signal=100.0, e_c=5.0), row(2, signal=0.01, threshold=0.02, e_d=0.005)
    found = diagnose(table(loud, quiet))
    assert (found.layer, found.kind, found.ratio) == ("relu2", "deviation", 0.5)


def test_quantisation_says_how_many_steps_would_do() -> None:
    found = diagnose(table(row(1, e_q=0.5), row(2)))
    assert found.advice == (
        "Take more steps (it falls like 1/T: about 20 for a tenth of the signal), or lower the threshold: error-min for "
        "this number of steps, ltb, a lower percentile, one threshold per channel."
    )
    assert "more than 1024" in diagnose(table(row(1, steps=64, e_q=5.0))).advice


def test_a_shift_of_the_mean_is_told_apart() -> None:
    low = diagnose(table(row(1, e_q=0.5, bias_q=-0.4)))
    assert "64 % of its square is a shift of the mean: a higher initial potential" in low.advice
    assert "a lower initial potential" in diagnose(table(row(1, e_q=0.5, bias_q=0.4))).advice
    assert "shift" not in diagnose(table(row(1, e_q=0.5, bias_q=-0.2))).advice
    shifted = diagnose(table(row(1, e_d=0.5, bias_d=0.4)))
    assert shifted.advice.endswith("64 % of its square is a shift of the mean: calibrating the bias takes that away.")
    assert "bias" not in diagnose(table(row(1, e_d=0.5, bias_d=0.1))).advice


def test_deviation_falls_slower() -> None:
    found = diagnose(table(row(1, e_q=0.1), row(2, steps=4, e_d=0.5)))
    assert found.finding.startswith("At T = 4, deviation in 'relu2' (layer 2 of 2) dominates: 50 % of its signal, 96 %")
    # 4 * 5 ** (1 / 0.67) = 44.2
    assert "(it falls slower than 1/T: about 45 for a tenth of the signal)" in found.advice
    assert "lower thresholds in the layers before it" in found.advice


def test_an_error_that_is_everywhere_is_not_pinned_on_one_layer() -> None:
    rows = [row(d, e_q=0.2, e_d=0.3 + d / 100, e_p=0.1 * d) for d in range(1, 20)]
    found = diagnose(table(*rows))
    assert found.kind == "deviation"
    assert found.layer == "relu19"
    assert found.share < 0.1
    assert found.finding.startswith("At T = 4, no layer dominates, the error adds up: 8")
    assert "is deviation, the most in 'relu19' (layer 19 of 19): 49 % of its signal." in found.finding


def test_a_silent_layer_is_named_before_those_behind_it() -> None:
    found = diagnose(table(row(1, e_q=0.2), row(2, e_q=1.0, silent=1.0), row(3, e_p=1.0, silent=1.0)))
    assert (found.layer, found.kind) == ("relu2", "silent")
    assert found.finding == (
        "At T = 4, 'relu2' (layer 2 of 3) is silent: none of its neurons fires, and the layers behind get nothing from it."
    )
    assert found.advice.startswith("Lower its threshold")
    assert "initial potential" in found.advice


def test_a_saturated_layer() -> None:
    found = diagnose(table(row(1, e_c=0.8, saturated=1.0), row(2, e_p=0.8)))
    assert found.finding.startswith("At T = 4, 'relu1' (layer 1 of 2) is saturated: its neurons fire at every step")
    assert found.advice.startswith("Raise its threshold")


def test_layers_that_are_rightly_silent_or_saturated_are_not_blamed() -> None:
    silent = diagnose(table(row(1, signal=0.0, silent=1.0), row(2, e_c=0.5)))
    saturated = diagnose(table(row(1, steps=1, saturated=1.0), row(2, steps=1, e_c=0.5)))
    assert (silent.layer, saturated.layer) == ("relu2", "relu2")


def test_a_good_conversion_is_called_one() -> None:
    found = diagnose(table(row(1, e_q=0.02), row(2, e_p=0.03, e_q=0.02, e_d=0.01)))
    assert found.kind == "none"
    assert found.finding == (
        "At T = 4, no layer loses much: the largest error is 3.7 % of the signal, in 'relu2' (layer 2 of 2)."
    )
    perfect = diagnose(table(row(1)))
    assert (perfect.kind, perfect.ratio, perfect.share) == ("none", 0.0, 0.0)


def test_noise_in_a_layer_that_the_ann_never_uses_is_over_its_threshold() -> None:
    found = diagnose(table(row(1, signal=0.0, threshold=0.5, e_d=0.25), row(2, e_q=0.1)))
    assert (found.layer, found.ratio) == ("relu1", 0.5)


def test_the_number_of_steps_is_the_largest_or_the_one_that_is_wanted() -> None:
    both = table(row(1, steps=2, e_q=0.9), row(1, steps=8, e_c=0.3))
    assert (diagnose(both).steps, diagnose(both).kind) == (8, "clipping")
    assert (diagnose(both, steps=2).steps, diagnose(both, 2).kind) == (2, "quantisation")


def test_layers_are_ranked_by_their_own_errors() -> None:
    rows = [row(1, e_q=0.2), row(2, e_p=9.0), row(3, e_c=0.2, e_d=0.2)]
    assert rank_layers(table(*rows)) == ["relu3", "relu1", "relu2"]


def test_what_is_refused() -> None:
    with pytest.raises(DataError, match=r"one of the steps \[4\], got 5"):
        diagnose(table(row(1)), steps=5)
    with pytest.raises(DataError, match="the table is empty"):
        diagnose(table())
    with pytest.raises(DataError, match="several methods: m, other"):
        diagnose(table(row(1), {**row(1), "method": "other"}))
    with pytest.raises(DataError, match="of the schema 'errors', got one without 'method'"):
        diagnose(make_table("quantisation", []))
