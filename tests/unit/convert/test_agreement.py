"""A conversion says how far it agrees with its ANN, and warns where that is little."""

import warnings
from typing import Any

import numpy as np
import pytest

from pysnn import Input, Linear, Network, Output, ReLU, run
from pysnn.ann import ann_pass
from pysnn.convert import convert
from pysnn.convert.agreement import Agreement, few_samples
from pysnn.convert.calibration import sorted_samples
from pysnn.convert.plausible import odd_accuracy
from pysnn.datasets import load_digits, load_digits_mlp
from pysnn.errors import DataError

DIGITS = load_digits()


def regression(scale: float = 1.0) -> Network:
    rng = np.random.default_rng(0)
    nodes: dict[str, Any] = {
        "in": Input((4,)),
        "fc1": Linear(rng.standard_normal((32, 4))),
        "relu": ReLU(),
        "fc2": Linear(scale * rng.standard_normal((1, 32))),
        "out": Output(),
    }
    return Network.chain(nodes)


def test_agreement_is_measured_and_saved() -> None:
    conversion = convert(load_digits_mlp(), DIGITS.x_train, steps=32, per_channel=True)
    found = conversion.agreement
    assert found is not None
    few = sorted_samples(DIGITS.x_train)[0][np.arange(256) * 1297 // 256]
    ours, theirs = run(conversion.network, few, steps=32).scores[0], ann_pass(conversion.ann, few)[0]
    assert found.samples == 256
    assert found.highest == np.mean(ours.argmax(axis=1) == theirs.argmax(axis=1))
    assert found.lowest == np.mean(ours.argmin(axis=1) == theirs.argmin(axis=1))
    assert found.error == pytest.approx(np.abs(ours - theirs).max() / np.ptp(theirs), rel=1e-5)
    assert not found.poor
    assert conversion.provenance["agreement"] == found.highest
    assert conversion.provenance["agreement.samples"] == 256


def test_the_order_of_the_data_changes_nothing() -> None:
    order = np.random.default_rng(0).permutation(len(DIGITS.x_train))
    ann = load_digits_mlp().with_data_range(None)
    first, second = (convert(ann, x, steps=32) for x in (DIGITS.x_train, DIGITS.x_train[order]))
    assert first.provenance == second.provenance
    assert first.network.input.data_range == second.network.input.data_range


def test_little_agreement_is_warned_of_with_what_to_try() -> None:
    with pytest.warns(
        UserWarning, match=r"agreement with the ANN on 256 samples at T = 1: .*; try more steps"
    ) as found:
        conversion = convert(load_digits_mlp(), DIGITS.x_train, "max-norm", steps=1)
    text = str(found[0].message)
    assert len(found) == 1
    assert conversion.agreement is not None
    assert conversion.agreement.poor
    assert "per_channel=True" in text
    assert "percentile" in text
    assert "pysnn diagnose" in text


def test_without_steps_or_wish_nothing_is_measured() -> None:
    assert convert(load_digits_mlp(), DIGITS.x_train).agreement is None
    assert convert(load_digits_mlp(), DIGITS.x_train, "max-norm", steps=1, compare=False).agreement is None
    with pytest.raises(DataError, match="compared: expected a number of time-steps"):
        convert(load_digits_mlp(), DIGITS.x_train).compared(DIGITS.x_train)


def test_one_score_is_judged_by_its_largest_error() -> None:
    x = np.random.default_rng(1).random((100, 4)).astype(np.float32)
    conversion = convert(regression(), x, "max-norm", steps=256)
    assert conversion.agreement is not None
    assert conversion.agreement.highest is None
    assert conversion.agreement.error < 0.05
    assert "agreement" not in conversion.agreement.facts
    with pytest.warns(UserWarning, match=r"difference to the ANN on 100 samples at T = 2: largest error"):
        convert(regression(), x, "max-norm", steps=2)


def test_networks_that_decide_by_the_lowest_score_are_judged_by_that() -> None:
    assert Agreement(8, 100, 1.0, 0.5, 0.1, decides_by_lowest=True).poor
    assert not Agreement(8, 100, 1.0, 0.5, 0.1).poor
    assert not Agreement(8, 10, 0.7, 1.0, 0.1).poor
    rng = np.random.default_rng(2)
    x = rng.random((200, 4)).astype(np.float32)
    costs = np.concatenate([rng.random((4, 32)) * 0.1, np.ones((1, 32))])
    ann = regression().replace({"fc2": Linear(costs - 0.05 * costs.mean(axis=0))})
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        found = convert(ann, x, "max-norm", steps=4).agreement
    assert found is not None
    assert found.highest == 1.0
    assert found.decides_by_lowest == (np.bincount(ann_pass(ann, x)[0].argmin(axis=1)).max() < 190)


def test_large_networks_are_compared_on_fewer_samples() -> None:
    x = np.zeros((500, 64), dtype=np.float32)
    assert len(few_samples(load_digits_mlp(), x, 32)) == 256
    assert len(few_samples(load_digits_mlp(), x, 1 << 24)) == 16


@pytest.mark.parametrize("factor", [255, 1 / 255])
def test_an_ann_of_unknown_data_says_by_its_scores_that_the_scale_is_odd(factor: float) -> None:
    ann = load_digits_mlp().with_data_range(None)
    x = DIGITS.x_train[:100]
    if factor > 1:
        x = x * 4
    with pytest.warns(UserWarning, match="may not be scaled as those that it was trained on") as found:
        convert(ann, x * np.float32(factor))
    assert len(found) == 1
    assert convert(ann, DIGITS.x_train[:100]).network.input.data_range is not None


def test_pixels_of_0_to_255_may_have_large_scores() -> None:
    convert(load_digits_mlp().with_data_range(None), DIGITS.x_train[:100] * 255)


def test_calibration_data_of_another_scale_are_said_by_what_the_ann_knows() -> None:
    with pytest.warns(UserWarning, match="divide them by 255") as found:
        convert(load_digits_mlp(), DIGITS.x_train * 255)
    assert len(found) == 1


def test_an_ann_at_chance_is_said() -> None:
    assert odd_accuracy(0.12, DIGITS.y_train) is not None
    assert odd_accuracy(0.5, DIGITS.y_train) is None
    assert odd_accuracy(0.0, DIGITS.y_train[:10]) is None


def test_a_share_for_a_percentile_is_warned_of() -> None:
    with pytest.warns(UserWarning, match=r"99\.9 says the share of 0\.999"):
        convert(load_digits_mlp(), DIGITS.x_train, percentile=0.999)
