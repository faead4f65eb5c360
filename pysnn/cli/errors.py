"""Turn errors into one line on stderr and exit code 1, and warnings into a line each."""

import functools
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

import typer

from pysnn.errors import PysnnError

__all__ = ["reported"]

P = ParamSpec("P")


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
        except BrokenPipeError:
            sys.stderr.close()
            raise typer.Exit(1) from None
        except (PysnnError, OSError, MemoryError) as error:
            typer.echo(f"pysnn {name}: {_sentence(error)}", err=True)
            raise typer.Exit(1) from error
        except KeyboardInterrupt:
            typer.echo(f"pysnn {name}: interrupted", err=True)
            raise typer.Exit(130) from None

    return wrapped


@contextmanager
def _warnings_in_a_line(name: str) -> Iterator[None]:
    """Show each warning for users once, without the place in the code."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        typer.echo(f"pysnn {name}: warning: {' '.join(str(message).split())}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield


def _sentence(error: Exception) -> str:
    """Give what went wrong in one line; for a file, its name first."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"'{error.filename}': {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__
