"""Gives the notebook cache the kept outputs of the tutorials that need PyTorch, so that they are shown and not run."""

from typing import Any

from sphinx.errors import ExtensionError

from scripts.keep_tutorial_outputs import KEPT, TUTORIALS, digest


def fill_cache(app: Any) -> None:
    """Put each kept notebook into the cache, or stop where its page has changed since."""
    import nbformat
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    cache = get_cache(app.config.nb_execution_cache_path)
    for path in sorted(KEPT.glob("*.ipynb")):
        page = TUTORIALS / f"{path.stem}.md"
        notebook = nbformat.read(path, as_version=4)
        kept = notebook.metadata.pop("cells_sha256")
        if kept != digest(page):
            raise ExtensionError(
                f"tutorials/{page.name} has changed since its outputs were kept: make tutorial-outputs"
            )
        cache.cache_notebook_bundle(CacheBundleIn(notebook, str(page)), check_validity=False, overwrite=True)
        print(f"tutorials/{page.name} is not run: its kept outputs are shown (SHA-256 of its cells {kept[:12]})")


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx, before it reads the first page."""
    app.connect("builder-inited", fill_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
