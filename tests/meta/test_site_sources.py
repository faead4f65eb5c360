"""Every page of the documentation is in the site's navigation, and every public package in its API reference."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import pysnn
from scripts.check_site import Page, broken_links, public_modules

DOCS = Path(__file__).parents[2] / "docs"
# Packages whose exports are for other parts of pysnn: the programs behind a command, engines, pieces of a format.
INNER = (
    "cli",
    "backends.numba",
    "backends.reference",
    "plastic.engines",
    "finetune.ttrbr",
    "importers.nir.profiles",
    "convert.analysis",
    "notebook",
)


def listed(page: Path) -> list[Path]:
    """Return the pages in a page's tables of contents."""
    blocks = re.findall(r"^```\{toctree\}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    names = [line for block in blocks for line in block.splitlines() if line and not line.startswith(":")]
    return [page.parent / f"{name}.md" for name in names]


def test_every_page_is_in_the_navigation_once() -> None:
    reached = [DOCS / "index.md"]
    for page in reached:
        reached += [found for found in listed(page) if "pages" not in found.parts]
    assert sorted(reached) == sorted(DOCS.rglob("*.md"))


@pytest.mark.slow
def test_every_public_package_is_in_the_reference() -> None:
    packages = {"pysnn"} | {found.name for found in pkgutil.walk_packages(pysnn.__path__, "pysnn.") if found.ispkg}
    inner = tuple(f"pysnn.{name}" for name in INNER)
    outer = {name for name in packages if not name.startswith(inner)}
    public = {name for name in outer if getattr(importlib.import_module(name), "__all__", ())}
    assert public <= set(public_modules())


def test_every_module_of_the_reference_has_public_names() -> None:
    assert [name for name in public_modules() if not importlib.import_module(name).__all__] == []


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#there">x</a><a href="b.html#none">x</a><img src="c.png">')
    (tmp_path / "b.html").write_text('<p id="there"></p><a href="https://example.org/">x</a><a href="#there">x</a>')
    assert broken_links(tmp_path) == ["a.html: b.html#none", "a.html: c.png"]


@pytest.mark.parametrize("text", ["<p", "", "<a href>"])
def test_odd_pages_have_no_links(text: str) -> None:
    assert Page(text).links == []
