"""What the environment says about speed: the one place that reads it. No result depends on any of it."""

import os
from dataclasses import dataclass

from pysnn.errors import BackendError

__all__ = ["Settings", "read_settings"]

_LEVELS = ("baseline", "avx2", "avxvnni", "avx512", "amx", "dotprod", "i8mm")
_KERNELS = ("event", "dot", "lookup")


@dataclass(frozen=True)
class Settings:
    """How compiled code is to run; ``None`` leaves the choice to it.

    Attributes
    ----------
    simd
        ``PYSNN_SIMD``: the SIMD level, which narrows the instructions that are used: baseline; avx2, avxvnni, avx512, amx (x86-64); dotprod, i8mm (aarch64).
    kernel
        ``PYSNN_KERNEL``: the kernels of integer convolutions, which else go by the share of active inputs: event, dot, lookup.
    thread_work
        ``PYSNN_THREAD_WORK``: a run has a thread beyond the first for each so many nanoseconds of estimated work.
    """

    simd: str | None = None
    kernel: str | None = None
    thread_work: float | None = None


def read_settings() -> Settings:
    """Return what the environment says; a variable that is empty says nothing.

    Raises
    ------
    BackendError
        A variable has a value that makes no sense on any machine.

    Examples
    --------
    >>> read_settings().kernel is None
    True
    """
    simd, kernel = _word("PYSNN_SIMD", "SIMD level", _LEVELS), _word("PYSNN_KERNEL", "kernel", _KERNELS)
    return Settings(simd, kernel, _nanoseconds("PYSNN_THREAD_WORK"))


def _word(variable: str, kind: str, words: tuple[str, ...]) -> str | None:
    found = os.environ.get(variable) or None
    if found is not None and found not in words:
        raise BackendError(f"{variable}: unknown {kind} {found!r}: expected one of {', '.join(words)}")
    return found


def _nanoseconds(variable: str) -> float | None:
    found = os.environ.get(variable) or None
    try:
        work = None if found is None else float(found)
    except ValueError:
        work = -1.0
    if work is not None and not 0 <= work < float("inf"):
        raise BackendError(f"{variable}: expected nanoseconds, a number from 0 on, got {found!r}")
    return work
