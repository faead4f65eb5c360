"""What several commands read from their options."""

from collections.abc import Sequence
from pathlib import Path

import typer

MOST_THREADS = 1024
MOST_SAMPLES = (1 << 31) - 1
LARGEST_SEED = (1 << 63) - 1
"""What files hold: a larger one would be found out only when the network is saved."""

_MOST_STEPS = 1 << 24

__all__ = ["LARGEST_SEED", "MOST_SAMPLES", "MOST_THREADS", "check_choice", "kept_by_training", "parse_steps"]


def check_choice(option: str, value: str, choices: Sequence[str]) -> None:
    """Refuse a word that is none of the choices, with :class:`typer.BadParameter`."""
    if value not in choices:
        raise typer.BadParameter(f"{option}: expected {', '.join(choices)}, got '{value}'")


def parse_steps(steps: str) -> list[int]:
    """Return ascending numbers of time-steps from ``"4,1,16"``.

    Examples
    --------
    >>> parse_steps("4,1,16")
    [1, 4, 16]
    """
    try:
        values = sorted({int(part) for part in steps.split(",")})
    except ValueError:
        raise typer.BadParameter(f"--steps: expected whole numbers with commas between, got '{steps}'") from None
    if not 1 <= values[0] <= values[-1] <= _MOST_STEPS:
        raise typer.BadParameter(f"--steps: expected 1 to {_MOST_STEPS} time-steps, got '{steps}'")
    return values


def kept_by_training(checkpoint: Path) -> str:
    """Say what an interrupted training leaves, and how to go on."""
    if not checkpoint.exists():
        return "nothing is kept: it had not come to its first checkpoint"
    return f"what it has learned up to its last checkpoint is kept in '{checkpoint}'; the same command with --resume goes on"
