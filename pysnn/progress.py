"""Progress: a bar on a terminal and in a notebook, a plain line on stderr now and then elsewhere."""

import os
import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self

from pysnn.notebook.bar import NotebookBar, in_notebook, notebook_display

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

__all__ = ["Progress"]

_REDRAWN = 0.2
"""Least seconds between two states of a notebook's bar; work that is done before the first shows none."""


class Progress:
    """Show how far a long call is, and how long it will take; an instance is what such calls take as ``progress``.

    What is shown never goes back. Where stderr is a terminal it is a bar, which is gone at the end; in a notebook a bar below the cell; elsewhere,
    and with ``TERM=dumb``, a plain line on stderr now and then.

    Parameters
    ----------
    title
        What is going on.
    seconds
        Least time between two plain lines; short work prints none.

    Attributes
    ----------
    quiet
        Of the class: nothing is shown at all (``pysnn --quiet``).

    Examples
    --------
    >>> with Progress("run") as progress:
    ...     progress(1, 2)
    """

    quiet: ClassVar[bool] = False

    def __init__(self, title: str, *, seconds: float = 5.0) -> None:
        self.title = title
        self.seconds = seconds
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._notebook: NotebookBar | None = None
        self._begun = self._shown = time.monotonic()
        self._share = 0.0
        self._first: tuple[float, float] | None = None

    def __enter__(self) -> Self:
        if not self.quiet:
            if in_notebook():
                self._notebook = NotebookBar(notebook_display())
            elif _is_terminal():
                self._start_bar()
        self._begun = self._shown = time.monotonic()
        self._share, self._first = 0.0, None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __call__(self, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` are done; what lies behind the furthest that was said is left out."""
        share = done / total if total else 1.0
        if self.quiet or share < self._share:
            return
        now = time.monotonic()
        if self._first is None:
            self._first = (share, now)
        self._share = share
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total)
        elif self._notebook is not None:
            # The end is shown only of what was shown before.
            if now - self._shown >= _REDRAWN or (share >= 1 and self._shown > self._begun):
                self._shown = now
                self._notebook.show(self._line(done, total, now), done, total)
        elif now - self._shown >= self.seconds:
            self._shown = now
            # Whether anybody reads it must not stop the work.
            with suppress(OSError, ValueError):
                print(self._line(done, total, now), file=sys.stderr, flush=True)  # noqa: T201

    def _line(self, done: int, total: int, now: float) -> str:
        """Return where it is, and how long the rest takes if it goes on as since the first call, which may say what an earlier run did."""
        text = f"{self.title}: {done:,} of {total:,}"
        if self._share >= 1:
            return f"{text}, took {_duration(now - self._begun)}"
        share, when = self._first or (self._share, now)
        won = self._share - share
        return f"{text}, {_duration((now - when) * (1 - self._share) / won)} left" if won > 0 else text

    def _start_bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        console = Console(stderr=True)
        bar = BarColumn(bar_width=max(4, min(40, console.width - 40)))
        columns = (TextColumn("{task.description}", markup=False), bar, MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Bar(*columns, console=console, transient=True)
        self._task = self._bar.add_task(self.title, total=None)
        self._bar.start()


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def _duration(seconds: float) -> str:
    """Return seconds as people say them: "under 1 s", "8 s", "3 min", "2 h 5 min"."""
    if seconds < 60:
        return f"{round(seconds)} s" if seconds >= 1 else "under 1 s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
