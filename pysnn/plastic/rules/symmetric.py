"""The symmetric rule of inhibitory plasticity."""

from dataclasses import dataclass
from typing import ClassVar

from pysnn.plastic.rules.base import Change, Kernel, Rule, Trace

__all__ = ["SymmetricSTDP"]


@dataclass(frozen=True, kw_only=True)
class SymmetricSTDP(Rule):
    """Coincidence in any order strengthens, every arrival weakens (Vogels et al. 2011): targets come to fire at rate ``rho0``.

    At an arrival ``w += eta (y - alpha)`` with ``alpha = 2 rho0 tau``, then ``x += 1``; at a spike of the target ``w += eta x``, then
    ``y += 1``. With "exclusive" the bounds apply to ``w + eta y`` and again behind the subtraction, as in NEST's synapse: a weight at its bound
    ends ``eta alpha`` below it.

    Parameters
    ----------
    eta
        Amplitude, in units of the weight.
    rho0
        Rate that targets are brought to, Hz.
    tau
        Time constant of both traces, seconds.

    Examples
    --------
    >>> SymmetricSTDP(eta=0.5, rho0=5.0, tau=0.02).kernel().pre.offset
    -0.1
    """

    title: ClassVar[str] = "SymmetricSTDP"
    source: ClassVar[str] = "Vogels et al. 2011"

    eta: float = 0.01
    rho0: float = 3.0
    tau: float = 20e-3

    def kernel(self) -> Kernel:
        """Return the rule in the terms of engines."""
        return Kernel(
            x=Trace(self.tau),
            y=Trace(self.tau),
            pre=Change(self.eta, offset=-self.eta * 2.0 * self.rho0 * self.tau, split=self.coincidence == "exclusive"),
            post=Change(self.eta),
            w_max=self.w_max,
            coincidence=self.coincidence,
        )
