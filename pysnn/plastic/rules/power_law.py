"""Power-law potentiation."""

from dataclasses import dataclass
from typing import ClassVar

from pysnn.plastic.rules.base import Change, Kernel, Rule, Trace

__all__ = ["PowerLawSTDP"]


@dataclass(frozen=True, kw_only=True)
class PowerLawSTDP(Rule):
    """Potentiation by a power of the weight, proportional depression (Morrison, Aertsen & Diesmann 2007).

    At an arrival ``w -= lambda_ alpha w y``, then ``x += 1``; at a spike of the target ``w += lambda_ w0^(1-mu) w^mu x``, then
    ``y += 1``.

    Parameters
    ----------
    lambda_, alpha
        Learning rate, and how much stronger depression is.
    w0
        Reference weight.
    mu
        Exponent of potentiation, above 0.
    tau_plus, tau_minus
        Time constants of x and y, seconds.

    Examples
    --------
    >>> PowerLawSTDP(mu=0.4).kernel().post.dependence
    'weight'
    """

    title: ClassVar[str] = "PowerLawSTDP"
    source: ClassVar[str] = "Morrison, Aertsen & Diesmann 2007"

    lambda_: float = 0.1
    alpha: float = 0.0513
    w0: float = 1.0
    mu: float = 0.4
    tau_plus: float = 15e-3
    tau_minus: float = 30e-3

    def kernel(self) -> Kernel:
        """Return the rule in the terms of engines."""
        scale = self.w0 ** (1.0 - self.mu) * self.w_max**self.mu
        return Kernel(
            x=Trace(self.tau_plus),
            y=Trace(self.tau_minus),
            pre=Change(-self.lambda_ * self.alpha * self.w_max, dependence="weight", mu=1.0),
            post=Change(self.lambda_ * scale, dependence="weight" if self.mu else "none", mu=self.mu),
            w_max=self.w_max,
            coincidence=self.coincidence,
        )
