"""Modules that moved are found under their old names, as the same modules, with a warning."""

import importlib
import sys

import pytest

from pysnn.moved import MOVED

OPTIONAL = ("torch", "ttrbr", "trained_models")


@pytest.mark.parametrize("old", sorted(name for name in MOVED if not any(word in name for word in OPTIONAL)))
def test_old_names_are_the_new_modules(old: str) -> None:
    sys.modules.pop(f"pysnn.{old}", None)
    with pytest.warns(DeprecationWarning, match=rf"pysnn\.{old} is pysnn\.{MOVED[old]} now"):
        module = importlib.import_module(f"pysnn.{old}")
    assert module is importlib.import_module(f"pysnn.{MOVED[old]}")
    assert module.__spec__ is not None
    assert module.__spec__.name == module.__name__ == f"pysnn.{MOVED[old]}"


def test_what_lies_below_an_old_package_is_there() -> None:
    sys.modules.pop("pysnn.learn.stdbp", None)
    with pytest.warns(DeprecationWarning, match=r"pysnn\.learn\.stdbp is pysnn\.first_spike\.learn\.stdbp now"):
        old = importlib.import_module("pysnn.learn.stdbp")
    assert old is importlib.import_module("pysnn.first_spike.learn.stdbp")


@pytest.mark.parametrize(("name", "home"), [("resnet_cifar", "importers"), ("restructure", "finetune")])
def test_old_names_in_convert(name: str, home: str) -> None:
    convert = importlib.import_module("pysnn.convert")
    vars(convert).pop(name, None)  # the old module of this name, if another test imported it
    with pytest.warns(DeprecationWarning, match=rf"pysnn\.{home}\.{name} now"):
        assert getattr(convert, name) is getattr(importlib.import_module(f"pysnn.{home}"), name)


@pytest.mark.parametrize("name", ["pysnn.io.nothing", "pysnn.nothing", "pysnn.learn.nothing"])
def test_what_never_was_is_not_found(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="nothing"):
        importlib.import_module(name)


@pytest.mark.parametrize("name", ["load", "reference_outputs", "read_onnx"])
def test_the_importer_of_onnx_is_there_under_both_names(name: str) -> None:
    sys.modules.pop("pysnn.io.onnx", None)
    with pytest.warns(DeprecationWarning, match=r"pysnn\.io\.onnx is pysnn\.importers\.onnx now"):
        old = importlib.import_module("pysnn.io.onnx")
    assert getattr(old, name) is getattr(importlib.import_module("pysnn.importers.onnx"), name)
