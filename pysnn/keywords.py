"""Keywords that stand once, in a class of options, and that functions still show and check as their own."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from difflib import get_close_matches
from typing import Any, TypeVar

from pysnn.errors import KeywordError

__all__ = ["check_keywords", "did_you_mean", "keywords_of", "show_keywords"]

F = TypeVar("F", bound=Callable[..., Any])


def check_keywords(what: str, given: Mapping[str, Any], known: Iterable[str], also: Iterable[str] = ()) -> None:
    """Refuse a keyword that is not known; ``also`` are the function's own, for the suggestion.

    Raises
    ------
    KeywordError
        It names what was given, what is meant perhaps, and what there is.

    Examples
    --------
    >>> check_keywords("run", {"bakend": "rust"}, ["backend", "threads"])
    Traceback (most recent call last):
    pysnn.errors.KeywordError: run: there is no keyword 'bakend', did you mean 'backend'? It has backend, threads
    """
    names = tuple(known)
    for name in given:
        if name not in names:
            hint = did_you_mean(name, (*names, *also))
            raise KeywordError(f"{what}: there is no keyword '{name}'{hint or '.'} It has {', '.join((*also, *names))}")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that suggests a name like the one given, or nothing."""
    names = list(known)
    plain = {other.replace("_", ""): other for other in names}
    close = get_close_matches(name, names, 1) or [
        plain[found] for found in get_close_matches(name.replace("_", "").lower(), plain, 1)
    ]
    return f", did you mean '{close[0]}'?" if close else ""


def keywords_of(options: type, *, without: Iterable[str] = ()) -> list[inspect.Parameter]:
    """Return the fields of a dataclass as keywords of a function."""
    left_out = tuple(without)
    return [
        inspect.Parameter(item.name, inspect.Parameter.KEYWORD_ONLY, default=_default(item), annotation=item.type)
        for item in fields(options)
        if item.name not in left_out
    ]


def show_keywords(parameters: Iterable[inspect.Parameter]) -> Callable[[F], F]:
    """Let a function that takes ``**options`` show them one by one: to ``help``, to completion, to ``inspect``.

    Examples
    --------
    >>> from pysnn.plan import PlanOptions
    >>> @show_keywords(keywords_of(PlanOptions, without=["precision", "coding", "units", "first_layer"]))
    ... def compiled(x, **options): ...
    >>> str(inspect.signature(compiled))
    '(x, *, dt: float | None = None, max_count: int = 1)'
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        names = {parameter.name for parameter in own}
        added = [parameter for parameter in parameters if parameter.name not in names]
        function.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
        return function

    return decorate


def _default(item: Field[Any]) -> Any:
    if item.default is not MISSING:
        return item.default
    return inspect.Parameter.empty if item.default_factory is MISSING else item.default_factory()
