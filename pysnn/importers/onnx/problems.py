"""What is wrong with a model's nodes, as one message."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Problem", "listed"]

_MOST_LINES = 12


@dataclass(frozen=True)
class Problem:
    """A node that cannot be imported, and why."""

    op: str
    label: str
    reason: str


def listed(problems: Sequence[Problem]) -> str:
    """Return a message with one line for each kind of problem, and how often it occurs.

    Nodes of one op and one reason are a kind; where there are too many of these, those of one op.

    Examples
    --------
    >>> print(listed([Problem("Erf", "a", "not supported"), Problem("Erf", "b", "not supported")]))
    the model has 2 nodes that pysnn cannot import:
    - 2 x Erf (first: 'a'): not supported
    """
    kinds: dict[tuple[str, ...], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.op, problem.reason), []).append(problem)
    if len(kinds) > _MOST_LINES:
        kinds = {}
        for problem in problems:
            kinds.setdefault((problem.op,), []).append(problem)
    count = "1 node" if len(problems) == 1 else f"{len(problems)} nodes"
    return "\n".join([f"the model has {count} that pysnn cannot import:", *map(_line, kinds.values())])


def _line(kind: Sequence[Problem]) -> str:
    first = kind[0]
    if len(kind) == 1:
        return f"- {first.op} '{first.label}': {first.reason}"
    return f"- {len(kind)} x {first.op} (first: '{first.label}'): {first.reason}"
