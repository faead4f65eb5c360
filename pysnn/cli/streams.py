"""stdout and stderr as they may be: closed, narrow in what they can show, or with nobody at the other end."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from pysnn.progress import Progress

__all__ = ["finish_streams", "one_line", "prepare_streams", "say", "say_note"]


def prepare_streams() -> None:
    """Make every text printable on stdout and stderr, and give what is closed a place that swallows everything."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free number is taken: a data file must not be opened as stdout.
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = _printable(sys.stdout)
    sys.stderr = _printable(sys.stderr)


def _printable(stream: TextIO | None) -> TextIO:
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    return stream


def finish_streams() -> str | None:
    """Write what is left to stdout and stderr; say what went wrong, which is "" where the reader has left."""
    wrong = None
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except OSError as error:
            wrong = "" if isinstance(error, BrokenPipeError) else f"stdout: {error.strerror}"
            # What could not be written would be tried again, with a traceback, when Python ends.
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return wrong


def say(text: str) -> None:
    """Print one line on stderr; whether anybody reads it must not stop the work."""
    with suppress(OSError, ValueError):
        print(one_line(text), file=sys.stderr, flush=True)  # noqa: T201


def say_note(text: str) -> None:
    """Print one line on stderr that is no error and no warning, unless ``--quiet`` was given."""
    if not Progress.quiet:
        say(text)


def one_line(text: str) -> str:
    r"""Return text in one line, with other control characters written out.

    Examples
    --------
    >>> one_line("a\n  b\x1b[0m")
    'a b\\x1b[0m'
    """
    joined = " ".join(text.split())
    return "".join(c if c.isprintable() or c == " " else c.encode("unicode_escape").decode() for c in joined)
