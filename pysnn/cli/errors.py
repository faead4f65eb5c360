"""Turn errors into one line on stderr and an exit code, and warnings into a line each."""

import errno
import functools
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

import typer

from pysnn.cli.streams import say
from pysnn.errors import DataError, PysnnError

__all__ = ["interruptible", "named", "reported"]

P = ParamSpec("P")

_NO_PLACE = (errno.ENOSPC, errno.EFBIG, errno.EIO)
_START_AGAIN = "it was not done, and the same command starts again"


class _Interrupted(KeyboardInterrupt):
    """Ctrl-C, with a sentence of what is kept and how to go on."""


def reported(command: Callable[P, None], name: str = "") -> Callable[P, None]:
    """Wrap a command: what goes wrong on purpose is a sentence, not a traceback.

    ``name`` is what the user typed, where it is not the function's.
    """
    name = name or command.__name__

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with _warnings_in_a_line(name):
                command(*args, **kwargs)
        except typer.BadParameter as error:
            say(f"pysnn {name}: {error.message} (see 'pysnn {name} --help')")
            raise typer.Exit(2) from error
        except (PysnnError, OSError, MemoryError) as error:
            # Nobody reads stdout any more: that is no error of the command.
            if not isinstance(error, BrokenPipeError) or error.filename is not None:
                say(f"pysnn {name}: {_sentence(error)}")
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            say(f"pysnn {name}: interrupted; {error if isinstance(error, _Interrupted) else _START_AGAIN}")
            raise typer.Exit(130) from None

    return wrapped


@contextmanager
def interruptible(kept: Callable[[], str]) -> Iterator[None]:
    """Let Ctrl-C say what is kept, and how to go on: ``kept`` gives that sentence."""
    try:
        yield
    except KeyboardInterrupt:
        raise _Interrupted(kept()) from None


@contextmanager
def named(source: str) -> Iterator[None]:
    """Put the name of the data before the sentence on what is wrong with them."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{source}: {error}") from error


@contextmanager
def _warnings_in_a_line(name: str) -> Iterator[None]:
    """Show each warning for users once, without the place in the code."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        say(f"pysnn {name}: warning: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield


def _sentence(error: Exception) -> str:
    """Return what went wrong; for a file, its name first."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"'{error.filename}': {error.strerror}"
    if isinstance(error, OSError) and error.errno in _NO_PLACE:
        # Files are written with their names in errors.
        return f"stdout: {error.strerror}"
    return str(error).strip() or type(error).__name__
