"""What notebooks show: objects as small pages, and progress."""

from pysnn.notebook.bar import NotebookBar, in_notebook, notebook_display
from pysnn.notebook.html import object_page

__all__ = ["NotebookBar", "in_notebook", "notebook_display", "object_page"]
