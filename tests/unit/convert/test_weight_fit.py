"""Weights that are fitted to what few levels have lost: least squares by another route, and whole conversions."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pysnn
from pysnn import Conv2d, Input, Linear, MaxPool2d, Network, Output, ReLU
from pysnn.convert import ann_pass, convert
from pysnn.convert.methods.weight_fit import fit_weights, layers_to_fit
from pysnn.errors import DataError

RNG = np.random.default_rng(0)


def residual() -> Network:
    """Two convolutions, the second beside a shortcut and twice as wide, and a linear layer."""
    rng = np.random.default_rng(1)
    nodes = {
        "in": Input((2, 8, 8)),
        "conv1": Conv2d(rng.normal(0, 0.4, (4, 2, 3, 3)), rng.normal(0, 0.1, 4), padding=1),
        "relu1": ReLU(),
        "conv2": Conv2d(rng.normal(0, 0.3, (4, 4, 3, 3)), padding=1),
        "relu2": ReLU(),
        "grouped": Conv2d(rng.normal(0, 0.5, (4, 2, 3, 3)), stride=2, padding=1, groups=2),
        "relu3": ReLU(),
        "pool": MaxPool2d(2),
        "flat": pysnn.Flatten(),
        "fc": Linear(rng.normal(0, 0.5, (3, 16))),
        "out": Output(),
    }
    chain = list(zip(list(nodes)[:-1], list(nodes)[1:], strict=True))
    return Network(nodes, (*chain, ("relu1", "relu2")))


SMOOTH = RNG.random((96, 2, 2, 2)).repeat(4, axis=2).repeat(4, axis=3)
DATA = (SMOOTH + 0.1 * RNG.random((96, 2, 8, 8))).astype(np.float32)


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([(1, 0), (2, 1), (1, (0, 1, 2, 0))]),
    st.sampled_from([1, 2]),
    st.sampled_from([1, 4]),
)
@settings(max_examples=20, deadline=None)
def test_rows_of_what_is_seen_meet_the_weights(seed: int, form: Any, dilation: int, groups: int) -> None:
    rng = np.random.default_rng(seed)
    layer = Conv2d(
        rng.normal(size=(8, 4 // groups, 2, 3)), stride=form[0], padding=form[1], dilation=dilation, groups=groups
    )
    x = rng.normal(size=(3, 4, 7, 8)).astype(np.float32)
    seen, found = layer.unfold(x), layer.apply(x)
    whole = np.zeros((8, 2, 3, 4), dtype=np.float32)
    for output in range(8):
        first = output // (8 // groups) * (4 // groups)
        whole[output, :, :, first : first + 4 // groups] = layer.weight[output].transpose(1, 2, 0)
    expected = seen @ whole.reshape(8, -1).T
    np.testing.assert_allclose(np.moveaxis(found, 1, -1).reshape(-1, 8), expected, rtol=1e-4, atol=1e-5)


def test_layers_that_see_too_much_are_left() -> None:
    nodes = {"in": Input((9000,)), "fc": Linear(np.ones((2, 9000))), "relu": ReLU(), "out": Output()}
    assert layers_to_fit(Network.chain(nodes)) == {}


def by_another_route(seen: Any, wanted: Any, samples: int) -> Any:
    """Ridge regression as an ordinary least-squares problem with more rows: ``(values seen, outputs)``."""
    seen = (seen - seen.mean(axis=0)).astype(np.float64)
    wanted = (wanted - wanted.mean(axis=0)).astype(np.float64)
    held = np.repeat(np.arange(samples) % 4 == 3, len(seen) // samples)

    def solved(rows: Any, ridge: float) -> Any:
        a, b = seen[rows], wanted[rows]
        more = np.sqrt(ridge * (a**2).sum() / a.shape[1])
        a = np.concatenate([a, more * np.eye(a.shape[1])])
        return np.linalg.lstsq(a, np.concatenate([b, np.zeros((a.shape[1], b.shape[1]))]), rcond=None)[0]

    errors = {
        ridge: ((wanted[held] - seen[held] @ solved(~held, ridge)) ** 2).sum() for ridge in (1e-3, 1e-2, 1e-1, 1.0)
    }
    best = min(errors, key=lambda ridge: errors[ridge])
    return solved(slice(None), best) if errors[best] < (wanted[held] ** 2).sum() else None


@pytest.mark.parametrize("kind", ["linear", "conv"])
def test_the_fit_is_that_of_least_squares(kind: str) -> None:
    rng = np.random.default_rng(2)
    layer: Any = Linear(np.zeros((3, 5))) if kind == "linear" else Conv2d(np.zeros((3, 2, 3, 3)), stride=2, padding=1)
    x = rng.random((40, 5) if kind == "linear" else (40, 2, 6, 5)).astype(np.float32)
    seen = x if kind == "linear" else layer.unfold(x)
    wanted = (seen @ rng.normal(size=(seen.shape[1], 3)) + rng.normal(0, 0.5, (len(seen), 3)) + 7).astype(np.float32)
    missing = wanted if kind == "linear" else np.moveaxis(wanted.reshape(40, 3, 3, 3), -1, 1)
    added = fit_weights(layer, x, np.ascontiguousarray(missing))
    assert added is not None
    expected = by_another_route(seen, wanted, 40)
    rows = added.T if kind == "linear" else added.transpose(2, 3, 1, 0).reshape(-1, 3)
    np.testing.assert_allclose(rows, expected, atol=2e-4)


def test_what_inputs_do_not_tell_is_not_fitted() -> None:
    rng = np.random.default_rng(3)
    x, noise = rng.random((64, 30)).astype(np.float32), rng.normal(size=(64, 2)).astype(np.float32)
    assert by_another_route(x, noise, 64) is None
    assert fit_weights(Linear(np.zeros((2, 30))), x, noise) is None
    assert fit_weights(Linear(np.zeros((2, 30))), x, np.full((64, 2), 3, dtype=np.float32)) is None
    assert fit_weights(Linear(np.zeros((2, 30))), np.zeros_like(x), noise) is None
    assert fit_weights(Linear(np.zeros((2, 30))), x[:3], noise[:3]) is None


def test_a_conversion_with_fitted_weights_is_closer_to_its_ann() -> None:
    ann = residual()
    assert layers_to_fit(ann) == {"relu1": "conv1", "relu2": "conv2", "out": "fc"}
    exact = ann_pass(ann, DATA)[0]
    plain, fitted = (
        convert(ann, DATA, "first-spike", window=3, compare=False, fit_weights=fit) for fit in (False, True)
    )
    errors = [np.mean((pysnn.run(made.network, DATA).scores[0] - exact) ** 2) for made in (plain, fitted)]
    assert errors[1] < 0.9 * errors[0]
    assert fitted.ann == ann
    # What enters the first layer has lost nothing, and layers with groups are left as they are.
    kept = [
        name
        for name in ("conv1", "conv2", "grouped")
        if np.array_equal(weight(fitted.network, name), weight(ann, name))
    ]
    assert kept == ["conv1", "grouped"]
    assert fitted.settings["fit_weights"] is True
    assert fitted.network == convert(ann, DATA[::-1], "first-spike", window=3, compare=False, fit_weights=True).network


def weight(network: Network, name: str) -> Any:
    node = network.nodes[name]
    assert isinstance(node, Conv2d | Linear)
    return node.weight


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_fitted_networks_are_diagnosed(precision: Any) -> None:
    conversion = convert(residual(), DATA, "first-spike", window=3, compare=False, fit_weights=True)
    assert [row["e_d"] for row in conversion.errors(DATA, precision=precision).to_dicts()] == [0, 0, 0]


def test_other_values_are_refused() -> None:
    with pytest.raises(DataError, match="fit_weights must be True or False, got 'yes'"):
        convert(residual(), DATA, "first-spike", fit_weights="yes")  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["first-spike", "percentile"])
def test_a_conversion_says_how_far_it_is(method: str) -> None:
    told: list[tuple[int, int]] = []
    convert(residual(), DATA, method, compare=False, progress=lambda *done: told.append(done))
    assert told == [(number, 11) for number in range(11)]
