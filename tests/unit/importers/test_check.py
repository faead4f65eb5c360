"""The comparison of an imported network with its source."""

import logging
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pysnn import Concat, Flatten, Input, Linear, Network, Output, ReLU, Scale
from pysnn.ann import ann_pass
from pysnn.errors import DataError, NetworkError
from pysnn.importers.check import check_import, largest_difference


def values(nested: Any) -> NDArray[np.float32]:
    """Return an array."""
    return np.array(nested, dtype=np.float32)


LINEAR = Network.chain({"in": Input((2,)), "fc": Linear([[1.0, 2.0]], [0.5]), "out": Output()})
X = values([[1, 1], [2, -3]])


def test_sums_concatenations_and_normalisation_are_computed() -> None:
    network = Network(
        {
            "in": Input((1, 1, 2), mean=[1.0], std=[2.0]),
            "relu": ReLU(),
            "twice": Scale(2.0),
            "cat": Concat(),
            "flat": Flatten(),
            "out": Output(),
        },
        [
            ("in", "relu"),
            ("in", "twice"),
            ("relu", "twice"),
            ("relu", "cat"),
            ("twice", "cat"),
            ("cat", "flat"),
            ("flat", "out"),
        ],
    )
    assert ann_pass(network, values([[[[-1, 5]]]]))[0].tolist() == [[0, 2, -2, 8]]


def test_equal_results_pass_and_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="pysnn"):
        assert check_import(LINEAR, X, values([[3.5], [-3.5 * (1 + 5e-4)]]), "Elsewhere") == pytest.approx(
            5e-4, rel=1e-3
        )
    assert "largest relative difference to Elsewhere 0.0005" in caplog.text


def test_the_shape_of_equal_values_does_not_matter() -> None:
    assert check_import(LINEAR, X, values([3.5, -3.5]).reshape(2, 1, 1, 1), "Elsewhere") == 0


@pytest.mark.parametrize("expected", [[[3.5], [-3.51]], [[3.5]], [[0.0], [0.0]], [[3.5, -3.5, 0.0]]])
def test_other_results_are_an_error(expected: list[list[float]]) -> None:
    with pytest.raises(NetworkError, match=r"differs from Elsewhere: .*largest relative difference"):
        check_import(LINEAR, X, values(expected), "Elsewhere")


def test_results_that_are_not_finite_are_an_error() -> None:
    with pytest.raises(NetworkError, match="Elsewhere computes values that are not finite"):
        check_import(LINEAR, X, values([[3.5], [np.nan]]), "Elsewhere")
    with pytest.raises(DataError, match=r"Output .*is not finite"):
        check_import(LINEAR, values([[3e38, 3e38]]), values([[1]]), "Elsewhere")


@pytest.mark.parametrize("shape", [(0, 2), (1, 3), (2,)])
def test_samples_of_another_shape_are_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"expected \(samples, 2\)|at least one sample"):
        check_import(LINEAR, np.zeros(shape, dtype=np.float32), values([[1]]), "Elsewhere")


def test_differences_are_relative_to_the_largest_value() -> None:
    assert largest_difference(values([0.5, 4]), values([0, 4])) == 0.125
    assert largest_difference(np.zeros(2), np.zeros(2)) == 0
