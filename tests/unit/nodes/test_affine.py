"""Affine: a factor and a shift a channel, in an ANN and in a spiking one."""

from typing import Any

import numpy as np
import pytest

from pysnn import IF, Affine, Conv2d, Input, Network, NetworkError, Node, Output, run

SCALE = np.array([0.5, -2.0, 0.0], dtype=np.float32)
SHIFT = np.array([0.25, 1.5, 1.0], dtype=np.float32)
X = np.random.default_rng(5).normal(size=(4, 3, 4, 5)).astype(np.float32)


def spiking(first: Node, second: Node) -> Network:
    """On a static input, and on spikes."""
    nodes = {
        "in": Input((3, 4, 5)),
        "a": first,
        "if1": IF(),
        "b": second,
        "if2": IF(v_threshold=0.5),
        "out": Output("count"),
    }
    return Network.chain(nodes)


def test_it_is_a_factor_and_a_shift_a_channel() -> None:
    expected = X * SCALE[:, None, None] + SHIFT[:, None, None]
    np.testing.assert_array_equal(Affine(SCALE, SHIFT).apply(X), expected)
    np.testing.assert_array_equal(Affine(SCALE, SHIFT).apply(X[:, :, 0, 0]), expected[:, :, 0, 0])
    np.testing.assert_array_equal(Affine(-2.0, 1.0).apply(X), -2 * X + 1)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_on_spikes_it_is_a_depthwise_convolution(precision: Any) -> None:
    affine, depthwise = Affine(SCALE, SHIFT), Conv2d(SCALE.reshape(3, 1, 1, 1), SHIFT, groups=3)
    found, expected = (
        run(spiking(node, node), X, steps=6, backend="reference", precision=precision).scores
        for node in (affine, depthwise)
    )
    assert found.any()
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("scale", "shift", "message"),
    [
        ([1.0, np.nan], 0.0, "Affine: scale: expected finite"),
        (1.0, [[1.0]], "Affine: shift: expected 1 dimensions"),
        ("2", 0.0, "Affine: scale: expected a NumPy array"),
        (1.0, 1e300, "Affine: shift: expected finite"),
    ],
    ids=["nan", "matrix", "text", "large"],
)
def test_bad_fields(scale: object, shift: object, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        Affine(scale, shift)


@pytest.mark.parametrize("node", [Affine([1.0, 2.0]), Affine(1.0, [1.0, 2.0])], ids=["scale", "shift"])
def test_the_number_of_channels_is_checked(node: Node) -> None:
    with pytest.raises(NetworkError, match=r"Affine 'n': s\w+: expected one value or 3 \(one per channel\), got 2"):
        Network.chain({"in": Input((3,)), "n": node, "out": Output()})
