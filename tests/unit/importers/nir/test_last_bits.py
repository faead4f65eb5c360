"""Decays and rates of a file are the writer's to the last bit."""

import numpy as np
import pytest

from pysnn import DiscreteCubaLIF, DiscreteLIF, Input, Linear, Network, Output, run
from pysnn.importers.nir.fields import Fields
from pysnn.importers.nir.load import make_profile
from tests.unit.importers.nir.graphs import node

ONE, DT_SNNTORCH, DT_NORSE = np.float32(1), np.float32(1e-4), np.float32(1e-3)
COUNT = 200


def lif(tau: np.ndarray, r: object) -> Fields:
    zeros, ones = np.zeros(COUNT, np.float32), np.ones(COUNT, np.float32)
    fields = {"tau": tau, "r": r, "v_leak": zeros, "v_threshold": ones, "v_reset": zeros}
    return Fields("a", node("LIF", **fields), (COUNT,))


@pytest.mark.parametrize("seed", range(3))
def test_betas_of_snntorch(seed: int) -> None:
    """Any beta from 0.5 on: tau = dt / (1 - beta), r = tau / dt, all of it in float32."""
    beta = np.random.default_rng(seed).uniform(0.5, 0.995, COUNT).astype(np.float32)
    tau = DT_SNNTORCH / (ONE - beta)
    found = make_profile("snntorch", reset="subtract").neuron(lif(tau, tau / DT_SNNTORCH))
    assert isinstance(found, DiscreteLIF)
    assert np.array_equal(found.decay, beta)
    assert found.gain == 1.0


def test_rates_of_norse() -> None:
    """Inverse time constants of few digits, as they are given: rate = dt * tau_inv in float32."""
    inverse = np.arange(5, 5 * COUNT + 1, 5).astype(np.float32)
    tau = DT_NORSE / inverse
    found = make_profile("norse").neuron(lif(tau, np.ones(COUNT, np.float32)))
    assert isinstance(found, DiscreteLIF)
    assert np.array_equal(found.rate, DT_NORSE * inverse)
    cuba = {"tau_mem": tau, "tau_syn": tau, "r": np.ones(COUNT), "w_in": np.ones(COUNT), "v_leak": np.zeros(COUNT)}
    spikes = {"v_threshold": np.ones(COUNT), "v_reset": np.zeros(COUNT)}
    other = make_profile("norse").neuron(Fields("a", node("CubaLIF", **cuba, **spikes), (COUNT,)))
    assert isinstance(other, DiscreteCubaLIF)
    assert np.array_equal(other.syn_rate, DT_NORSE * inverse)


def test_decays_of_sinabs() -> None:
    """exp(-1/tau), the quotient and the result rounded to float32."""
    tau = np.linspace(1, 100, COUNT).astype(np.float32)
    found = make_profile("sinabs").neuron(lif(tau, np.ones(COUNT, np.float32)))
    assert isinstance(found, DiscreteLIF)
    quotient = (np.float32(-1) / tau).astype(np.float64)
    assert np.array_equal(found.decay, np.exp(quotient).astype(np.float32))


def test_decays_of_sinabs_are_those_of_pytorch_to_one_unit() -> None:
    """PyTorch's float32 exp is not always rounded correctly: one unit in the last place, in about one of eighty."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (make test-interop)")
    tau = np.random.default_rng(0).uniform(1, 100, 20_000).astype(np.float32)
    theirs = torch.exp(-1.0 / torch.from_numpy(tau)).numpy()
    zeros, ones = np.zeros(len(tau), np.float32), np.ones(len(tau), np.float32)
    values = {"tau": tau, "r": ones, "v_leak": zeros, "v_threshold": ones, "v_reset": zeros}
    found = make_profile("sinabs").neuron(Fields("a", node("LIF", **values), (len(tau),)))
    assert isinstance(found, DiscreteLIF)
    away = np.abs(np.asarray(found.decay).view(np.int32) - theirs.view(np.int32))
    assert away.max() <= 1
    assert 0 < np.mean(away > 0) < 0.02
    off = away > 0
    spikes = [_spikes(decay[off]) for decay in (np.asarray(found.decay), theirs)]
    assert np.mean(spikes[0] != spikes[1]) < 1e-4
    assert spikes[0].any()


def _spikes(decay: np.ndarray) -> np.ndarray:
    """Return what sinabs' LIF neurons with such decays give for random weights."""
    random = np.random.default_rng(1)
    weight = random.normal(size=(len(decay), 12)).astype(np.float32)
    frames = random.integers(0, 2, (100, 16, 12)).astype(np.float32)
    neuron = DiscreteLIF(0.125, decay=decay, gain=ONE - decay, max_spikes=255)
    network = Network.chain({"in": Input((12,)), "fc": Linear(weight), "n": neuron, "out": Output("count")})
    return run(network, frames, record=["n"], coding="frames", steps=100, check_range=False).spikes["n"]


def test_time_constants_of_spikingjelly() -> None:
    tau = np.linspace(1.1, 30, COUNT)
    found = make_profile("spikingjelly").neuron(lif(tau * 1e-4, np.ones(COUNT)))
    assert isinstance(found, DiscreteLIF)
    assert np.array_equal(found.tau, tau.astype(np.float32))
