"""scikit-learn's perceptrons become networks with the same predictions."""

import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from pysnn import DataError, MissingExtraError, run
from pysnn.cli.app import app
from pysnn.convert import ann_pass, convert
from pysnn.datasets.npz import load_data
from pysnn.encode.batch import input_values
from pysnn.files.conversion import save_conversion
from pysnn.files.psnn import load
from pysnn.files.settings import Settings
from pysnn.importers.sklearn import from_sklearn

pytest.importorskip("sklearn")

from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, RobustScaler, StandardScaler

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


SCALERS: dict[str, list[Any]] = {
    "standard": [StandardScaler()],
    "mean alone": [StandardScaler(with_std=False)],
    "std alone": [StandardScaler(with_mean=False), StandardScaler()],
    "min-max": [MinMaxScaler((-1, 3))],
    "min-max, clipped": [MinMaxScaler(clip=True)],
    "max-abs": [StandardScaler(with_std=False), MaxAbsScaler()],
    "robust": [RobustScaler()],
    "robust, centred": [RobustScaler(with_scaling=False), StandardScaler()],
    "robust, scaled": [StandardScaler(with_std=False), RobustScaler(with_centering=False)],
    "chain": [StandardScaler(), make_pipeline(MinMaxScaler((0, 10)), "passthrough", RobustScaler()), MaxAbsScaler()],
}


def stamps(offset: float, kind: str, samples: int = 600) -> tuple[Any, Any]:
    """A time stamp, one that never changes, and a number, with a class that depends on all that varies."""
    rng = np.random.default_rng(4)
    x = np.stack([rng.integers(0, 3600, samples), np.zeros(samples, int), rng.integers(-50, 50, samples)], axis=1)
    y = (x[:, 0] > 1800).astype(int) + (x[:, 2] > 0)
    return (x + np.array([int(offset), int(offset), 0])).astype(kind), y


@pytest.mark.parametrize("kind", ["int64", "float64", "uint64"])
@pytest.mark.parametrize("offset", [0, 1.7e9, 1.7e12, 1e15])
@pytest.mark.parametrize("name", SCALERS)
def test_scalers_are_applied_in_float64_whatever_the_offset(name: str, offset: float, kind: str) -> None:
    x, y = stamps(offset, kind) if kind != "uint64" else stamps(offset + 100, kind)
    if kind == "uint64":
        x[:, 2] = np.random.default_rng(5).integers(0, 100, len(x))
        y = (x[:, 0] > x[:, 0].mean()).astype(int) + (x[:, 2] > 50)
    model = make_pipeline(*SCALERS[name], classifier()).fit(x, y)
    network = from_sklearn(model)
    scores, _ = ann_pass(network, x)
    assert np.mean(model.classes_[scores.argmax(axis=1)] == model.predict(x)) >= 0.999
    beyond = np.concatenate([x[:3] - x[0] // 2, x[:3] * 2])
    ours, _ = ann_pass(network, beyond)
    np.testing.assert_allclose(softmax(ours.astype(float)), model.predict_proba(beyond), atol=2e-3)
    values = input_values(network.input, x)
    np.testing.assert_array_equal(values, model[:-1].transform(x).astype(np.float32))


def test_the_spiking_network_and_every_analysis_take_the_same_data(tmp_path: Path) -> None:
    x, y = stamps(1.7e12, "int64")
    conversion = convert(from_sklearn(make_pipeline(StandardScaler(), classifier()).fit(x, y)), x, steps=64)
    expected = run(conversion.network, x, steps=64, labels=y)
    assert expected.accuracy[0] > 0.95
    assert conversion.errors(x).height == conversion.blame(x, labels=y, layers="all").height == 2
    path = tmp_path / "net.psnn"
    save_conversion(path, conversion, x, settings=Settings(steps=64))
    saved = load(path)
    assert saved.golden is not None
    assert saved.golden.input.dtype == np.float64
    saved.verify()
    assert saved.network == conversion.network
    np.testing.assert_array_equal(run(saved.network, x, steps=64).scores, expected.scores)
    data = tmp_path / "data.npz"
    np.savez(data, x=x, y=y)
    np.testing.assert_array_equal(load_data(data).x, x)
    shown = CliRunner().invoke(app, ["run", str(path), "--data", str(data), "--steps", "64", "--json"])
    assert json.loads(shown.stdout)["rows"][0]["accuracy"] == expected.accuracy[0]


def test_uint8_goes_to_a_scaler_as_it_is() -> None:
    x = np.random.default_rng(0).integers(0, 255, (100, 4), dtype=np.uint8)
    model = make_pipeline(StandardScaler(), classifier()).fit(x, x[:, 0] > 100)
    scores, _ = ann_pass(from_sklearn(model), x)
    assert np.array_equal(scores.argmax(axis=1) == 1, model.predict(x))


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
    known = "StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler"
    with pytest.raises(DataError, match=f"expected {known} before the MLP, got sklearn Normalizer"):
        from_sklearn(make_pipeline(StandardScaler(), Normalizer(), classifier()).fit(X, Y))
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
