"""The stub of the compiled module says what the module has."""

import ast
import importlib
import os
from pathlib import Path
from types import ModuleType

import pytest

STUB = Path(__file__).parents[2] / "pysnn" / "_core.pyi"


@pytest.fixture(scope="module")
def core() -> ModuleType:
    """The compiled module: where it was built, it has to be there."""
    try:
        return importlib.import_module("pysnn._core")
    except ImportError as error:
        if os.environ.get("PYSNN_REQUIRE_RUST") == "1":
            pytest.fail(f"PYSNN_REQUIRE_RUST=1, but the compiled module is not there: {error}")
        pytest.skip(f"no compiled module here: {error}")


def declared(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """Public names that statements of a stub declare."""
    names: dict[str, ast.stmt] = {}
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names[statement.name] = statement
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            names[statement.target.id] = statement
    return {name: statement for name, statement in names.items() if not name.startswith("_")}


def public(owner: object) -> set[str]:
    return {name for name in dir(owner) if not name.startswith("_")}


def test_the_stub_declares_what_the_module_has(core: ModuleType) -> None:
    stub = declared(ast.parse(STUB.read_text(encoding="utf-8")).body)
    assert set(stub) == public(core)


def test_the_stub_declares_what_its_classes_have(core: ModuleType) -> None:
    stub = declared(ast.parse(STUB.read_text(encoding="utf-8")).body)
    for name, statement in stub.items():
        if isinstance(statement, ast.ClassDef):
            inherited = set().union(*(public(base) for base in getattr(core, name).__mro__[1:]))
            assert set(declared(statement.body)) == public(getattr(core, name)) - inherited, name


def test_the_stub_gives_functions_their_parameters(core: ModuleType) -> None:
    stub = declared(ast.parse(STUB.read_text(encoding="utf-8")).body)
    for name, statement in stub.items():
        signature = getattr(getattr(core, name), "__text_signature__", None)
        if isinstance(statement, ast.FunctionDef) and signature:
            arguments = statement.args
            names = [arg.arg for arg in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
            built = ast.parse(f"def f{signature}: ...".replace("$", "")).body[0]
            assert isinstance(built, ast.FunctionDef)
            args = built.args
            assert names == [arg.arg for arg in [*args.posonlyargs, *args.args, *args.kwonlyargs]], name
