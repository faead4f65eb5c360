"""Check the built site: ``python -m scripts.check_site site``.

Every link to a page, a heading or a file of the site leads somewhere, and every public name of the modules that
docs/api/index.md lists is described there.
"""

import importlib
import re
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["Page", "broken_links", "missing_names", "public_modules"]

ROOT = Path(__file__).parents[1]


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up what a tag refers to, and its own name."""
        for name, value in attrs:
            if value and name in {"href", "src"}:
                self.links.append(value)
            elif value and name in {"id", "name"}:
                self.anchors.add(value)


def broken_links(site: Path) -> list[str]:
    """Return the links inside the site that lead to no file, or to no anchor of it."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            there = pages.get(target)
            if not target.is_file() or (anchor and there is not None and anchor not in there.anchors):
                broken.append(f"{path.relative_to(site.resolve())}: {link}")
    return broken


def public_modules() -> list[str]:
    """Return the modules of the API reference."""
    index = (ROOT / "docs" / "api" / "index.md").read_text(encoding="utf-8")
    return re.findall(r"^pages/(pysnn[\w.]*)$", index, re.MULTILINE)


def missing_names(site: Path) -> list[str]:
    """Return the public names that the site's inventory lacks, under whichever module they are described."""
    inventory = zlib.decompress((site / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode()
    described = {line.split(" py:")[0] for line in inventory.splitlines() if " py:" in line}
    modules = {name: importlib.import_module(name) for name in public_modules()}
    homes: dict[int, list[str]] = {}
    for name, module in modules.items():
        for public in module.__all__:
            homes.setdefault(id(getattr(module, public)), []).append(f"{name}.{public}")
    return [
        f"{name}.{public}"
        for name, module in modules.items()
        for public in module.__all__
        if not described & {f"{name}.{public}", *homes[id(getattr(module, public))]}
    ]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    problems = [f"broken link in {link}" for link in broken_links(folder)]
    problems += [f"not described: {name}" for name in missing_names(folder)]
    sys.exit("\n".join(problems) or 0)
