"""The first rule of Diehl & Cook's paper."""

from dataclasses import dataclass
from typing import ClassVar

from pysnn.plastic.rules.base import Change, Kernel, Rule, Trace

__all__ = ["DiehlCookPower"]


@dataclass(frozen=True, kw_only=True)
class DiehlCookPower(Rule):
    """Changes at spikes of the target only: ``w += eta (x - x_tar) (w_max - w)^mu`` (Diehl & Cook 2015, equation 3).

    Parameters
    ----------
    eta
        Learning rate.
    x_tar
        Value of the trace above which a synapse grows.
    mu
        Exponent, from 0.
    tau
        Time constant of the source's trace, which rises by 1 a spike, seconds.

    Examples
    --------
    >>> DiehlCookPower(eta=0.1, x_tar=0.4).kernel().post.offset
    -0.04...
    """

    title: ClassVar[str] = "DiehlCookPower"
    source: ClassVar[str] = "Diehl & Cook 2015, eq. 3"

    eta: float = 0.01
    x_tar: float = 0.4
    mu: float = 1.0
    tau: float = 20e-3

    def kernel(self) -> Kernel:
        """Return the rule in the terms of engines."""
        scale = self.eta * self.w_max**self.mu
        return Kernel(
            x=Trace(self.tau),
            y=Trace(self.tau),
            pre=Change(0.0),
            post=Change(scale, offset=-scale * self.x_tar, dependence="room" if self.mu else "none", mu=self.mu),
            w_max=self.w_max,
            coincidence=self.coincidence,
        )
