"""Run the tutorials that need PyTorch, and keep their outputs beside their sources (``make tutorial-outputs``).

The site shows these outputs, so that it is built without PyTorch. A hash of a page's cells is kept with them: the site is not
built, and a test fails, where a page has changed since.
"""

import hashlib
import re
from pathlib import Path

__all__ = ["KEPT", "TUTORIALS", "cells", "digest", "keep"]

TUTORIALS = Path(__file__).parents[1] / "docs" / "tutorials"
KEPT = TUTORIALS / "outputs"
_CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def cells(page: Path) -> list[str]:
    """Return the code cells of a tutorial."""
    return _CELL.findall(page.read_text(encoding="utf-8"))


def digest(page: Path) -> str:
    """Return the SHA-256 of a tutorial's code cells."""
    return hashlib.sha256("\0".join(cells(page)).encode()).hexdigest()


def keep(page: Path) -> Path:
    """Run a tutorial, write its cells with their outputs as a notebook, and return the path."""
    import nbformat
    from myst_nb.core.read import read_myst_markdown_notebook
    from myst_parser.config.main import MdParserConfig
    from nbclient import NotebookClient

    from pysnn.files.aside import write_aside

    notebook = read_myst_markdown_notebook(page.read_text(encoding="utf-8"), MdParserConfig())
    NotebookClient(notebook, timeout=300).execute()
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        # When it ran, and on how many lines of the source: what changes with every run or with the prose is not kept.
        cell.metadata.pop("execution", None)
    notebook.metadata["cells_sha256"] = digest(page)
    path = KEPT / f"{page.stem}.ipynb"
    KEPT.mkdir(exist_ok=True)
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call, unused-ignore]
    write_aside(path, lambda aside: aside.write_text(f"{text}\n", encoding="utf-8"))
    return path


if __name__ == "__main__":
    for kept in sorted(KEPT.glob("*.ipynb")):
        print(keep(TUTORIALS / f"{kept.stem}.md"))
