"""What the tests of bad input share: patterns, and an object of another library."""

import re
from collections.abc import Callable
from typing import Any

import pytest

__all__ = ["Make", "Tensor", "cases", "like"]

Make = Callable[[], Any]


class Tensor:
    """Looks like another library's array."""

    __module__ = "torch"

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("can't convert a tensor that requires grad")


def cases(listed: list[tuple[str, Make, str]]) -> pytest.MarkDecorator:
    """Run a test for each (name, what to do, text of the error)."""
    return pytest.mark.parametrize(("make", "text"), [case[1:] for case in listed], ids=[case[0] for case in listed])


def like(text: str) -> str:
    """Return a pattern from a text in which only ``.*`` is special."""
    return "(?s)" + ".*".join(re.escape(part) for part in text.split(".*"))
