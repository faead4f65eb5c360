"""A module that a function in a file of Python makes, and the library that it is of."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pysnn.errors import DataError, NetworkError
from pysnn.importers.spiking.library import Library

__all__ = ["LIBRARIES", "library_of", "made_by", "parse_place"]

LIBRARIES = ("snntorch", "spikingjelly", "sinabs", "norse")
"""Libraries whose modules are read; each has a module in ``pysnn.importers``."""


def parse_place(text: str) -> tuple[Path, str] | None:
    """Return file and function of ``FILE.py:FUNCTION``, or ``None`` where a text is none.

    Examples
    --------
    >>> parse_place("nets/mine.py:make")[1], parse_place("net.nir")
    ('make', None)
    """
    file, colon, function = text.rpartition(":")
    return (Path(file), function) if colon and file.endswith(".py") and function.isidentifier() else None


def made_by(file: Path, function: str) -> Any:
    """Run a file of Python, call a function of it without arguments, and return what that gives.

    The file's code is run, with all that it does.

    Raises
    ------
    DataError
        The file cannot be run, or it has no such function, or the function raises.
    OSError
        There is no such file.
    """
    with file.open("rb"):
        pass
    spec = importlib.util.spec_from_file_location(f"pysnn_import_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise DataError(f"'{file}': expected a file of Python")
    module = importlib.util.module_from_spec(spec)
    with _beside(file):
        try:
            spec.loader.exec_module(module)
            make = getattr(module, function, None)
            if callable(make):
                return make()
        # The file's own code can raise anything.
        except Exception as error:
            raise DataError(f"'{file}:{function}' cannot be run: {type(error).__name__}: {error}") from error
    raise DataError(f"'{file}': expected a function '{function}', found {_functions(module)}")


def library_of(module: Any) -> Library:
    """Return the library whose neurons a module has.

    Raises
    ------
    NetworkError
        It has none, or those of several libraries.
    """
    if not hasattr(module, "modules"):
        raise NetworkError(f"expected a torch.nn.Module, got {type(module).__name__}")
    roots = {type(part).__module__.partition(".")[0] for part in module.modules()}
    found = [name for name in LIBRARIES if name in roots]
    if len(found) != 1:
        raise NetworkError(f"expected neurons of one of {', '.join(LIBRARIES)}, got {' and '.join(found) or 'none'}")
    library: Library = importlib.import_module(f"pysnn.importers.{found[0]}").LIBRARY
    return library


@contextmanager
def _beside(file: Path) -> Iterator[None]:
    """Let the file import what lies beside it."""
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def _functions(module: Any) -> str:
    names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
    return ", ".join(names[:8]) or "none"
