"""The rule of Diehl & Cook's released code."""

from dataclasses import dataclass
from typing import ClassVar

from pysnn.plastic.rules.base import Change, Kernel, Rule, Trace

__all__ = ["DiehlCook"]


@dataclass(frozen=True, kw_only=True)
class DiehlCook(Rule):
    """The triplet rule with nearest spikes of the code released with Diehl & Cook 2015.

    At an arrival ``w -= nu_pre y1``, then ``x = 1``; at a spike of the target ``w += nu_post x y2``, y2 as just before it, then
    ``y1 = y2 = 1``.

    Parameters
    ----------
    nu_pre, nu_post
        Amplitudes, in units of the weight.
    tau_x, tau_y1, tau_y2
        Time constants, seconds.

    Examples
    --------
    >>> DiehlCook().kernel().post.triplet
    0.01
    """

    title: ClassVar[str] = "DiehlCook"
    source: ClassVar[str] = "Diehl & Cook 2015, released code"

    nu_pre: float = 1e-4
    nu_post: float = 1e-2
    tau_x: float = 20e-3
    tau_y1: float = 20e-3
    tau_y2: float = 40e-3

    def kernel(self) -> Kernel:
        """Return the rule in the terms of engines."""
        return Kernel(
            x=Trace(self.tau_x, nearest=True),
            y=Trace(self.tau_y1, nearest=True),
            pre=Change(-self.nu_pre),
            post=Change(0.0, triplet=self.nu_post),
            w_max=self.w_max,
            coincidence=self.coincidence,
            y2=Trace(self.tau_y2, nearest=True),
        )
