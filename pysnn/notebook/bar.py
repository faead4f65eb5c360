"""Progress in a notebook: one output that is replaced, so that no carriage return is needed."""

import sys
from html import escape
from typing import Any

__all__ = ["NotebookBar", "in_notebook", "notebook_display"]


def in_notebook() -> bool:
    """Whether this is a Jupyter kernel, whose outputs can be replaced."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def notebook_display() -> Any:
    """Return the kernel's own ``display``."""
    from IPython.display import display

    return display


class NotebookBar:
    """A bar that is shown below the cell and replaced in place.

    Parameters
    ----------
    display
        ``IPython.display.display``, or a function like it.
    """

    def __init__(self, display: Any) -> None:
        self._display = display
        self._handle: Any = None

    def show(self, text: str, done: int, total: int) -> None:
        """Show a line of text beside the bar."""
        bar = f'<progress value="{done}" max="{max(total, 1)}" style="width:16em;vertical-align:middle"></progress>'
        page = {"text/plain": text, "text/html": f"<div>{bar} {escape(text)}</div>"}
        if self._handle is None:
            self._handle = self._display(page, raw=True, display_id=True)
        else:
            self._handle.update(page, raw=True)
