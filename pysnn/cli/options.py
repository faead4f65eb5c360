"""What several commands read from their options."""

import typer

__all__ = ["parse_steps"]


def parse_steps(steps: str) -> list[int]:
    """Give ascending numbers of time-steps from ``"4,1,16"``.

    Examples
    --------
    >>> parse_steps("4,1,16")
    [1, 4, 16]
    """
    try:
        values = sorted({int(part) for part in steps.split(",")})
    except ValueError:
        raise typer.BadParameter(f"expected whole numbers with commas between, got '{steps}'") from None
    if values[0] < 1:
        raise typer.BadParameter(f"expected at least one time-step, got {values[0]}")
    return values
