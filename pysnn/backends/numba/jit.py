"""Numba's decorator with the options that exact results need, and with types."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.extending import intrinsic

__all__ = ["inlined", "instruction", "kernel"]

OPTIONS: dict[str, Any] = {"nogil": True, "fastmath": False, "error_model": "numpy"}

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile ``function`` when it is first called: no fast-math, GIL released, machine code kept on disk.

    Numba keeps machine code beside the module, or in the user's cache folder. Where neither can be written it
    refuses to decorate with ``cache=True``; the kernel then lives for the process only.
    """
    try:
        return cast("Function", numba.njit(cache=True, **OPTIONS)(function))
    except RuntimeError:
        return cast("Function", numba.njit(**OPTIONS)(function))


def inlined(function: Function) -> Function:
    """A part of a kernel: becomes part of its caller's machine code, without a call."""
    return cast("Function", numba.njit(forceinline=True, **OPTIONS)(function))


def instruction(write: Callable[..., Any]) -> Callable[..., Any]:
    """A few LLVM instructions as a function for kernels.

    ``write`` gets numba's typing context and the types of the arguments; it gives the signature, and what writes the code.
    """
    return cast("Callable[..., Any]", intrinsic(write))
