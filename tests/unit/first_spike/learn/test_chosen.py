"""What a training takes from its data: the coding of the inputs and the learning rate."""

from typing import Any

import numpy as np
import pytest

from pysnn.datasets import load_digits
from pysnn.errors import DataError
from pysnn.first_spike import Conv, Dense, FirstSpikeNetwork, encode_times
from pysnn.first_spike.defaults import SSTDP_DEFAULTS, STDBP_DEFAULTS, default_batch_size
from pysnn.first_spike.learn import SSTDPClassifier, STDBPClassifier
from pysnn.first_spike.learn.chosen import choose_coding, choose_rate

BLACK = np.concatenate([np.zeros((5, 80)), np.full((5, 20), 0.9)], axis=1)
TABLE = np.random.default_rng(0).random((20, 6))


@pytest.mark.parametrize(
    ("values", "complement", "invert", "coding"),
    [
        (BLACK, None, None, "bright"),
        (1 - BLACK, None, None, "dark"),
        (0.9 - 0.8 * BLACK, None, None, "dark"),
        (TABLE, None, None, "both"),
        (BLACK, True, None, "both"),
        (BLACK, None, True, "dark"),
        (1 - BLACK, None, False, "bright"),
        (1 - BLACK, False, None, "dark"),
        (1 - BLACK, True, False, "both"),
        (TABLE, False, None, "bright"),
        (TABLE, None, False, "both"),
        (TABLE, False, False, "bright"),
        (np.zeros((0, 4)), None, None, "bright"),
    ],
)
def test_the_median_chooses_what_the_user_leaves_open(
    values: Any, complement: bool | None, invert: bool | None, coding: str
) -> None:
    assert choose_coding(values, complement, invert) == coding


def test_complement_and_invert_exclude_each_other() -> None:
    with pytest.raises(DataError, match="complement, invert: expected one of them at most"):
        choose_coding(TABLE, True, True)


def test_the_rate_follows_from_the_inputs_that_spike() -> None:
    network = FirstSpikeNetwork.draw((100,), [Dense(units=2)])
    assert choose_rate(network, BLACK, SSTDP_DEFAULTS) == pytest.approx(SSTDP_DEFAULTS.strength / 20)
    assert choose_rate(network, BLACK[:, ::-1], STDBP_DEFAULTS) == pytest.approx(STDBP_DEFAULTS.strength / 20)
    both = FirstSpikeNetwork.draw((100,), [Dense(units=2)], coding="both")
    assert choose_rate(both, BLACK, SSTDP_DEFAULTS) == pytest.approx(SSTDP_DEFAULTS.strength / 120)
    assert choose_rate(network, np.zeros((3, 100)), SSTDP_DEFAULTS) == SSTDP_DEFAULTS.strength


def test_convolutions_have_a_rate_of_their_own() -> None:
    network = FirstSpikeNetwork.draw((1, 10, 10), [Conv(channels=2), Dense(units=2)])
    assert choose_rate(network, BLACK.reshape(-1, 1, 10, 10), SSTDP_DEFAULTS) == 1e-3


def test_many_samples_count_like_few() -> None:
    many = np.tile(BLACK, (1000, 1))
    assert choose_coding(many) == "bright"
    network = FirstSpikeNetwork.draw((100,), [Dense(units=2)])
    assert choose_rate(network, many, SSTDP_DEFAULTS) == pytest.approx(choose_rate(network, BLACK, SSTDP_DEFAULTS))
    assert [default_batch_size(n) for n in (1, 1600, 5000, 10**6)] == [16, 16, 50, 128]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [STDBPClassifier, SSTDPClassifier])
def test_a_classifier_learns_inverted_data_as_well(kind: Any) -> None:
    """The whole of a network's life: what was fitted to white pictures is right on white pictures."""
    digits = load_digits()
    white = (1 - digits.x_train, 1 - digits.x_test)
    scores = {}
    for name, (training, test) in {"black": (digits.x_train, digits.x_test), "white": white}.items():
        model = kind((40,), random_state=0, epochs=15, scale=None, complement=False)
        model.fit(training, digits.y_train)
        scores[name] = model.score(test, digits.y_test)
        assert model.coding_ == {"black": "bright", "white": "dark"}[name]
    assert abs(scores["black"] - scores["white"]) < 0.02
    assert min(scores.values()) > 0.8


@pytest.mark.parametrize("kind", [STDBPClassifier, SSTDPClassifier])
def test_a_bias_spikes_at_once_whatever_the_coding(kind: Any) -> None:
    x, y = np.random.default_rng(0).random((40, 3)), np.arange(40) % 2
    for invert in (False, True):
        model = kind((4,), random_state=0, epochs=1, bias=True, invert=invert, complement=False).fit(x, y)
        assert model.network_.input_shape == (4,)
        assert np.all(encode_times(model.network_, model._values(x))[:, 3] == 0)


def test_a_validation_fraction_is_a_share() -> None:
    x, y = np.random.default_rng(0).random((40, 3)), np.arange(40) % 2
    for share in (-0.1, 1, 5):
        with pytest.raises(DataError, match="validation_fraction: expected a share from 0 below 1"):
            STDBPClassifier((4,), validation_fraction=share).fit(x, y)


def test_wide_networks_learn_slower() -> None:
    wide = FirstSpikeNetwork.draw((20,), [Dense(units=800), Dense(units=2)])
    assert choose_rate(wide, np.zeros((3, 20)) + 0.5, STDBP_DEFAULTS) == STDBP_DEFAULTS.reach / 800
    assert choose_rate(wide, np.zeros((3, 20)) + 0.5, SSTDP_DEFAULTS) == pytest.approx(SSTDP_DEFAULTS.strength / 20)
