"""Imports point one way, and what is optional or heavy is imported where it is used."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]

# Lowest first. A module may import the modules of earlier lines, and its own line's entry; not its neighbours on the line.
# An entry stands for all modules below it that have no entry of their own.
LAYERS = (
    ("errors", "moved", "schemas", "version"),
    ("foreign", "notebook"),
    (
        "arrays",
        "data_range",
        "eight_bits",
        "file_kinds",
        "files.aside",
        "frozen",
        "keywords",
        "processors",
        "progress",
        "random",
    ),
    ("nodes",),
    ("neurons",),
    ("encode",),
    ("network",),
    ("ann", "network_builder"),
    ("plan",),
    ("_core",),
    ("backends",),
    ("tables",),
    ("activity",),
    ("simulation",),
    ("plastic", "training"),
    ("first_spike",),
    ("hardware",),
    ("convert",),
    ("files", "plot"),
    ("datasets", "export"),
    ("importers",),
    ("finetune",),
    ("quickstart", "sweep"),
    ("report",),
    ("cli",),
    ("__main__",),
    ("__main__",),
)
RANKS = {module: rank for rank, line in enumerate(LAYERS) for module in line}

# Packages that a module may import at its top, beside NumPy and the standard library; all else comes in at first use.
TOP_IMPORTS = {
    "backends.numba": {"numba", "llvmlite"},
    "plot": {"matplotlib"},
    "importers": {"onnx", "sklearn", "torch"},
    "datasets": {"PIL"},
    "finetune": {"torch"},
    "cli": {"typer", "rich", "click"},
}

# `import pysnn` has to be quick: these come in when something needs them.
LAZY = ("polars", "numba", "torch", "onnx", "matplotlib", "sklearn", "typer", "rich", "pyarrow", "h5py")


class Import(NamedTuple):
    """One import statement: the module that it names, and whether it runs when the importing module is loaded."""

    target: str
    at_top: bool
    line: int


def find_imports(node: ast.AST, *, at_top: bool = True) -> Iterator[Import]:
    """All imports below a node; those in functions and under TYPE_CHECKING are not run at the top."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, at_top, child.lineno) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            module = child.module or ""
            names = [f"pysnn.{alias.name}" for alias in child.names] if module == "pysnn" else [module]
            yield from (Import(name, at_top, child.lineno) for name in names)
        else:
            deferred = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) or (
                isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            )
            yield from find_imports(child, at_top=at_top and not deferred)


def in_package(module: str, package: str) -> bool:
    """Whether a dotted name is the package or lies in it."""
    return module == package or module.startswith(package + ".")


def entry(module: str) -> str | None:
    """The entry of :data:`LAYERS` that a dotted name belongs to: the longest one that it lies in."""
    found = [name for name in RANKS if in_package(module, name)]
    return max(found, key=len, default=None)


def offences(module: str, source: str) -> list[str]:
    """What is wrong with the imports of ``pysnn.<module>``, a sentence each."""
    own = entry(module)
    assert own is not None
    found = []
    for target, at_top, line in find_imports(ast.parse(source)):
        top, _, rest = target.partition(".")
        where = f"pysnn.{module}:{line} imports {target}"
        if top == "pysnn":
            other = entry(rest)
            if other is None:
                found.append(f"{where}: name the module that defines it, not the package")
            elif other != own and RANKS[other] >= RANKS[own]:
                found.append(f"{where}: {other!r} is not below {own!r}")
        elif at_top and top != "numpy" and top not in sys.stdlib_module_names:
            allowed = [names for package, names in TOP_IMPORTS.items() if in_package(module, package)]
            if not any(top in names for names in allowed):
                found.append(f"{where} at its top: import it where it is used")
    return found


def modules() -> list[tuple[str, Path]]:
    """Every module of the package but ``pysnn`` itself, as dotted names without ``pysnn``."""
    named = []
    for path in sorted((ROOT / "pysnn").rglob("*.py")):
        parts = path.relative_to(ROOT / "pysnn").with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            named.append((name, path))
    return named


def test_every_module_has_a_layer() -> None:
    unknown = [name for name, _ in modules() if entry(name) is None]
    assert not unknown, f"these need a line in LAYERS: {unknown}"


@pytest.mark.parametrize(("module", "path"), modules(), ids=[name for name, _ in modules()])
def test_imports_point_one_way(module: str, path: Path) -> None:
    assert offences(module, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("plan.ops", "from pysnn.simulation.simulator import run"),
        ("plan.ops", "def f():\n    import pysnn.cli"),
        ("convert.rounding", "from pysnn.files.psnn import load"),
        ("nodes.base", "from pysnn import Network"),
        ("network", "import polars"),
        ("backends.rust", "try:\n    import numba\nexcept ImportError:\n    pass"),
        ("simulation.result", "import matplotlib.pyplot as plt"),
    ],
)
def test_the_check_finds_a_wrong_import(module: str, source: str) -> None:
    assert len(offences(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("simulation.simulator", "from pysnn.plan.ops import Plan"),
        ("plan.lower", "from pysnn.plan import ops"),
        ("network", "def f():\n    import polars"),
        ("simulation.result", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import polars"),
        ("backends.numba.jit", "import numba"),
        ("importers.onnx", "import onnx"),
    ],
)
def test_the_check_allows_a_right_import(module: str, source: str) -> None:
    assert offences(module, source) == []


@pytest.mark.slow
def test_importing_pysnn_imports_nothing_heavy() -> None:
    code = f"import pysnn, sys; print(*(name for name in {LAZY!r} if name in sys.modules))"
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=env, check=True)
    assert done.stdout.split() == []
