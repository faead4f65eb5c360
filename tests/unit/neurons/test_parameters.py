"""What neurons give to a plan."""

import numpy as np
import pytest

import pysnn
from pysnn import IF, LIF
from pysnn.errors import NetworkError
from pysnn.nodes.neuron_model import NeuronModel


def test_one_value_is_spread_over_the_channels() -> None:
    found = IF(2.0, v_init=[0.0, 0.5, 1.0], reset="zero", v_reset=-1).parameters((3,), "a", None)
    assert found.threshold.tolist() == [2.0, 2.0, 2.0]
    assert found.v_init.tolist() == [0.0, 0.5, 1.0]
    assert found.v_reset.tolist() == [-1.0, -1.0, -1.0]
    assert all(array.dtype == np.float32 for array in (found.threshold, found.v_init, found.v_reset))
    assert found.model == NeuronModel(reset="zero")
    assert found.constants == {}


def test_leak_in_float64() -> None:
    found = LIF(tau=[1.0, 0.5], r=4.0, v_leak=[1.0, -2.0]).parameters((2,), "a", 0.25)
    assert found.model == NeuronModel(leak="euler")
    decay, gain, drive = (found.constants[name] for name in ("decay", "gain", "drive"))
    assert decay.dtype == np.float64
    assert (decay.tolist(), gain.tolist(), drive.tolist()) == ([0.75, 0.5], [1.0, 2.0], [0.25, -1.0])


@pytest.mark.parametrize("node", [IF(0.1), LIF(0.1, tau=0.2, r=0.7, v_leak=0.3)])
def test_numbers_are_those_of_float32(node: IF) -> None:
    assert node.v_threshold == float(np.float32(0.1))
    if isinstance(node, LIF):
        assert (node.tau, node.r, node.v_leak) == tuple(float(np.float32(x)) for x in (0.2, 0.7, 0.3))


def test_dt_is_refused_by_name_and_only_where_it_matters() -> None:
    IF().parameters((1,), "a", None)
    with pytest.raises(pysnn.PlanError, match=r"LIF 'a': .*needs dt"):
        LIF().parameters((1,), "a", None)
    with pytest.raises(pysnn.PlanError, match=r"LIF 'a': dt must be at most tau, got dt=0\.3"):
        LIF(tau=[1.0, 0.25]).parameters((2,), "a", 0.3)


def test_a_reset_to_a_value_has_two_names() -> None:
    named, older = (IF(1.0, reset=name, v_reset=0.25) for name in ("value", "zero"))
    assert repr(named) == repr(older)
    with pytest.raises(NetworkError, match="reset='zero' only"):
        IF(1.0, reset="subtract", v_reset=0.25)
