"""Progress on stderr: a bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

__all__ = ["Progress"]


class Progress:
    """Show how far a long call is; an instance is what such calls take as ``progress``.

    Parameters
    ----------
    title
        What is going on.
    seconds
        Least time between two plain lines (where stderr is no terminal); short work prints none.

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
        self._shown = time.monotonic()

    def __enter__(self) -> Self:
        if not self.quiet and sys.stderr is not None and sys.stderr.isatty():
            self._start_bar()
        self._shown = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __call__(self, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` are done."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total)
        elif not self.quiet and time.monotonic() - self._shown >= self.seconds:
            self._shown = time.monotonic()
            # Whether anybody reads it must not stop the work.
            with suppress(OSError, ValueError):
                print(f"{self.title}: {done} of {total}", file=sys.stderr, flush=True)  # noqa: T201

    def _start_bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(self.title, total=None)
        self._bar.start()
