"""The classifiers follow scikit-learn's protocol, and count strictly."""

import warnings
from typing import Any

import numpy as np
import pytest

from pysnn.datasets import load_digits
from pysnn.errors import DataError
from pysnn.first_spike.learn import SSTDPClassifier, STDBPClassifier

sklearn_checks = pytest.importorskip("sklearn.utils.estimator_checks")


BOTH = pytest.mark.parametrize("kind", [STDBPClassifier, SSTDPClassifier])


@pytest.mark.slow
@BOTH
def test_it_passes_scikit_learns_own_checks(kind: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = sklearn_checks.check_estimator(kind(epochs=50, random_state=0), on_fail=None)
    assert len(results) > 40
    failed = {result["check_name"]: repr(result["exception"]) for result in results if result["status"] == "failed"}
    assert failed == {}


def test_a_grid_search_runs() -> None:
    from sklearn.model_selection import GridSearchCV

    digits = load_digits()
    search = GridSearchCV(STDBPClassifier((30,), epochs=3, random_state=0), {"tau": [0.05, 5.0]}, cv=2)
    search.fit(digits.x_train[:400], digits.y_train[:400])
    assert search.best_params_ == {"tau": 0.05}


@BOTH
def test_labels_of_any_kind_come_back(kind: Any) -> None:
    digits = load_digits()
    few = digits.y_train < 3
    names = np.array(["zero", "one", "two"])[digits.y_train[few]]
    model = kind((20,), epochs=20, random_state=0).fit(digits.x_train[few], names)
    assert model.classes_.tolist() == ["one", "two", "zero"]
    assert model.score(digits.x_train[few], names) > 0.9
    assert set(model.predict(digits.x_train[few])) <= set(names)


@BOTH
def test_one_hidden_layer_may_be_a_number(kind: Any) -> None:
    digits = load_digits()
    x, y = digits.x_train[:60], digits.y_train[:60]
    one, several = (kind(hidden, epochs=2, random_state=0).fit(x, y) for hidden in (32, np.array([32])))
    assert one.hidden_layer_sizes == 32
    for a, b in zip(one.network_.weights, several.network_.weights, strict=True):
        assert np.array_equal(a, b)


@BOTH
@pytest.mark.parametrize("sizes", ["32", 3.5, True, None, (8, 2.5), ("8",), {8}])
def test_hidden_layers_that_are_no_numbers_are_refused(kind: Any, sizes: Any) -> None:
    digits = load_digits()
    with pytest.raises(DataError, match="hidden_layer_sizes: expected a number of neurons, or one for each layer"):
        kind(sizes, epochs=1).fit(digits.x_train[:20], digits.y_train[:20])


@BOTH
def test_no_output_spike_is_wrong(kind: Any) -> None:
    x, y = np.array([[0.2, 0.8], [0.9, 0.1]]), np.array([0, 1])
    model = kind((4,), scale=None, bias=False, complement=False, epochs=1, random_state=0).fit(x, y)
    silent = np.zeros((1, 2))
    assert model.predict(silent) == [0]
    assert model.score(silent, [0]) == 0


@BOTH
def test_parameters_are_checked_in_fit(kind: Any) -> None:
    digits = load_digits()
    wrong: dict[str, Any] = {"tau": 0.0, "epochs": -1, "scale": "max", "random_state": "a", "batch_size": 0}
    for name, value in wrong.items():
        with pytest.raises(DataError, match="a" if name == "random_state" else name):
            kind(**{name: value}).fit(digits.x_train[:50], digits.y_train[:50])


@BOTH
def test_probabilities_rank_as_the_decision_does(kind: Any) -> None:
    """Ties in whole steps among them: the larger potential is the likelier."""
    digits = load_digits()
    model = kind((20,), epochs=2, random_state=0).fit(digits.x_train[:400], digits.y_train[:400])
    shares = model.predict_proba(digits.x_test)
    assert np.allclose(shares.sum(axis=1), 1)
    assert np.array_equal(model.classes_[shares.argmax(axis=1)], model.predict(digits.x_test))
