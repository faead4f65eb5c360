"""Data that do not fit a network are said in one sentence; data of the same kind never are."""

import warnings
from typing import Any

import numpy as np
import pytest

from pysnn import Input, Network, run
from pysnn.convert import convert
from pysnn.data_range import DataRange
from pysnn.datasets import load_digits, load_digits_mlp
from pysnn.encode.scale import warn_of_scale
from pysnn.errors import NetworkError
from pysnn.files.psnn import dumps, loads

COLOURS = np.random.default_rng(0).random((4, 3, 2, 2)).astype(np.float32)
PIXELS = (COLOURS * 255).astype(np.uint8)
MEAN, STD = np.array((0.485, 0.456, 0.406)), np.array((0.229, 0.224, 0.225))
SMALL, LARGE = Input((3, 2, 2), MEAN, STD), Input((3, 2, 2), 255 * MEAN, 255 * STD)


def warned(node: Input, x: Any) -> str:
    """Return the warning's text, or none."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        warn_of_scale(node, x)
    return str(found[0].message) if found else ""


@pytest.mark.parametrize(
    ("node", "x"),
    [
        (SMALL, COLOURS),
        (SMALL, PIXELS),
        (SMALL, COLOURS * 1.2 - 0.05),
        (LARGE, COLOURS * 255),
        (Input((3, 2, 2)), COLOURS * 255),
        (Input((3, 2, 2)), (COLOURS - 0.5) * 9),
        (Input((3, 2, 2), [0.0] * 3, [1 / 255] * 3), PIXELS),
        (Input((2,), [1000.0, 0.5], [10.0, 0.1]), np.array([[990, 0.3], [1012, 0.9]])),
    ],
)
def test_what_fits_is_not_warned_of(node: Input, x: Any) -> None:
    assert warned(node, x) == ""


@pytest.mark.parametrize(
    ("node", "x", "text"),
    [
        (SMALL, COLOURS * 255, "give the pixels as uint8, or divide them by 255"),
        (SMALL, PIXELS.astype(np.int64), "int64 data in "),
        (SMALL, SMALL.normalise(COLOURS), "normalised already, so leave mean and std out"),
        (LARGE, PIXELS, "divide mean and std by 255 too"),
        (LARGE, COLOURS, "these are of pixels in 0..255"),
        (Input((2,), [0.0, 0.0], [0.01, 0.01]), np.array([[3.0, 4.0]]), "root mean square of"),
    ],
)
def test_what_does_not_fit_is_said_with_its_range(node: Input, x: Any, text: str) -> None:
    found = warned(node, x)
    assert found.startswith("input: ")
    assert "do not look right for mean (" in found
    assert text in found


DIGITS = load_digits()
X = DIGITS.x_test
BYTES = np.rint(X * 16).astype(np.uint8)


def messages(network: Network, x: Any) -> list[str]:
    """Return what a run on data warns of."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        run(network, x, steps=2)
    return [str(one.message) for one in found]


@pytest.fixture(scope="module")
def digits() -> Network:
    return convert(load_digits_mlp(), DIGITS.x_train).network


@pytest.mark.parametrize(
    ("x", "advice"),
    [
        (BYTES, "uint8 is divided by 255 first"),
        (X * 255, "divide them by 255"),
        (X[:1] * 255, "divide them by 255"),
        (X * 16, "about 16 times larger"),
        (X / 255, "divided by 255 twice"),
        ((X * 255).astype(np.int64), "only uint8 is divided by 255"),
        ((X - 0.3) / 0.35, "if they are normalised"),
    ],
)
def test_another_scale_is_said_in_one_sentence_by_what_the_network_knows(digits: Network, x: Any, advice: str) -> None:
    (found,) = messages(digits, x)
    assert advice in found
    assert "do not fit the data that the network was made for, in 0..1" in found


def test_data_of_the_same_kind_are_never_warned_of(digits: Network) -> None:
    rng = np.random.default_rng(1)
    sparse = X[:60] * (rng.random((60, 64)) < 0.03)
    some: list[Any] = [X, (X * 255).astype(np.uint8), X[:16] * 0, X[:1] * 0.1, sparse, X[DIGITS.y_test == 1]]
    some += [X[i : i + 1] for i in range(50)] + [X[i : i + 3] for i in range(0, 50, 3)]
    assert [messages(digits, x) for x in some] == [[]] * len(some)


def test_a_moderate_outlier_in_a_table_is_not_warned_of() -> None:
    rng = np.random.default_rng(2)
    scale, offset = np.array([1.0, 50.0, 0.01, 3.0, 9.0]), np.array([0.0, 200.0, 1.0, -7.0, 3.0])
    known = DataRange.of(rng.standard_normal((400, 5)) * scale + offset)
    x = rng.standard_normal((80, 5)) * scale + offset
    x[3, 1] *= 5
    assert known.misfit(x) is None
    assert all(known.misfit(x[i : i + 1]) is None for i in range(80))
    assert known.misfit((x - offset) / scale) is not None
    assert known.misfit(x * 255) == "above"
    assert known.misfit(x / 255) is not None


def test_the_normalisation_that_was_forgotten_shows_in_many_samples() -> None:
    colours = np.random.default_rng(3).random((100, 3, 4, 4)).astype(np.float32)
    known = DataRange.of((colours - 0.47) / 0.25)
    assert known.misfit(colours) == "narrow"
    assert known.misfit((colours - 0.47) / 0.25) is None


def test_one_feature_and_constant_data() -> None:
    known = DataRange.of(np.full((3, 1), 2.0))
    assert known.misfit(np.full((3, 1), 2.0)) is None
    assert known.misfit(np.full((3, 1), 510.0)) == "above"


def test_the_range_goes_with_the_network_and_its_file_but_is_no_part_of_what_it_computes(digits: Network) -> None:
    known = digits.input.data_range
    assert known == load_digits_mlp().input.data_range == DataRange.of(DIGITS.x_train)
    assert known is not None
    assert DataRange.from_array(known.as_array()) == known
    again = loads(dumps(digits)).network
    assert again.input.data_range == known
    bare = digits.with_data_range(None)
    assert bare == digits
    assert b"data_range" not in dumps(bare)
    assert messages(bare, X * 255) == []


@pytest.mark.parametrize(
    "wrong",
    [
        1,
        (1, 2),
        (0, (0.0,), (1.0,), (0.0, 0.5, 1.0), 1.0, 1.0),
        (9, (0.0,), (float("nan"),), (0.0, 0.5, 1.0), 1.0, 1.0),
        (9, (2.0,), (1.0,), (0.0, 0.5, 1.0), 1.0, 1.0),
        (9, (0.0,) * 3, (1.0,) * 3, (0.0, 0.5, 1.0), 1.0, 1.0),
        (9, (0.0,), (1.0,), (0.0, 1.0), 1.0, 1.0),
        (9, (0.0,), (1.0,), (0.0, 0.5, 1.0), -1.0, 1.0),
        (9, "0", (1.0,), (0.0, 0.5, 1.0), 1.0, 1.0),
    ],
)
def test_a_range_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(NetworkError, match="data_range"):
        Input((2,), data_range=wrong)
