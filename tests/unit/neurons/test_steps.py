"""Trains worked out by hand, one for each member of the family, on every backend."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

import pysnn
from pysnn import (
    ALIF,
    IF,
    LI,
    LIF,
    CubaLI,
    DiscreteCubaLI,
    DiscreteCubaLIF,
    DiscreteLI,
    DiscreteLIF,
    I,
    Input,
    Lapicque,
    Network,
    Output,
    Threshold,
)
from pysnn.backends import available_backends

f32 = partial(np.array, dtype=np.float32)
BACKENDS = pytest.mark.parametrize("backend", available_backends())


@dataclass(frozen=True)
class Train:
    """What enters at each step, and the spikes and the potentials behind it."""

    node: IF
    currents: Sequence[float]
    spikes: list[int]
    potentials: Sequence[float]


HIGH = 16.0
TRAINS = {
    "late subtract": Train(IF(reset_time="late"), [0.75] * 6, [0, 1, 1, 1, 0, 1], [0.75, 1.5, 1.25, 1.0, 0.75, 1.5]),
    "late zero": Train(
        IF(reset="zero", v_reset=0.25, reset_time="late"), [0.75] * 5, [0, 1, 0, 1, 0], [0.75, 1.5, 0.25, 1.0, 0.25]
    ),
    "late above": Train(IF(reset_time="late", compare=">"), [0.5] * 4, [0, 0, 1, 0], [0.5, 1.0, 1.5, 1.0]),
    "both": Train(IF(reset_time="both"), [2.5, 0, 0, 0.25], [1, 0, 0, 0], [1.5, 1.5, 1.5, 1.75]),
    "no reset": Train(IF(reset="none"), [0.75] * 3, [0, 1, 1], [0.75, 1.5, 2.25]),
    "several": Train(IF(max_spikes=3), [2.5, 0.75, 5, 0], [2, 1, 3, 2], [0.5, 0.25, 2.25, 0.25]),
    "several, zero": Train(IF(max_spikes=3, reset="zero", v_reset=0.5), [2.5, 0.25], [2, 0], [0.5, 0.75]),
    "floor": Train(IF(floor=-0.5), [-2, 0.25, -0.5], [0, 0, 0], [-0.5, -0.25, -0.5]),
    "refractory": Train(IF(refractory=2), [0.75] * 5, [0, 1, 0, 0, 1], [0.75, 0.5, 0.5, 0.5, 0.25]),
    "relax, rate": Train(DiscreteLIF(HIGH, rate=0.5, formula="relax", v_leak=0.5), [1, 1], [0, 0], [0.75, 1.125]),
    "relax, tau": Train(DiscreteLIF(HIGH, tau=2.0, formula="relax", v_leak=0.5), [1, 1], [0, 0], [0.75, 1.125]),
    "box": Train(DiscreteLIF(HIGH, rate=0.5, formula="box", v_leak=0.5), [1, 1], [0, 0], [0.75, 1.125]),
    "plain, rate": Train(DiscreteLIF(HIGH, rate=0.5, formula="plain", v_leak=0.5), [1, 1], [0, 0], [1.25, 1.875]),
    "plain, tau": Train(DiscreteLIF(HIGH, tau=2.0, formula="plain", v_leak=0.5), [1, 1], [0, 0], [1.25, 1.875]),
    "euler": Train(DiscreteLIF(HIGH, decay=0.5, gain=2.0, drive=0.25), [1, 1], [0, 0], [2.25, 3.375]),
    "lapicque": Train(Lapicque(HIGH, r=2.0, c=2.0), [1, 1], [0, 0], [0.5, 0.875]),
    "decay first": Train(DiscreteCubaLIF(HIGH, decay=0.5, syn_decay=0.5), [1, 0], [0, 0], [1.0, 1.0]),
    "decay last": Train(
        DiscreteCubaLIF(HIGH, decay=0.5, syn_decay=0.5, current="decay_last"), [1, 0], [0, 0], [0.5, 0.5]
    ),
    "jump": Train(
        DiscreteCubaLIF(HIGH, rate=0.5, formula="relax", current="jump", syn_rate=0.25), [1, 0], [0, 0], [0.5, 0.625]
    ),
    "adaptive": Train(ALIF(tau=2.0, r=2.0, tau_adapt=2.0, jump=0.5), [1, 1, 1, 1], [1, 0, 1, 0], [0, 1.0, 0.5, 1.25]),
    "threshold": Train(Threshold(0.5), [0.5, 0.25, 1], [1, 0, 1], [0.5, 0.25, 1.0]),
    "threshold above": Train(Threshold(0.5, compare=">"), [0.5, 0.25, 1], [0, 0, 1], [0.5, 0.25, 1.0]),
}

NEVER = {
    "I": (I(v_init=0.5), [1, -2], [1.5, -0.5]),
    "LI": (LI(tau=2.0, r=2.0), [1, 1], [1.0, 1.5]),
    "CubaLI": (CubaLI(tau_mem=2.0, tau_syn=2.0, r=2.0, w_in=2.0), [1, 0], [1.0, 1.0]),
    "DiscreteLI": (DiscreteLI(rate=0.5, formula="plain"), [1, 1], [1.0, 1.5]),
    "DiscreteCubaLI": (
        DiscreteCubaLI(rate=0.5, formula="relax", current="jump", syn_rate=0.25, v_leak=1.0),
        [1, 0],
        [1.0, 1.375],
    ),
}


def frames(currents: Sequence[float], channels: int = 17) -> Any:
    """The same current into some neurons."""
    return np.tile(f32(currents)[:, None, None], (1, 1, channels))


@BACKENDS
@pytest.mark.parametrize("name", TRAINS)
def test_a_train_worked_out_by_hand(name: str, backend: str) -> None:
    train = TRAINS[name]
    net = Network.chain({"in": Input((17,)), "n": train.node, "out": Output("count")})
    how: Any = {"coding": "frames", "dt": 1.0, "backend": backend, "record": ["n"], "record_potentials": ["n"]}
    result = pysnn.run(net, frames(train.currents), steps=len(train.currents), **how)
    for channel in (0, 16):
        assert result.spikes["n"][:, 0, channel, 0, 0].tolist() == train.spikes
        assert result.potentials["n"][:, 0, channel, 0, 0].tolist() == train.potentials
    assert result.scores[0, 0, 3] == sum(train.spikes)


@BACKENDS
@pytest.mark.parametrize("name", NEVER)
def test_a_neuron_that_never_fires_gives_its_potential(name: str, backend: str) -> None:
    node, currents, potentials = NEVER[name]
    net = Network.chain({"in": Input((17,)), "n": node, "out": Output("potential")})
    how: Any = {"coding": "frames", "dt": 1.0, "backend": backend, "record_potentials": ["n"], "probe": True}
    result = pysnn.run(net, frames(currents), steps=[1, 2], **how)
    assert result.potentials["n"][:, 0, 16, 0, 0].tolist() == potentials
    assert result.scores[:, 0, 16].tolist() == [potentials[0], sum(potentials)]
    counts = dict(zip(pysnn.schemas.COUNT_FIELDS, result.counts[-1].sum(axis=0).tolist(), strict=True))
    assert (counts["updates"], counts["spikes"], counts["silent"], counts["saturated"]) == (34, 0, 0, 0)
    assert net.neurons == ()
    with pytest.raises(pysnn.DataError, match="record: there is no neuron 'n'; there are none"):
        pysnn.run(net, frames(currents), steps=2, **how | {"record": ["n"]})


@BACKENDS
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_each_neuron_may_have_its_own_threshold(precision: Any, backend: str) -> None:
    threshold = f32([[[0.25, 0.5], [1.0, 4.0]], [[4.0, 0.5], [0.25, 2.0]]])
    net = Network.chain({"in": Input((2, 2, 2)), "n": IF(threshold, v_init=[0.0, 0.25]), "out": Output("count")})
    result = pysnn.run(
        net, np.ones((1, 2, 2, 2), np.float32) * 0.5, steps=8, precision=precision, backend=backend, check_range=False
    )
    expected = np.minimum(8, ((4 + f32([0, 0.25])[:, None, None]) / threshold).astype(int))
    assert result.scores[0, 0].reshape(2, 2, 2).tolist() == expected.tolist()


@BACKENDS
@pytest.mark.parametrize(
    "name", ["late subtract", "late zero", "both", "no reset", "several", "floor", "refractory", "threshold"]
)
def test_integers_do_the_same_on_a_grid(name: str, backend: str) -> None:
    """Spikes of weight 1/128 count what enters in 128ths, so that nothing is rounded."""
    train = TRAINS[name]
    currents = [current if current > 0 else current / 2 for current in train.currents]
    positive, negative = (f32([max(0, sign * current) * 4 for current in currents]).astype(int) for sign in (1, -1))
    spikes = np.stack([positive, negative], axis=1)[:, None, :]
    layer = pysnn.Linear([[0.25, -0.25]])
    net = Network.chain({"in": Input((2,)), "fc": layer, "n": train.node, "out": Output("count")})
    how: Any = {"coding": "spikes", "steps": len(currents), "dt": 1.0, "record": ["n"], "record_potentials": ["n"]}
    real = pysnn.run(net, spikes, backend="reference", **how)
    whole = pysnn.run(net, spikes, precision="int8", backend=backend, **how)
    assert whole.spikes["n"].tolist() == real.spikes["n"].tolist()
    unit = 0.25 / 127
    np.testing.assert_allclose(whole.potentials["n"] * unit, real.potentials["n"], atol=3 * unit)


BAD: list[tuple[type[Any], dict[str, Any], str]] = [
    (IF, {"reset": "soft"}, "IF: reset must be one of subtract, zero, none, got 'soft'"),
    (IF, {"reset_time": "soon"}, "IF: reset_time must be one of now, late, both, got 'soon'"),
    (IF, {"reset_time": "both", "reset": "zero"}, "IF: reset_time 'both' goes with reset 'subtract', got 'zero'"),
    (IF, {"reset_time": "late", "reset": "none"}, "IF: reset 'none' has no reset_time, got 'late'"),
    (IF, {"reset": "none", "v_reset": 0.5}, "IF: v_reset is used by reset='zero' only"),
    (IF, {"max_spikes": 0}, "IF: max_spikes must be an integer in 1..255, got 0"),
    (IF, {"max_spikes": 2.0}, "IF: max_spikes must be an integer in 1..255, got 2.0"),
    (IF, {"max_spikes": 2, "compare": ">"}, "IF: max_spikes above 1 goes with"),
    (IF, {"refractory": -1}, r"IF: refractory must be whole steps in 0\.\.1048576, got -1.0"),
    (IF, {"refractory": 0.5}, "IF: refractory must be whole steps"),
    (IF, {"refractory": 1, "reset_time": "late"}, "IF: refractory steps go with reset_time 'now', got 'late'"),
    (IF, {"floor": 0.5}, "IF: floor must be at most v_init"),
    (
        IF,
        {"v_threshold": np.ones((2, 2))},
        r"IF: v_threshold: expected a number, one per channel, one per neuron .*, got the shape \(2, 2\)",
    ),
    (IF, {"v_threshold": np.zeros((1, 1, 1))}, "IF: v_threshold must be positive, got 0"),
    (ALIF, {"jump": -1}, "ALIF: jump must be at least 0, got -1.0"),
    (ALIF, {"reset_time": "late"}, "ALIF: an adaptive threshold goes with reset_time 'now'"),
    (DiscreteLIF, {}, "DiscreteLIF: formula 'euler' takes decay, got neither"),
    (DiscreteLIF, {"decay": 0.5, "formula": "relax"}, "DiscreteLIF: formula 'relax' takes rate or tau, got decay"),
    (DiscreteLIF, {"decay": 0.5, "rate": 0.5}, "DiscreteLIF: formula 'euler' takes decay, got decay and rate"),
    (DiscreteLIF, {"decay": 1.5}, r"DiscreteLIF: decay must be in -1\.\.1, got 1\.5"),
    (DiscreteLIF, {"rate": 0.5, "formula": "relax", "gain": 2.0}, "DiscreteLIF: formula 'relax' has no gain, got 2.0"),
    (DiscreteLIF, {"decay": 0.5, "v_leak": 0.5}, "DiscreteLIF: formula 'euler' has no v_leak, got 0.5"),
    (DiscreteLIF, {"tau": 0.5, "formula": "plain"}, "DiscreteLIF: tau must be at least 1 step, got 0.5"),
    (DiscreteLIF, {"rate": 2, "formula": "box"}, "DiscreteLIF: rate must be at most 1, got 2.0"),
    (
        DiscreteLIF,
        {"formula": "exact", "decay": 0.5},
        "DiscreteLIF: formula must be one of euler, relax, box, plain, got 'exact'",
    ),
    (DiscreteCubaLIF, {"decay": 0.5}, "DiscreteCubaLIF: current 'decay_first' takes syn_decay and no syn_rate"),
    (
        DiscreteCubaLIF,
        {"decay": 0.5, "current": "jump", "syn_decay": 0.5},
        "DiscreteCubaLIF: current 'jump' takes syn_rate",
    ),
    (
        DiscreteCubaLIF,
        {"decay": 0.5, "current": "decay_last", "syn_decay": 0.5, "syn_gain": 2},
        "'decay_last' has no syn_gain",
    ),
    (LI, {"v_threshold": 2.0}, "LI: it never fires, and takes no v_threshold"),
    (I, {"refractory": 2}, "I: it never fires, and takes no refractory"),
    (Threshold, {"reset": "zero"}, "Threshold: it has no memory"),
    (Threshold, {"floor": -1.0}, "Threshold: it has no memory"),
]


@pytest.mark.parametrize(("kind", "fields", "message"), BAD)
def test_what_is_refused(kind: type[Any], fields: dict[str, Any], message: str) -> None:
    with pytest.raises(pysnn.NetworkError, match=message):
        kind(**fields)


def test_a_value_a_neuron_must_fit_the_map() -> None:
    with pytest.raises(
        pysnn.NetworkError, match=r"IF 'n': v_threshold: expected one value, 2 .* or \(2, 1, 1\) .*, got \(2, 3, 1\)"
    ):
        Network.chain({"in": Input((2,)), "n": IF(np.ones((2, 3, 1))), "out": Output("count")})
    with pytest.raises(pysnn.NetworkError, match="Lapicque 'n': time_step must be at most r c, got 2"):
        Lapicque(time_step=2.0).parameters((1,), "n", None)
    with pytest.raises(pysnn.PlanError, match=r"ALIF 'a': dt must be at most tau_adapt"):
        ALIF(tau_adapt=0.001).parameters((1,), "a", 0.01)


def test_int8_refuses_what_has_no_integer_meaning() -> None:
    for node in (ALIF(), LI(), DiscreteCubaLIF(decay=0.5, syn_decay=0.5)):
        net = Network.chain({"in": Input((2,)), "n": node, "out": Output("potential")})
        with pytest.raises(pysnn.PlanError, match=f"{node.title} 'n': int8 networks have no synaptic currents"):
            pysnn.run(net, np.ones((1, 2)), steps=1, dt=0.001, precision="int8")
    net = Network.chain({"in": Input((2,)), "n": DiscreteLIF(decay=0.5, gain=-1.0), "out": Output("count")})
    with pytest.raises(pysnn.PlanError, match="DiscreteLIF 'n': int8 networks need a positive factor of the current"):
        pysnn.run(net, np.ones((1, 2)), steps=1, precision="int8")
    gains = f32([[[1.0, 2.0]]])
    net = Network.chain({"in": Input((1, 1, 2)), "n": LIF(r=gains), "out": Output("count")})
    with pytest.raises(
        pysnn.PlanError, match="LIF 'n': int8 networks need a positive factor of the current, one per channel"
    ):
        pysnn.run(net, np.ones((1, 1, 1, 2)), steps=1, dt=0.001, precision="int8")
