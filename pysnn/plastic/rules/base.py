"""What a rule is to an engine: traces of both sides, and what a pre and a post event change."""

from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from pysnn.errors import NetworkError

__all__ = ["Change", "Coincidence", "Dependence", "Kernel", "Rule", "Trace", "check_positive"]

Coincidence = Literal["causal", "exclusive"]
Dependence = Literal["none", "weight", "room"]

COINCIDENCES = ("causal", "exclusive")


@dataclass(frozen=True)
class Trace:
    """A trace of a neuron: decays with ``tau`` (s), rises by 1 at a spike, or becomes 1 (``nearest``)."""

    tau: float
    nearest: bool = False


@dataclass(frozen=True)
class Change:
    """What an event adds to a weight: ``((pair + triplet * own) * other + offset) * f(w)``.

    ``other`` is the first trace of the other side, ``own`` the second trace of the side whose spike it is, just before it.

    Attributes
    ----------
    pair, triplet, offset
        Signed amounts.
    dependence, mu
        f(w): 1 ("none"), ``(w/w_max)^mu`` ("weight") or ``(1 - w/w_max)^mu`` ("room").
    split
        The bounds apply to the weight before the offset is added, and again behind it.
    """

    pair: float
    triplet: float = 0.0
    offset: float = 0.0
    dependence: Dependence = "none"
    mu: float = 0.0
    split: bool = False


@dataclass(frozen=True)
class Kernel:
    """A rule for engines.

    Attributes
    ----------
    x, y
        First trace of the source, and of the target.
    x2, y2
        Second traces, for triplets.
    pre, post
        What an arrival and a spike of the target change.
    w_max
        Weights stay in 0..w_max behind each event.
    coincidence
        "causal": a post event sees the arrivals of its own step. "exclusive": it does not.
    restricted
        Each spike of the other side is paired once: see :class:`pysnn.plastic.rules.NearestRestricted`.
    tau_c, eta
        With eligibility: events change a value c of the synapse that decays with ``tau_c``, and a reward r adds ``eta r c``.
    """

    x: Trace
    y: Trace
    pre: Change
    post: Change
    w_max: float
    coincidence: Coincidence
    x2: Trace | None = None
    y2: Trace | None = None
    restricted: bool = False
    tau_c: float | None = None
    eta: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Base of the rules. A rule is a frozen description; :meth:`kernel` says it in the terms of engines.

    Parameters
    ----------
    w_max
        Upper bound of the weights; the lower one is 0.
    coincidence
        What a post event sees of an arrival in its own step: "causal" (Brian2 with the pre path first), "exclusive" (NEST, Auryn).
    """

    title: ClassVar[str]
    source: ClassVar[str]
    free: ClassVar[tuple[str, ...]] = ()
    """Fields that may have any sign; exponents ``mu`` may be 0, and all others are positive or zero."""

    w_max: float = 1.0
    coincidence: Coincidence = "causal"

    def __post_init__(self) -> None:
        if self.coincidence not in COINCIDENCES:
            raise NetworkError(
                f"{self.title}: coincidence must be one of {', '.join(COINCIDENCES)}, got {self.coincidence!r}"
            )
        for field in fields(self):
            if field.name != "coincidence":
                strict = field.name.startswith("tau") or field.name in {"w_max", "w0"}
                lowest = None if field.name in self.free else 0.0
                value = check_positive(getattr(self, field.name), f"{self.title}: {field.name}", lowest, strict=strict)
                object.__setattr__(self, field.name, value)

    def kernel(self) -> Kernel:
        """Return the rule in the terms of engines."""
        raise NotImplementedError


def check_positive(value: object, what: str, lowest: float | None = 0.0, *, strict: bool = True) -> float:
    """Return a finite number above ``lowest`` (or equal to it, where not ``strict``; ``None``: any), as a float.

    Raises
    ------
    NetworkError
        It is none.

    Examples
    --------
    >>> check_positive(2, "tau")
    2.0
    """
    number = float("nan")
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    elif hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0:
        number = float(value)  # type: ignore[arg-type]
    fits = lowest is None or number > lowest or (not strict and number == lowest)
    if not (abs(number) <= 3e38 and fits):
        kind = "a finite number" if lowest is None else f"a number {'above' if strict else 'from'} {lowest:g}"
        raise NetworkError(f"{what}: expected {kind}, got {value!r}")
    return number
