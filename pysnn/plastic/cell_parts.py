"""What cells may have: synapses that last, and a threshold that adapts."""

from dataclasses import dataclass

from pysnn.plastic.rules.base import check_positive

__all__ = ["AdaptiveThreshold", "Conductance", "Current"]


@dataclass(frozen=True)
class Current:
    """Synapses as currents that decay: a spike adds its weight (in volts at rest's resistance), excitatory and inhibitory apart.

    Examples
    --------
    >>> Current(tau_excitatory=5e-3).tau_inhibitory
    0.01
    """

    tau_excitatory: float = 5e-3
    tau_inhibitory: float = 10e-3

    def __post_init__(self) -> None:
        for field in ("tau_excitatory", "tau_inhibitory"):
            object.__setattr__(self, field, check_positive(getattr(self, field), f"{type(self).__name__}: {field}"))


@dataclass(frozen=True)
class Conductance(Current):
    """Synapses as conductances in units of the leak: a spike adds its weight; potentials in volts.

    Examples
    --------
    >>> Conductance(reversal_inhibitory=-0.08).reversal_excitatory
    0.0
    """

    reversal_excitatory: float = 0.0
    reversal_inhibitory: float = -80e-3

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("reversal_excitatory", "reversal_inhibitory"):
            object.__setattr__(self, field, check_positive(getattr(self, field), f"Conductance: {field}", None))


@dataclass(frozen=True)
class AdaptiveThreshold:
    """A threshold that rises by ``plus`` volts at each spike of its cell and decays with ``tau`` seconds while the network learns.

    Examples
    --------
    >>> AdaptiveThreshold(plus=0.05e-3, tau=1e4).plus
    5e-05
    """

    plus: float
    tau: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "plus", check_positive(self.plus, "AdaptiveThreshold: plus"))
        object.__setattr__(self, "tau", check_positive(self.tau, "AdaptiveThreshold: tau"))
