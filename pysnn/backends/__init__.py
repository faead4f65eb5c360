"""Backends: the ways to run a plan. ``BACKENDS`` is the written-out registry, fastest first."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

from pysnn.backends.base import Backend
from pysnn.backends.settings import read_settings
from pysnn.errors import BackendError

__all__ = ["BACKENDS", "BackendEntry", "available_backends", "get_backend"]

_LOG = logging.getLogger("pysnn")


def _rust() -> Backend:
    from pysnn.backends.rust import RustBackend

    return RustBackend()


def _numba() -> Backend:
    from pysnn.backends.numba import NumbaBackend

    return NumbaBackend()


def _reference() -> Backend:
    from pysnn.backends.reference import ReferenceBackend

    return ReferenceBackend()


@dataclass(frozen=True)
class BackendEntry:
    """How to make a backend, what it needs, and what to do where that is missing."""

    make: Callable[[], Backend]
    module: str
    hint: str


BACKENDS: dict[str, BackendEntry] = {
    "rust": BackendEntry(_rust, "pysnn._core", "install pysnn's platform wheel, or build it with 'maturin develop'"),
    "numba": BackendEntry(_numba, "numba", "pip install 'pysnn[numba]'"),
    "reference": BackendEntry(_reference, "numpy", "pip install numpy"),
}


def available_backends() -> tuple[str, ...]:
    """Return the names of the backends that this installation has, fastest first.

    Examples
    --------
    >>> available_backends()[-1]
    'reference'
    """
    return tuple(name for name, entry in BACKENDS.items() if find_spec(entry.module) is not None)


def get_backend(name: str = "auto") -> Backend:
    """Return a backend by name; ``"auto"`` is the fastest that is there.

    Raises
    ------
    BackendError
        If the name is unknown, what it needs is not installed, or a variable of the environment makes no sense
        (:mod:`pysnn.backends.settings`). A backend asked for by name never gives way to another.

    Examples
    --------
    >>> get_backend("reference").name
    'reference'
    """
    read_settings()
    if name == "auto":
        return _automatic()
    if not isinstance(name, str) or name not in BACKENDS:
        raise BackendError(f"backend must be one of auto, {', '.join(BACKENDS)}, got {name!r}")
    entry = BACKENDS[name]
    if find_spec(entry.module) is None:
        raise BackendError(f"backend '{name}' needs {entry.module}, which is not installed: {entry.hint}")
    return entry.make()


@cache
def _automatic() -> Backend:
    name = available_backends()[0]
    _LOG.info("backend 'auto' is '%s'", name)
    return BACKENDS[name].make()
