"""Labels with gaps, where they meet classes."""

import numpy as np
import pytest

from pysnn import Input, Network, Output
from pysnn.convert import ann_accuracy
from pysnn.encode.labels import FOR_RUNS, FOR_TRAINING, warn_of_gaps
from pysnn.errors import DataError

NET = Network.chain({"in": Input((4,)), "out": Output()})


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ([0, 1, 3] * 10, "no sample of class 2 among 0 to 3"),
        ([1, 2, 3] * 10, "subtract 1"),
        ([0, 9] * 20, "class 1, 2, 3, 4, 5, ... among 0 to 9"),
    ],
)
def test_gaps_are_said(labels: list[int], text: str) -> None:
    with pytest.warns(UserWarning, match=text):
        warn_of_gaps(np.array(labels), FOR_TRAINING)


@pytest.mark.parametrize("labels", [[], [0], [3] * 50, [0, 3], [0, 1, 2] * 30])
def test_what_may_be_chance_or_one_class_is_not_said(labels: list[int]) -> None:
    warn_of_gaps(np.array(labels, dtype=np.int64), FOR_TRAINING)


def test_runs_say_it_where_there_are_many_samples() -> None:
    labels = np.array([0, 1, 3] * 40)
    with pytest.warns(UserWarning, match="no sample of class 2"):
        ann_accuracy(NET, np.ones((120, 4)), labels)
    warn_of_gaps(labels[:60], FOR_RUNS)


def test_labels_that_count_from_1_are_refused_with_what_to_do() -> None:
    with pytest.raises(DataError, match="got 4; if labels count from 1, subtract 1"):
        ann_accuracy(NET, np.ones((8, 4)), np.array([1, 2, 3, 4] * 2))
