"""The triplet rule."""

from dataclasses import dataclass
from typing import ClassVar

from pysnn.plastic.rules.base import Change, Kernel, Rule, Trace

__all__ = ["TripletSTDP"]


@dataclass(frozen=True, kw_only=True)
class TripletSTDP(Rule):
    """Pairs and triplets of spikes, all to all (Pfister & Gerstner 2006).

    At an arrival ``w -= o1 (a2_minus + a3_minus r2)``, then ``r1 += 1, r2 += 1``; at a spike of the target
    ``w += r1 (a2_plus + a3_plus o2)``, then ``o1 += 1, o2 += 1``; r2 and o2 are read just before the spike. The defaults are the
    paper's visual cortex set; :meth:`hippocampal` has the other one.

    Parameters
    ----------
    a2_plus, a2_minus, a3_plus, a3_minus
        Amplitudes of pairs and of triplets, in units of the weight.
    tau_plus, tau_minus, tau_x, tau_y
        Time constants of r1, o1, r2, o2, seconds.

    Examples
    --------
    >>> TripletSTDP.hippocampal().tau_x
    0.946
    """

    title: ClassVar[str] = "TripletSTDP"
    source: ClassVar[str] = "Pfister & Gerstner 2006"

    a2_plus: float = 5e-10
    a2_minus: float = 7e-3
    a3_plus: float = 6.2e-3
    a3_minus: float = 2.3e-4
    tau_plus: float = 16.8e-3
    tau_minus: float = 33.7e-3
    tau_x: float = 101e-3
    tau_y: float = 125e-3

    @classmethod
    def hippocampal(cls, *, w_max: float = 1.0) -> "TripletSTDP":
        """Return the rule with the paper's hippocampal set, all to all."""
        return cls(
            w_max=w_max, tau_x=946e-3, tau_y=27e-3, a2_plus=6.1e-3, a2_minus=1.6e-3, a3_plus=6.7e-3, a3_minus=1.4e-3
        )

    def kernel(self) -> Kernel:
        """Return the rule in the terms of engines."""
        return Kernel(
            x=Trace(self.tau_plus),
            y=Trace(self.tau_minus),
            pre=Change(-self.a2_minus, triplet=-self.a3_minus),
            post=Change(self.a2_plus, triplet=self.a3_plus),
            w_max=self.w_max,
            coincidence=self.coincidence,
            x2=Trace(self.tau_x),
            y2=Trace(self.tau_y),
        )
