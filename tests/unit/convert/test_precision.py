"""What quantisation cost, as a table."""

from typing import Any

import numpy as np
import pytest

from pysnn import IF, DataError, Input, Linear, Network, Output, run
from pysnn.convert import compare_precisions


def network() -> Network:
    rng = np.random.default_rng(0)
    nodes: dict[str, Any] = {
        "in": Input((5,)),
        "fc1": Linear(rng.normal(0, 1, (20, 5))),
        "if1": IF(v_init=0.5),
        "fc2": Linear(rng.normal(0, 0.3, (4, 20))),
        "out": Output("mean_current"),
    }
    return Network.chain(nodes)


X = np.random.default_rng(1).random((800, 5)).astype(np.float32)


def test_the_table_is_that_of_two_runs() -> None:
    labels = np.arange(800) % 4
    table = compare_precisions(network(), X, labels, steps=[2, 9], backend="reference")
    full, small = (
        run(network(), X, steps=[2, 9], labels=labels, precision=p, backend="reference") for p in ("float32", "int8")
    )
    assert table["steps"].to_list() == [2, 9]
    assert table["accuracy_float32"].to_list() == list(full.accuracy)
    assert table["accuracy_int8"].to_list() == list(small.accuracy)
    assert table["spikes_float32"].to_list() == full.counts[:, :, 5].sum(axis=1).tolist()
    assert table["spikes_int8"].to_list() == small.counts[:, :, 5].sum(axis=1).tolist()
    agreement = [float((a == b).mean()) for a, b in zip(full.predictions, small.predictions, strict=True)]
    assert table["agreement"].to_list() == agreement
    assert 0.9 < agreement[0] < 1


def test_without_labels_there_is_no_accuracy() -> None:
    table = compare_precisions(network(), X, steps=3, backend="reference")
    assert table["accuracy_float32"].to_list() == [None]
    assert table["samples"].to_list() == [800]


def test_the_precision_is_not_free() -> None:
    with pytest.raises(DataError, match="expected no 'precision'"):
        compare_precisions(network(), X, steps=3, precision="int8")
