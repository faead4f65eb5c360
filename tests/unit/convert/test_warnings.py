"""Warnings about data and thresholds, each with the reason and with what to do."""

from typing import Any

import numpy as np
import pytest

from pysnn import Input, Linear, Network, Output, ReLU
from pysnn.convert import convert
from pysnn.convert.analysis.extremes import warn_of_extremes


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
