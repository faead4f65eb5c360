"""The group of all commands: wrong usage is one line on stderr, as every other error is."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from pysnn.cli.narrow import WIDE_ENOUGH, make_narrow
from pysnn.cli.streams import say

__all__ = ["OneLineGroup"]

# Typer has the base class of all errors of usage under no public name.
_USAGE_ERROR: type[Any] = typer.BadParameter.__bases__[0]


class OneLineGroup(TyperGroup):
    """Commands whose errors of usage are one line: the command, what is wrong, where help is."""

    def main(self, args: Sequence[str] | None = None, *_: Any, **options: Any) -> Any:
        """Run a command and end with its exit code."""
        columns = shutil.get_terminal_size().columns
        if columns < WIDE_ENOUGH:
            options |= make_narrow(self, columns)
        alone = options.pop("standalone_mode", True)
        if not alone:
            return super().main(args, standalone_mode=False, **options)
        try:
            code = super().main(args, standalone_mode=False, **options)
        except _USAGE_ERROR as error:
            _show(error)
            code = error.exit_code
        except typer.Abort:
            code = 130
        sys.exit(code if isinstance(code, int) else 0)

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Read the arguments; Ctrl-C says a word here too."""
        with _interrupts_said():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; Ctrl-C says a word here too."""
        with _interrupts_said():
            return super().invoke(ctx)


@contextmanager
def _interrupts_said() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        say("pysnn: interrupted")
        raise typer.Exit(130) from None


def _show(error: Any) -> None:
    message = error.format_message()
    if not message:  # The help that stands in for a missing command has been printed.
        return
    path = error.ctx.command_path if error.ctx else "pysnn"
    name = " ".join(["pysnn", *path.split()[1:]])
    say(f"{name}: {message.removesuffix('.')} (see '{name} --help')")
