"""Neurons that are given by the numbers of their step, as libraries for training have them: no ``dt``, and each library's order of operations."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import NetworkError
from pysnn.neurons.if_ import IF
from pysnn.neurons.lif import euler
from pysnn.neurons.parameters import check_choice, check_positive, take_parameters
from pysnn.nodes.base import Shape
from pysnn.nodes.neuron_model import SYNAPSES, Leak, NeuronModel

__all__ = ["DiscreteCubaLIF", "DiscreteLIF"]

FORMULAS = ("euler", "relax", "box", "plain")
_BY: Mapping[str, Mapping[str, Leak]] = {
    "euler": {"decay": "euler"},
    "relax": {"rate": "relax", "tau": "relax_divided"},
    "box": {"rate": "box"},
    "plain": {"rate": "plain", "tau": "plain_divided"},
}
"""For each formula, the number that it takes, and the leak that this makes."""


@dataclass(frozen=True, eq=False)
class DiscreteLIF(IF):
    """Leaky integrate-and-fire by the numbers of its step; no ``dt`` is needed. Threshold and reset as in :class:`IF`.

    The formulas are the same neuron in other orders of float32 operations, each rounded in the order of its brackets:

    * ``"euler"``: ``(decay v + gain I) + drive``;
    * ``"relax"``: ``v + rate ((v_leak - v) + I)``, or ``v + ((v_leak - v) + I) / tau``;
    * ``"box"``: ``v + rate ((I + v_leak) - v)``;
    * ``"plain"``: ``(v + rate (v_leak - v)) + I``, or ``(v + (v_leak - v) / tau) + I``.

    Parameters
    ----------
    decay
        What remains of the potential, for ``"euler"``.
    rate
        Share of the way to its goal that the potential goes in a step (``dt / tau``), 0..1; for the other formulas.
    tau
        Time constant in steps, at least 1, which divides, in the place of ``rate``.
    gain, drive
        Factor of the current, and what is added at each step; for ``"euler"``.
    v_leak
        Potential that the leak pulls to; for the other formulas.
    formula
        The order of operations.

    Examples
    --------
    >>> neuron = DiscreteLIF(decay=0.9, reset_time="late", compare=">")  # snnTorch's Leaky(beta=0.9)
    >>> neuron.model.leak, DiscreteLIF(formula="relax", tau=2.0).model.leak
    ('euler', 'relax_divided')
    """

    decay: Any = None
    rate: Any = None
    tau: Any = None
    gain: Any = 1.0
    drive: Any = 0.0
    v_leak: Any = 0.0
    formula: str = "euler"

    def __post_init__(self) -> None:
        check_choice(self, "formula", FORMULAS)
        given = [key for key in ("decay", "rate", "tau") if getattr(self, key) is not None]
        if len(given) != 1 or given[0] not in _BY[self.formula]:
            raise NetworkError(
                f"{self.title}: formula '{self.formula}' takes {' or '.join(_BY[self.formula])}, got {' and '.join(given) or 'neither'}"
            )
        take_parameters(self, (*given, "gain", "drive", "v_leak"))
        for key in ("v_leak",) if self.formula == "euler" else ("gain", "drive"):
            if np.any(np.asarray(getattr(self, key)) != (1.0 if key == "gain" else 0.0)):
                raise NetworkError(f"{self.title}: formula '{self.formula}' has no {key}, got {getattr(self, key)}")
        _check_number(self, given[0])
        super().__post_init__()

    @property
    def model(self) -> NeuronModel:
        """The stages of its step."""
        return replace(super().model, leak=self.leak)

    @property
    def leak(self) -> Leak:
        """How the potential takes the current in."""
        return next(leak for key, leak in _BY[self.formula].items() if getattr(self, key) is not None)

    def _constants(self, shape: Shape, what: str, dt: float | None) -> dict[str, NDArray[np.float64]]:
        del dt
        if self.formula == "euler":
            return {key: self._wide(key, shape, what) for key in ("decay", "gain", "drive")}
        key = "rate" if self.tau is None else "tau"
        number, v_leak = self._wide(key, shape, what), self._wide("v_leak", shape, what)
        fraction = number if key == "rate" else 1.0 / number
        r = 1.0 / fraction if self.formula == "plain" else np.ones_like(fraction)
        return {**euler(fraction, r, v_leak), key: number, "v_leak": v_leak}


@dataclass(frozen=True, eq=False)
class DiscreteCubaLIF(DiscreteLIF):
    """Current-based leaky integrate-and-fire by the numbers of its step; no ``dt`` is needed. It runs in precision ``"float32"``.

    The potential takes in the synaptic current ``i`` in the place of ``I``, by one of the formulas of :class:`DiscreteLIF`. ``i`` starts at 0; a
    spike leaves it as it is.

    Parameters
    ----------
    current
        ``"decay_first"``: ``i = syn_decay i + syn_gain I``, taken in. ``"decay_last"``: ``i = syn_decay (i + I)``, taken in.
        ``"jump"``: ``i + I`` is taken in, and becomes ``i = (i + I) - syn_rate (i + I)`` behind that.
    syn_decay
        What remains of the current.
    syn_gain
        Factor of what enters; for ``"decay_first"``.
    syn_rate
        Share of the current that decays, for ``"jump"``, in the place of ``syn_decay``.

    Examples
    --------
    >>> neuron = DiscreteCubaLIF(decay=0.9, syn_decay=0.8, reset_time="late", compare=">")  # snnTorch's Synaptic
    >>> neuron.state
    ('v', 'i')
    """

    current: str = "decay_first"
    syn_decay: Any = None
    syn_gain: Any = 1.0
    syn_rate: Any = None

    _WORDS: ClassVar[tuple[str, ...]] = SYNAPSES[1:]

    def __post_init__(self) -> None:
        check_choice(self, "current", self._WORDS)
        key = "syn_rate" if self.current == "jump" else "syn_decay"
        other = "syn_decay" if self.current == "jump" else "syn_rate"
        if getattr(self, key) is None or getattr(self, other) is not None:
            raise NetworkError(f"{self.title}: current '{self.current}' takes {key} and no {other}")
        take_parameters(self, (key, "syn_gain"))
        if self.current != "decay_first" and np.any(np.asarray(self.syn_gain) != 1.0):
            raise NetworkError(f"{self.title}: current '{self.current}' has no syn_gain, got {self.syn_gain}")
        super().__post_init__()

    @property
    def model(self) -> NeuronModel:
        """The stages of its step."""
        return replace(super().model, synapse=self.current)  # type: ignore[arg-type]

    def _constants(self, shape: Shape, what: str, dt: float | None) -> dict[str, NDArray[np.float64]]:
        keys = {"decay_first": ("syn_decay", "syn_gain"), "decay_last": ("syn_decay",), "jump": ("syn_rate",)}[
            self.current
        ]
        return {**super()._constants(shape, what, dt), **{key: self._wide(key, shape, what) for key in keys}}


def _check_number(node: DiscreteLIF, key: str) -> None:
    value = np.asarray(getattr(node, key))
    if key == "tau" and value.min() < 1:
        raise NetworkError(f"{node.title}: tau must be at least 1 step, got {float(value.min())}")
    if key == "rate":
        check_positive(node, ("rate",))
        if value.max() > 1:
            raise NetworkError(f"{node.title}: rate must be at most 1, got {float(value.max())}")
    if key == "decay" and np.abs(value).max() > 1:
        raise NetworkError(f"{node.title}: decay must be in -1..1, got {float(value.flat[np.argmax(np.abs(value))])}")
