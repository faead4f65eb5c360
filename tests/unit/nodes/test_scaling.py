"""Scaling of an input: float64, operation by operation, before anything is float32."""

import re
from typing import Any

import numpy as np
import pytest

from pysnn import IF, DataError, Events, Input, Linear, Network, NetworkError, Output, ReLU, run
from pysnn.ann import ann_pass
from pysnn.convert.recovered_ann import ann_digest
from pysnn.encode.batch import input_values
from pysnn.files import psnn

SCALING = (("subtract", [1.7e12, 0.0]), ("divide", [1000.0, 2.0]), ("at_least", [-1.0, -1.0]), ("at_most", [1.0, 0.5]))


def network(node: Input) -> Network:
    return Network.chain({"in": node, "fc": Linear(np.eye(2)), "if": IF(), "out": Output("potential")})


def test_operations_come_in_order_and_are_float64() -> None:
    node = Input((2,), scaling=SCALING)
    x = np.array([[1_700_000_000_250, 1], [1_699_999_000_000, -1], [1_800_000_000_000, 4]])
    values = input_values(node, x)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, np.array([[0.25, 0.5], [-1, -0.5], [1, 0.5]]))
    order = Input((1,), scaling=[("multiply", [2.0]), ("add", [1.0]), ("multiply", [3.0])])
    np.testing.assert_array_equal(input_values(order, np.array([[1.0]])), [[9.0]])


def test_a_map_has_a_value_a_channel() -> None:
    node = Input((2, 1, 2), scaling=[("subtract", [1e9, 2e9])])
    x = np.array([[[[1e9 + 1, 1e9 + 2]], [[2e9 + 3, 2e9 + 4]]]])
    np.testing.assert_array_equal(input_values(node, x).ravel(), [1, 2, 3, 4])


def test_integers_beyond_float32_and_floats_beyond_it_reach_the_scaling() -> None:
    node = Input((1,), scaling=[("multiply", [1e-300])])
    np.testing.assert_array_equal(input_values(node, np.array([[1e300]])), [[1.0]])
    net = Network.chain({"in": node, "out": Output()})
    np.testing.assert_array_equal(ann_pass(net, np.array([[2e300]]))[0], [[2.0]])
    with pytest.raises(DataError, match="leaves float32 behind its scaling"):
        ann_pass(Network.chain({"in": Input((1,), scaling=[("divide", [1e-9])]), "out": Output()}), np.array([[1e38]]))


@pytest.mark.parametrize(
    ("scaling", "words"),
    [
        ("subtract", "expected pairs (operation, values), got str"),
        ([("subtract",)], "expected pairs (operation, values), got ('subtract',)"),
        ([("power", [1.0, 1.0])], "expected one of subtract, add, multiply, divide, at_least, at_most, got 'power'"),
        ([("add", [1.0])], "add needs 2 finite values (one per channel), got [1.0]"),
        ([("add", [1.0, np.nan])], "add needs 2 finite values (one per channel)"),
        ([("divide", [1.0, 0.0])], "divide needs values that are not 0, got 0 at 1"),
        ([("add", ["a", "b"])], "scaling: add: expected numbers"),
    ],
)
def test_other_scaling_is_refused(scaling: Any, words: str) -> None:
    with pytest.raises(NetworkError, match=re.escape(words)):
        Input((2,), scaling=scaling)


def test_scaling_stands_for_mean_and_std_and_not_beside_them() -> None:
    with pytest.raises(NetworkError, match="expected mean and std, or scaling, got both"):
        Input((2,), mean=[0, 0], std=[1, 1], scaling=SCALING)
    assert Input((2,), scaling=()).scaling is None


def test_spikes_and_rates_do_not_go_through_scaling() -> None:
    net = network(Input((2,), scaling=SCALING))
    with pytest.raises(DataError, match="given spikes cannot be normalised, and the input has scaling"):
        run(net, Events.from_dense(np.ones((2, 1, 2), np.uint8)), steps=2, coding="events")
    with pytest.raises(DataError, match="Poisson rates cannot be normalised, and the input has scaling"):
        run(net, np.ones((1, 2)), steps=2, coding="poisson")


def test_a_file_holds_it_and_a_network_without_is_the_file_that_it_was() -> None:
    net = network(Input((2,), scaling=SCALING))
    again = psnn.loads(psnn.dumps(net)).network
    assert again == net
    assert again.input.scaling[0][1].dtype == np.float64
    assert not again.input.scaling[0][1].flags.writeable
    assert net != network(Input((2,), scaling=SCALING[:2]))
    plain = network(Input((2,)))
    assert b"scaling" not in psnn.dumps(plain)


def test_a_digest_counts_scaling_and_is_the_one_of_before_without() -> None:
    plain = Network.chain({"in": Input((2,), [0.5, 0.25], [1, 2]), "r": ReLU(), "out": Output()})
    assert ann_digest(plain) == "182b6047f4465b347aa0f91e1af17b394bcea91ba32b0125b6f6f069ced1077b"
    digests = {ann_digest(plain.replace({"in": Input((2,), scaling=SCALING[:n])})) for n in range(5)}
    assert len(digests) == 5


def test_a_mean_that_float32_moves_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"mean 1.7e[+]12 is too large for float32 beside std 1000 \(channel 0\)"):
        Input((2,), mean=[1_700_000_000_123, 0], std=[1000, 1])
    assert Input((2,), mean=[0.485, 1e6], std=[0.229, 0.1]).mean is not None


@pytest.mark.parametrize("kind", ["float64", "int64", "int32"])
def test_data_that_float32_cannot_hold_apart_are_warned_of(kind: str) -> None:
    x = np.array([[1, 1.7e9], [2, 1.7e9 + 3000]] * 4).astype(kind)
    with pytest.warns(UserWarning, match="Input 'in': channel 1 lies around 1.7e[+]09 and varies by 3000 only"):
        ann_pass(Network.chain({"in": Input((2,)), "out": Output()}), x)


@pytest.mark.parametrize(
    "x",
    [
        np.array([[1, 1.7e9], [2, 1.7e9]] * 4),
        np.array([[0, 16_000_000], [1, 16_000_003]] * 4),
        np.array([[0, 1.7e9], [0, 0.0]] * 4),
        np.array([[0, 1.7e9], [0, 1.7e9 + 3000]] * 4, dtype=np.float32),
        np.array([[0, 1.7e9], [0, 1.7e9 + 3000]]),
    ],
)
def test_data_that_lose_nothing_are_not(x: Any) -> None:
    ann_pass(Network.chain({"in": Input((2,)), "out": Output()}), x)
