"""scikit-learn's perceptrons become networks with the same predictions."""

import builtins
from typing import Any

import numpy as np
import pytest

from pysnn import DataError, Input, MissingExtraError, run
from pysnn.convert import ann_pass, convert
from pysnn.importers.sklearn import from_sklearn

pytest.importorskip("sklearn")

from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

RNG = np.random.default_rng(0)
X = RNG.normal(1.0, 2.0, size=(120, 5)).astype(np.float32)
Y = (X[:, 0] > 1).astype(int) + (X[:, 1] > 1)


def classifier(**settings: Any) -> MLPClassifier:
    return MLPClassifier((12, 7), **{"solver": "lbfgs", "max_iter": 30, "random_state": 0, **settings})


# Thirty passes are enough here, and scikit-learn warns of them.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def softmax(scores: Any) -> Any:
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_a_classifier_has_the_same_probabilities(activation: str) -> None:
    model = classifier(activation=activation).fit(X, Y)
    network = from_sklearn(model)
    scores, _ = ann_pass(network, X)
    np.testing.assert_allclose(softmax(scores), model.predict_proba(X), atol=1e-4)
    assert np.array_equal(model.classes_[scores.argmax(axis=1)], model.predict(X))
    assert [n for n in network.nodes if n.startswith("relu")] == (["relu1", "relu2"] if activation == "relu" else [])


def test_two_classes_have_two_scores() -> None:
    names = np.array(["no", "yes"])
    model = classifier().fit(X, names[(Y > 0).astype(int)])
    scores, _ = ann_pass(from_sklearn(model), X)
    assert scores.shape == (120, 2)
    assert not scores[:, 0].any()
    np.testing.assert_allclose(softmax(scores), model.predict_proba(X), atol=1e-4)
    assert np.array_equal(model.classes_[scores.argmax(axis=1)], model.predict(X))


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_regressor_has_the_same_values(outputs: int) -> None:
    target = X[:, :outputs] if outputs > 1 else X[:, 0]
    model = MLPRegressor(hidden_layer_sizes=(9,), solver="lbfgs", max_iter=30, random_state=0).fit(X, target)
    scores, _ = ann_pass(from_sklearn(model), X)
    np.testing.assert_allclose(scores, model.predict(X).reshape(120, -1), atol=1e-4)


@pytest.mark.parametrize(
    "settings", [{}, {"with_mean": False}, {"with_std": False}, {"with_mean": False, "with_std": False}]
)
def test_a_scaler_becomes_mean_and_std_of_the_input(settings: dict[str, bool]) -> None:
    model = make_pipeline(StandardScaler(**settings), "passthrough", classifier()).fit(X, Y)
    network = from_sklearn(model)
    assert isinstance(network.input, Input)
    assert (network.input.mean is None) == (len(settings) == 2)
    scores, _ = ann_pass(network, X)
    np.testing.assert_allclose(softmax(scores), model.predict_proba(X), atol=1e-4)


def test_it_converts_and_runs() -> None:
    model = make_pipeline(StandardScaler(), classifier()).fit(X, Y)
    conversion = convert(from_sklearn(model), X)
    result = run(conversion.network, X, steps=128, labels=Y, backend="reference")
    assert result.accuracy[0] >= model.score(X, Y) - 0.05


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_other_activations_are_refused_by_name(activation: str) -> None:
    model = classifier(activation=activation).fit(X, Y)
    with pytest.raises(DataError, match=f"MLPClassifier has activation '{activation}', expected one of relu, identity"):
        from_sklearn(model)


def test_an_output_activation_that_is_no_identity_is_refused() -> None:
    model = MLPRegressor(hidden_layer_sizes=(4,), loss="poisson", max_iter=5, random_state=0).fit(X, Y)
    with pytest.raises(DataError, match="MLPRegressor has output activation"):
        from_sklearn(model)


def test_what_else_is_refused() -> None:
    with pytest.raises(DataError, match="the MLPClassifier is not fitted"):
        from_sklearn(classifier())
    with pytest.raises(DataError, match="StandardScaler is not fitted"):
        from_sklearn(make_pipeline(StandardScaler(), classifier()))
    with pytest.raises(DataError, match="got sklearn LogisticRegression"):
        from_sklearn(LogisticRegression())
    with pytest.raises(DataError, match="got numpy ndarray"):
        from_sklearn(X)
    with pytest.raises(DataError, match="at most one StandardScaler before the MLP, got sklearn MinMaxScaler"):
        from_sklearn(make_pipeline(MinMaxScaler(), classifier()))
    several = np.stack([Y > 0, Y > 1], axis=1).astype(int)
    with pytest.raises(DataError, match="several labels a sample"):
        from_sklearn(classifier().fit(X, several))


def test_without_scikit_learn_the_command_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("sklearn"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'pysnn\[sklearn\]'"):
        from_sklearn(object())
