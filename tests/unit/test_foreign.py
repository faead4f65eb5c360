"""Tensors, frames and series are taken wherever arrays are, and refused in a sentence where they hold no numbers."""

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from pysnn import IF, DataError, Events, Input, Linear, Network, NetworkError, Output, ReLU, Scale, run
from pysnn.ann import ann_accuracy, ann_pass
from pysnn.convert import convert
from pysnn.first_spike import Dense, FirstSpikeNetwork, encode_times, evaluate
from pysnn.first_spike.learn import STDBPClassifier
from pysnn.foreign import as_numpy

RNG = np.random.default_rng(0)
X = RNG.random((20, 3))
Y = RNG.integers(0, 2, 20)


class Tensor:
    """What a PyTorch tensor does here: no array while it has a gradient or lies on a device."""

    def __init__(self, array: Any, *, grad: bool = False, device: str = "cpu", dtype: str = "torch.float64") -> None:
        self.array, self.grad, self.device, self.dtype = np.asarray(array), grad, device, dtype

    def detach(self) -> "Tensor":
        return Tensor(self.array, device=self.device, dtype=self.dtype)

    def cpu(self) -> "Tensor":
        return Tensor(self.array, grad=self.grad, dtype=self.dtype)

    def numpy(self) -> Any:
        if self.grad or self.device != "cpu":
            raise RuntimeError("Can't call numpy() on Tensor that requires grad or is on a device")
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.array

    def __array__(self, *_: Any, **__: Any) -> Any:
        return self.numpy()


KINDS: dict[str, Callable[[Any], Any]] = {
    "tensor": Tensor,
    "tensor with a gradient": lambda array: Tensor(array, grad=True),
    "tensor on a device": lambda array: Tensor(array, grad=True, device="cuda:0"),
    "pandas": lambda array: pd.DataFrame(array) if np.ndim(array) == 2 else pd.Series(array),
    "pandas, nullable": lambda array: (
        pd.DataFrame(array) if np.ndim(array) == 2 else pd.Series(array)
    ).convert_dtypes(),
    "polars": lambda array: pl.DataFrame(array) if np.ndim(array) == 2 else pl.Series(array),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_data_labels_and_weights_are_taken(kind: str) -> None:
    made = KINDS[kind]
    nodes = {
        "in": Input((3,), made(np.zeros(3)), made(np.full(3, 0.5))),
        "fc": Linear(made(np.eye(3)[:2]), made(np.ones(2))),
    }
    ann = Network.chain({**nodes, "s": Scale(made(np.full(2, 2.0))), "relu": ReLU(), "out": Output()})
    plain = [Input((3,), np.zeros(3), np.full(3, 0.5)), Linear(np.eye(3)[:2], np.ones(2)), Scale(np.full(2, 2.0))]
    assert ann == ann.replace(dict(zip(("in", "fc", "s"), plain, strict=True)))
    np.testing.assert_array_equal(ann_pass(ann, made(X))[0], ann_pass(ann, X)[0])
    assert ann_accuracy(ann, made(X), made(Y)) == ann_accuracy(ann, X, Y)
    conversion = convert(ann, made(X), steps=4)
    assert conversion.network == convert(ann, X, steps=4).network
    result = run(conversion.network, made(X), steps=4, labels=made(Y))
    assert result.accuracy == run(conversion.network, X, steps=4, labels=Y).accuracy
    assert conversion.errors(made(X)).equals(conversion.errors(X))
    assert conversion.blame(made(X), labels=made(Y)).equals(conversion.blame(X, labels=Y))


@every_kind
def test_first_spike_networks_and_classifiers_take_them(kind: str) -> None:
    made = KINDS[kind]
    network = FirstSpikeNetwork.draw((3,), [Dense(units=2)], seed=0)
    np.testing.assert_array_equal(encode_times(network, made(X)), encode_times(network, X))
    assert evaluate(network, made(X), made(Y)) == evaluate(network, X, Y)
    fitted = STDBPClassifier(epochs=1, random_state=0).fit(made(X), made(Y))
    expected = STDBPClassifier(epochs=1, random_state=0).fit(X, Y)
    np.testing.assert_array_equal(fitted.predict(made(X)), expected.predict(X))
    assert fitted.score(made(X), made(Y)) == expected.score(X, Y)


def test_spikes_come_as_tensors_and_as_series() -> None:
    net = Network.chain({"in": Input((3,)), "if": IF(), "out": Output("count")})
    spikes = RNG.integers(0, 2, (5, 2, 3)).astype(np.uint8)
    expected = run(net, spikes, steps=5, coding="spikes").scores
    np.testing.assert_array_equal(run(net, Tensor(spikes), steps=5, coding="spikes").scores, expected)
    step, sample, index = np.nonzero(spikes)
    events = Events(pl.Series(sample), pd.Series(step), Tensor(index), samples=2)
    np.testing.assert_array_equal(run(net, events, steps=5, coding="events").scores, expected)


def test_labels_of_a_classifier_may_be_words() -> None:
    words = np.array(["no", "yes"])[Y]
    for made in (pd.Series, pl.Series):
        model = STDBPClassifier(epochs=1, random_state=0).fit(X, made(words))
        assert model.classes_.tolist() == ["no", "yes"]
        assert 0 <= model.score(X, made(words)) <= 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            pd.DataFrame({"a": [1.0], "town": ["Ulm"]}),
            "x: column 'town': expected numbers, got (str|object); leave it out",
        ),
        (pl.DataFrame({"a": [1.0], "town": ["Ulm"]}), "x: column 'town': expected numbers, got String; leave it out"),
        (pd.DataFrame({"at": pd.to_datetime(["2020-01-01"])}), "x: column 'at': expected numbers, got datetime64"),
        (pl.DataFrame({"a": [[1, 2]]}), "x: column 'a': expected numbers, got List"),
        (pd.Series(["a", "b"], name="town"), "x: series 'town': expected numbers, got (str|object)"),
        (pl.Series("town", ["a", "b"]), "x: series 'town': expected numbers, got String"),
        (pd.Series(["a", "b"], dtype="category"), "x: series None: expected numbers, got category"),
        (pd.DataFrame(index=[0, 1]), "x: expected a frame with columns, got none"),
        (
            Tensor([1.0], dtype="torch.bfloat16"),
            "x: expected a tensor that has a NumPy array, got one of torch.bfloat16",
        ),
    ],
)
def test_what_holds_no_numbers_is_refused_by_name(value: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        as_numpy(value, "x")


def test_the_sentence_says_where_it_came_from() -> None:
    ann = Network.chain({"in": Input((2,)), "relu": ReLU(), "out": Output()})
    frame = pd.DataFrame({"a": [1.0], "town": ["Ulm"]})
    with pytest.raises(DataError, match="Input 'in': column 'town': expected numbers"):
        ann_pass(ann, frame)
    with pytest.raises(NetworkError, match="Linear: weight: column 'town': expected numbers"):
        Linear(frame)
    missing = pl.DataFrame({"a": [1, None], "b": [1, 2]})
    with pytest.raises(DataError, match=re.escape("Input 'in': expected finite values, got nan at (1, 0)")):
        ann_pass(ann, missing)
    with pytest.raises(DataError, match=re.escape("Input 'in': expected finite values, got nan at (1, 0)")):
        ann_pass(ann, pd.DataFrame({"a": [1, None], "b": [1, 2]}))
    with pytest.raises(DataError, match=re.escape("Input 'in': expected finite values, got nan at (1, 0)")):
        ann_pass(ann, pd.DataFrame({"a": [1, None], "b": [1, 2]}).convert_dtypes())
    with pytest.raises(DataError, match=r"expected \(samples, 2\), got \(2, 1\)"):
        ann_pass(ann, pl.DataFrame({"a": [1, 2]}))


def test_a_frame_keeps_the_dtype_that_all_columns_share() -> None:
    same = {"a": np.array([1, 2], np.uint8), "b": np.array([3, 4], np.uint8)}
    for made in (pd.DataFrame, pl.DataFrame):
        assert as_numpy(made(same), "x").dtype == np.uint8
        mixed = as_numpy(made({"a": np.array([2**53 - 1]), "b": [0.5]}), "x")
        assert mixed.tolist() == [[2.0**53 - 1, 0.5]]
    twice = pd.DataFrame([[1, 2.5]], columns=["a", "a"])
    assert as_numpy(twice, "x").tolist() == [[1.0, 2.5]]


def test_none_of_the_libraries_is_imported() -> None:
    code = "import sys, pysnn; print([m for m in ('torch', 'pandas', 'polars') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
