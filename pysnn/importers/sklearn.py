"""Networks from fitted scikit-learn models (extra ``sklearn``)."""

from typing import Any

import numpy as np

from pysnn.errors import DataError, MissingExtraError
from pysnn.importers.sklearn_scalers import scaler_steps
from pysnn.network import Network
from pysnn.nodes import Input, Linear, Node, Output, ReLU

__all__ = ["from_sklearn"]

_ACTIVATIONS = ("relu", "identity")


def from_sklearn(model: Any) -> Network:
    """Make an ANN of a fitted multilayer perceptron, ready for :func:`pysnn.convert.convert`.

    Parameters
    ----------
    model
        A fitted ``MLPClassifier`` or ``MLPRegressor`` with activation "relu" or "identity", or a ``Pipeline`` of scalers
        (``StandardScaler``, ``MinMaxScaler``, ``MaxAbsScaler``, ``RobustScaler``) and one of these. The scalers become the
        input's scaling: float64, operation by operation as scikit-learn has them, on data of every dtype as they are.

    Returns
    -------
    network
        Its scores are what comes before the softmax, which changes no prediction: the index of the highest score is an
        index into ``classes_``. With two classes scikit-learn has one output, the logit of the second; the network has
        two, 0 and the logit, whose softmax is the same. A regressor's scores are its predictions.

    Raises
    ------
    DataError
        The model is not fitted, or of another kind; the message names what was not understood.
    MissingExtraError
        scikit-learn is not installed.

    Examples
    --------
    >>> from sklearn.neural_network import MLPRegressor
    >>> x = np.float32([[0.0], [0.5], [1.0]])
    >>> model = MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", random_state=0).fit(x, x.ravel())
    >>> list(from_sklearn(model).nodes)
    ['in', 'fc1', 'relu1', 'fc2', 'out']
    """
    scalers, mlp = _parts(model)
    scaling = tuple(step for scaler in scalers for step in scaler_steps(scaler))
    _check_mlp(mlp)
    weights = [np.asarray(w).T for w in mlp.coefs_]
    biases = [np.asarray(b) for b in mlp.intercepts_]
    if mlp.out_activation_ == "logistic":
        weights[-1] = np.concatenate([np.zeros_like(weights[-1]), weights[-1]])
        biases[-1] = np.concatenate([np.zeros(1), biases[-1]])
    nodes: dict[str, Node] = {"in": Input((int(weights[0].shape[1]),), scaling=scaling)}
    for i, (weight, bias) in enumerate(zip(weights, biases, strict=True), start=1):
        nodes[f"fc{i}"] = Linear(weight, bias)
        if i < len(weights) and mlp.activation == "relu":
            nodes[f"relu{i}"] = ReLU()
    return Network.chain({**nodes, "out": Output("mean_current")})


def _parts(model: Any) -> tuple[list[Any], Any]:
    """Return the scalers in order and the perceptron."""
    try:
        from sklearn.neural_network import MLPClassifier, MLPRegressor
    except ImportError as error:
        raise MissingExtraError("scikit-learn is not installed: pip install 'pysnn[sklearn]'") from error
    steps = _flat(model)
    if not steps or not isinstance(steps[-1], MLPClassifier | MLPRegressor):
        raise DataError(f"from_sklearn: expected an MLPClassifier or MLPRegressor, got {_kind(steps[-1:] or [model])}")
    return steps[:-1], steps[-1]


def _flat(model: Any) -> list[Any]:
    """Return the steps of a pipeline, and of pipelines in it, without those that do nothing."""
    from sklearn.pipeline import Pipeline

    if isinstance(model, Pipeline):
        return [step for _, inner in model.steps for step in _flat(inner)]
    return [] if model is None or isinstance(model, str) else [model]


def _kind(objects: list[Any]) -> str:
    return ", ".join(f"{type(value).__module__.partition('.')[0]} {type(value).__qualname__}" for value in objects)


def _check_mlp(mlp: Any) -> None:
    name = type(mlp).__name__
    if not hasattr(mlp, "coefs_"):
        raise DataError(f"from_sklearn: the {name} is not fitted")
    if mlp.activation not in _ACTIVATIONS:
        raise DataError(
            f"from_sklearn: {name} has activation {mlp.activation!r}, expected one of {', '.join(_ACTIVATIONS)}; "
            "train it again with activation='relu'"
        )
    if mlp.out_activation_ == "logistic" and mlp.n_outputs_ > 1:
        raise DataError(f"from_sklearn: {name} has several labels a sample, expected one class or regression")
    if mlp.out_activation_ not in ("softmax", "logistic", "identity"):
        raise DataError(f"from_sklearn: {name} has output activation {mlp.out_activation_!r}, which is not known")
