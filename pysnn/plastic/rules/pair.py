"""The pair rule with weight dependence."""

from dataclasses import dataclass
from typing import ClassVar

from pysnn.plastic.rules.base import Change, Kernel, Rule, Trace

__all__ = ["PairSTDP"]


@dataclass(frozen=True, kw_only=True)
class PairSTDP(Rule):
    """All pairs of spikes, exponential windows, weight dependence by powers.

    At an arrival ``w -= a_minus w_max (w/w_max)^mu_minus y``, then ``x += 1``; at a spike of the target
    ``w += a_plus w_max (1 - w/w_max)^mu_plus x``, then ``y += 1``. Exponents of 0: additive (Song, Miller & Abbott 2000); 1 and 1:
    multiplicative (Rubin, Lee & Sompolinsky 2001); between: Guetig et al. 2003; 0 and 1: van Rossum, Bi & Turrigiano 2000.

    Parameters
    ----------
    a_plus, a_minus
        Amplitudes, as shares of ``w_max``.
    tau_plus, tau_minus
        Time constants of x and y, seconds.
    mu_plus, mu_minus
        Exponents of the weight dependence, from 0.

    Examples
    --------
    >>> PairSTDP(a_plus=0.01, a_minus=0.0105).kernel().pre.pair
    -0.0105
    """

    title: ClassVar[str] = "PairSTDP"
    source: ClassVar[str] = "Song, Miller & Abbott 2000; Rubin et al. 2001; Guetig et al. 2003; van Rossum et al. 2000"

    a_plus: float = 0.005
    a_minus: float = 0.00525
    tau_plus: float = 20e-3
    tau_minus: float = 20e-3
    mu_plus: float = 0.0
    mu_minus: float = 0.0

    def kernel(self) -> Kernel:
        """Return the rule in the terms of engines."""
        return Kernel(
            x=Trace(self.tau_plus),
            y=Trace(self.tau_minus),
            pre=Change(-self.a_minus * self.w_max, dependence="weight" if self.mu_minus else "none", mu=self.mu_minus),
            post=Change(self.a_plus * self.w_max, dependence="room" if self.mu_plus else "none", mu=self.mu_plus),
            w_max=self.w_max,
            coincidence=self.coincidence,
        )
