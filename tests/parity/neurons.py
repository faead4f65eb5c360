"""Random neurons: every member of the family, with one number for a parameter, one per channel, or one per neuron."""

from typing import Any

import numpy as np

import pysnn
from tests.parity.dice import Dice

__all__ = ["random_neuron"]


_SILENT = ("LI", "CubaLI", "I", "DiscreteLI", "DiscreteCubaLI")


class _Drawn:
    """Parameters for a map."""

    def __init__(self, dice: Dice, shape: tuple[int, ...]) -> None:
        self.dice = dice
        self.full = (*shape, 1, 1)[:3]
        self.per_neuron = dice.between(0, 4) == 0

    def __call__(self, low: float, high: float) -> Any:
        if not self.per_neuron or self.dice.flag():
            return self.dice.parameter(self.full[0], low, high)
        return self.dice.rng.uniform(low, high, self.full).astype(np.float32)


def random_neuron(dice: Dice, shape: tuple[int, ...], precision: str) -> pysnn.IF:
    """Return a neuron that a precision can run on a map of some shape."""
    drawn = _Drawn(dice, shape)
    real = precision == "float32"
    kinds = ["IF", "LIF", "LIF", "DiscreteLIF", "Lapicque", "Threshold"]
    kind = dice.one_of([*kinds, "CubaLIF", "DiscreteCubaLIF", "ALIF", *_SILENT] if real else kinds)
    own = _OWN[kind](dice, drawn) if kind in _OWN else {}
    if kind in _SILENT:
        common: dict[str, Any] = {"v_init": drawn(-1, 1.5)}
    elif kind == "Threshold":
        common = {"v_threshold": drawn(0.25, 2), "compare": dice.one_of([">=", ">"])}
    else:
        common = _spiking(dice, drawn, plain=kind == "ALIF")
    node: pysnn.IF = getattr(pysnn, kind)(**common, **own)
    return node


def _spiking(dice: Dice, drawn: _Drawn, *, plain: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "v_threshold": drawn(0.25, 2),
        "v_init": drawn(-1, 1.5),
        "compare": dice.one_of([">=", ">"]),
        "reset": dice.one_of(["subtract", "subtract", "zero", "none"]),
    }
    if fields["reset"] == "zero":
        fields["v_reset"] = drawn(-1, 0.125)
    if dice.between(0, 3) == 0:
        fields["floor"] = -1.25
    options = ["plain", "plain", "refractory"] + ([] if plain else ["late", "count"])
    option = dice.one_of(options)
    if option == "late" and fields["reset"] != "none":
        fields["reset_time"] = "late" if fields["reset"] == "zero" else dice.one_of(["late", "both"])
    elif option == "count":
        fields |= {"compare": ">=", "max_spikes": dice.one_of([2, 7])}
    elif option == "refractory":
        fields["refractory"] = dice.one_of([1, 3])
    return fields


def _lif(dice: Dice, drawn: _Drawn) -> dict[str, Any]:
    del dice
    return {"tau": drawn(1, 10), "r": drawn(0.5, 2), "v_leak": drawn(-0.5, 0.5)}


def _cuba(dice: Dice, drawn: _Drawn) -> dict[str, Any]:
    leak = _lif(dice, drawn)
    return {
        "tau_mem": leak["tau"],
        "r": leak["r"],
        "v_leak": leak["v_leak"],
        "tau_syn": drawn(1, 5),
        "w_in": drawn(-0.5, 2),
    }


def _discrete(dice: Dice, drawn: _Drawn) -> dict[str, Any]:
    formula = dice.one_of(["euler", "relax", "box", "plain"])
    if formula == "euler":
        return {"decay": drawn(0.25, 1), "gain": dice.rng.uniform(0.5, 2), "drive": drawn(-0.25, 0.25)}
    share = {"rate": dice.rng.uniform(0.125, 1)}
    by = share if formula == "box" or dice.flag() else {"tau": dice.rng.uniform(1, 5)}
    return {"formula": formula, "v_leak": drawn(-0.5, 0.5), **by}


def _discrete_cuba(dice: Dice, drawn: _Drawn) -> dict[str, Any]:
    current = dice.one_of(["decay_first", "decay_last", "jump"])
    own: dict[str, Any] = {"syn_rate": drawn(0.125, 1)} if current == "jump" else {"syn_decay": drawn(0.25, 1)}
    if current == "decay_first":
        own["syn_gain"] = drawn(-0.5, 2)
    return {"current": current, **own, **_discrete(dice, drawn)}


def _lapicque(dice: Dice, drawn: _Drawn) -> dict[str, Any]:
    return {
        "r": dice.rng.uniform(1, 3),
        "c": dice.rng.uniform(1, 3),
        "time_step": drawn(0.25, 1) if dice.flag() else 1.0,
    }


_OWN: dict[str, Any] = {
    "LIF": _lif,
    "ALIF": lambda dice, drawn: {**_lif(dice, drawn), "tau_adapt": drawn(1, 8), "jump": drawn(0, 0.5)},
    "LI": _lif,
    "CubaLIF": _cuba,
    "CubaLI": _cuba,
    "DiscreteLIF": _discrete,
    "DiscreteLI": _discrete,
    "DiscreteCubaLI": _discrete_cuba,
    "DiscreteCubaLIF": _discrete_cuba,
    "Lapicque": _lapicque,
}
