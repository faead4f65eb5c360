"""Warnings about data and thresholds, each with the reason and with what to do."""

import warnings
from typing import Any

import numpy as np
import pytest

from pysnn import Input, Linear, Network, Output, ReLU
from pysnn.convert import convert
from pysnn.convert.analysis.extremes import warn_of_extremes
from pysnn.convert.input_range import warn_of_input_range

COLOURS = np.random.default_rng(0).random((4, 3, 2, 2)).astype(np.float32)
PIXELS = (COLOURS * 255).astype(np.uint8)
MEAN, STD = np.array((0.485, 0.456, 0.406)), np.array((0.229, 0.224, 0.225))
SMALL, LARGE = Input((3, 2, 2), MEAN, STD), Input((3, 2, 2), 255 * MEAN, 255 * STD)


def warned(node: Input, x: Any) -> str:
    """Give the warning's text, or none."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        warn_of_input_range(node, x)
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


def row(layer: str, steps: int, silent: float, saturated: float) -> dict[str, Any]:
    return {"layer": layer, "steps": steps, "samples": 3, "silent": silent, "saturated": saturated}


def test_layers_that_carry_nothing_are_named_at_the_last_step() -> None:
    rows = [row("a", 1, 1, 0), row("b", 1, 0, 1), row("a", 4, 1, 0), row("b", 4, 0.99, 0), row("c", 4, 0, 1)]
    with pytest.warns(UserWarning, match="T = 4") as found:
        warn_of_extremes(rows)
    first, second = (str(one.message) for one in found)
    assert first.startswith("layer 'a', T = 4, 3 samples: no neuron fires; ")
    assert second.startswith("layer 'c', T = 4, 3 samples: every neuron fires at every step; ")


def test_the_error_table_warns() -> None:
    nodes: dict[str, Any] = {
        "in": Input((2,)),
        "fc1": Linear(np.eye(2)),
        "relu1": ReLU(),
        "fc2": Linear(np.eye(2) * 0.01),
        "relu2": ReLU(),
        "out": Output(),
    }
    conversion = convert(Network.chain(nodes), np.array([[1.0, 1.0]]), "max-norm", steps=2)
    with pytest.warns(UserWarning, match="layer 'relu[12]', T = 2, 1 samples: every neuron fires") as found:
        conversion.errors(np.array([[1.0, 1.0]]))
    assert len(found) == 2
    with pytest.warns(UserWarning, match="layer 'relu[12]', T = 2, 1 samples: no neuron fires") as found:
        conversion.errors(np.array([[0.1, 0.1]]))
    assert ["relu1" in str(one.message) or "relu2" in str(one.message) for one in found] == [True] * 2
