"""Neurons that never fire: their potential comes out."""

from dataclasses import dataclass
from typing import ClassVar

from pysnn.neurons.cuba_lif import CubaLIF
from pysnn.neurons.discrete import DiscreteCubaLIF, DiscreteLIF
from pysnn.neurons.if_ import IF
from pysnn.neurons.lif import LIF
from pysnn.neurons.parameters import check_unused

__all__ = ["LI", "CubaLI", "DiscreteCubaLI", "DiscreteLI", "I"]

_OF_SPIKES = ("v_threshold", "reset", "v_reset", "compare", "reset_time", "max_spikes", "refractory")


class _NoSpikes:
    """What turns a neuron into an integrator: it never fires, and has no parameters of spikes."""

    fires: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()  # type: ignore[misc]
        check_unused(self, _OF_SPIKES, "it never fires")  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class I(_NoSpikes, IF):  # noqa: E742 - NIR's name
    """Integrator without spikes: ``v += I``, and ``v`` comes out. (NIR's I.) It runs in precision ``"float32"``.

    Examples
    --------
    >>> I(v_init=0.5).model.fire
    'never'
    """


@dataclass(frozen=True, eq=False)
class LI(_NoSpikes, LIF):
    """Leaky integrator without spikes: the potential of :class:`LIF` comes out. (NIR's LI.) It runs in precision ``"float32"``.

    Examples
    --------
    >>> LI(tau=0.5).model.fire
    'never'
    """


@dataclass(frozen=True, eq=False)
class CubaLI(_NoSpikes, CubaLIF):
    """Current-based leaky integrator without spikes: the potential of :class:`CubaLIF` comes out, as NIR's CubaLI.

    Examples
    --------
    >>> CubaLI(tau_mem=0.5).state
    ('v', 'i')
    """


@dataclass(frozen=True, eq=False)
class DiscreteLI(_NoSpikes, DiscreteLIF):
    """Leaky integrator without spikes by the numbers of its step: the potential of :class:`DiscreteLIF` comes out.

    Examples
    --------
    >>> DiscreteLI(decay=0.9).model.fire
    'never'
    """


@dataclass(frozen=True, eq=False)
class DiscreteCubaLI(_NoSpikes, DiscreteCubaLIF):
    """Current-based leaky integrator without spikes by the numbers of its step: the potential of :class:`DiscreteCubaLIF` comes out.

    Examples
    --------
    >>> DiscreteCubaLI(rate=0.1, formula="relax", current="jump", syn_rate=0.2).model.fire  # Norse's LICell
    'never'
    """
