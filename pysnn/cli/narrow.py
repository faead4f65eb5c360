"""Help on narrow terminals: plain text, wrapped and never cut."""

from typing import Any

__all__ = ["WIDE_ENOUGH", "make_narrow"]

WIDE_ENOUGH = 100
"""Columns from which help has boxes; in fewer, these would cut the names of options."""

_NARROWEST = 24
_WHOLE = 10_000


def make_narrow(command: Any, columns: int) -> dict[str, int]:
    """Let a command and those below it write plain help for so many columns; return the settings that their contexts need."""
    context = command.context_class
    formatter = type("NarrowFormatter", (_Indented, context.formatter_class), {})
    command.context_class = type("NarrowContext", (context,), {"formatter_class": formatter})
    command.rich_markup_mode = None
    # A text that a command has as its short help is not shortened.
    command.short_help = command.get_short_help_str(_WHOLE)
    for below in getattr(command, "commands", {}).values():
        make_narrow(below, columns)
    return {"terminal_width": max(columns, _NARROWEST)}


class _Indented:
    """A formatter whose descriptions begin at a third of the width, on a line of their own where a name is longer."""

    width: int

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:
        """Write names and what they are."""
        super().write_dl(rows, min(col_max, self.width // 3 - col_spacing), col_spacing)  # type: ignore[misc]
