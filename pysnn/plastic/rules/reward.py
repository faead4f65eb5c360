"""The pair rule gated by reward."""

from dataclasses import dataclass
from typing import ClassVar

from pysnn.plastic.rules.base import Change, Kernel, Rule, Trace

__all__ = ["RewardSTDP"]


@dataclass(frozen=True, kw_only=True)
class RewardSTDP(Rule):
    """Pairs of spikes mark a synapse, a reward changes what is marked (Izhikevich 2007; Florian 2007).

    At an arrival ``c -= a_minus y``, at a spike of the target ``c += a_plus x``; c decays with ``tau_c``. A reward r, given between steps,
    is ``w += eta r c`` for every synapse.

    Parameters
    ----------
    a_plus, a_minus
        Amplitudes of the eligibility.
    tau_plus, tau_minus, tau_c
        Time constants of x, y and of the eligibility, seconds.
    eta
        Weight that a reward of 1 gives an eligibility of 1.

    Examples
    --------
    >>> RewardSTDP(tau_c=0.5).kernel().tau_c
    0.5
    """

    title: ClassVar[str] = "RewardSTDP"
    source: ClassVar[str] = "Izhikevich 2007; Florian 2007"

    a_plus: float = 0.1
    a_minus: float = 0.15
    tau_plus: float = 20e-3
    tau_minus: float = 20e-3
    tau_c: float = 1.0
    eta: float = 1.0

    def kernel(self) -> Kernel:
        """Return the rule in the terms of engines."""
        return Kernel(
            x=Trace(self.tau_plus),
            y=Trace(self.tau_minus),
            pre=Change(-self.a_minus),
            post=Change(self.a_plus),
            w_max=self.w_max,
            coincidence=self.coincidence,
            tau_c=self.tau_c,
            eta=self.eta,
        )
