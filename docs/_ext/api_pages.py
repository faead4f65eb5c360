"""Writes one page of the API reference for each module that docs/api/index.md lists: a stub whose text is the docstrings.

A name that several modules export is described on the page of the first of them, and the others point there.
"""

import importlib
import sys
from pathlib import Path
from textwrap import indent
from typing import Any

from sphinx.pycode import ModuleAnalyzer

from scripts.check_site import public_modules

FOLDER = "pages"


def constant(module: str, name: str) -> str:
    """Return the description of a constant: the text below it, in whichever module it is made."""
    value = getattr(sys.modules[module], name)
    for home, package in sorted(sys.modules.items()):
        if home.startswith("pysnn") and getattr(package, name, None) is value:
            found = ModuleAnalyzer.for_module(home).find_attr_docs().get(("", name))
            if found:
                return f".. py:data:: {name}\n   :module: {module}\n\n{indent(chr(10).join(found), '   ')}"
    return f".. py:data:: {name}\n   :module: {module}\n"


def homes(modules: list[str]) -> dict[str, dict[str, str]]:
    """Return for each module the names that it exports, and the module on whose page each is described."""
    first: dict[int, str] = {}
    found: dict[str, dict[str, str]] = {}
    for module in modules:
        package = importlib.import_module(module)
        values = {name: getattr(package, name) for name in package.__all__}
        # Small constants are one object wherever they are equal: only what has a name of its own is shared.
        found[module] = {
            name: first.setdefault(id(value), module) if hasattr(value, "__qualname__") else module
            for name, value in values.items()
        }
    return found


def page(module: str, names: dict[str, str]) -> str:
    """Return the text of a module's page."""
    elsewhere = {name: home for name, home in names.items() if home != module}
    constants = [name for name in names if not hasattr(getattr(sys.modules[module], name), "__qualname__")]
    described = [name for name in names if name not in {*elsewhere, *constants}]
    lines = [module, "=" * len(module), "", f".. automodule:: {module}"]
    lines += [f"   :members: {', '.join(described)}"] if described else []
    if elsewhere:
        links = [f":py:obj:`{name} <{home}.{name}>`" for name, home in elsewhere.items()]
        lines += ["", f"Also here: {', '.join(links)}."]
    for name in constants:
        lines += ["", constant(module, name)]
    return "\n".join(lines) + "\n"


def write_pages(source: Path) -> None:
    """Write the pages that changed, and remove those of modules that are listed no more."""
    modules = public_modules()
    folder = source / "api" / FOLDER
    folder.mkdir(exist_ok=True)
    for module, names in homes(modules).items():
        path, text = folder / f"{module}.rst", page(module, names)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in folder.glob("*.rst"):
        if path.stem not in modules:
            path.unlink()


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx: pages are written before it looks for its sources."""
    app.connect("config-inited", lambda app, _config: write_pages(Path(app.srcdir)))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
