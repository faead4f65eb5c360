"""Networks that every simulator runs: additive pair STDP, 15 mV to fire, tau 20 ms, 2 ms refractory, weights drawn from 0 to 2 w0."""

from dataclasses import dataclass

__all__ = ["CASES", "Case"]

THRESHOLD = 15.0
TAU = 20e-3
REFRACTORY = 2e-3
A_PLUS, A_MINUS = 0.005, 0.00525
"""Shares of w_max = 2 w0."""
KICK = 100.0


@dataclass(frozen=True)
class Case:
    """A network.

    Attributes
    ----------
    sources, targets
        Numbers of neurons; equal where ``recurrent``.
    p
        Probability of a connection.
    rate
        Hz, of Poisson inputs, or of the kicks that make recurrent neurons fire.
    seconds
        Of biological time, for one measurement.
    """

    sources: int
    targets: int
    p: float
    rate: float
    seconds: float
    dt: float = 1e-3
    recurrent: bool = False

    @property
    def w0(self) -> float:
        """The mean weight, mV: inputs alone bring a cell close to its threshold."""
        drive = THRESHOLD * 0.95 if not self.recurrent else 5.0
        return drive / (self.rate * self.sources * self.p * TAU)


CASES = {
    "small": Case(1000, 1000, 0.1, 15.0, 20.0),
    "small01": Case(1000, 1000, 0.1, 15.0, 5.0, dt=0.1e-3),
    "wide": Case(10_000, 1000, 0.1, 15.0, 5.0),
    "rec": Case(10_000, 10_000, 0.02, 5.0, 3.0, recurrent=True),
    "mid": Case(30_000, 30_000, 0.01, 5.0, 1.0, recurrent=True),
    "big": Case(100_000, 100_000, 0.01, 5.0, 0.2, recurrent=True),
}
