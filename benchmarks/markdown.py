"""Tables of a page that are made from committed figures: what stands between a mark and its end is made again."""

from collections.abc import Callable, Iterable, Sequence

__all__ = ["fill", "table"]

_BEGIN, _CLOSE, _END = "<!-- table: ", " -->\n", "<!-- end -->"


def fill(text: str, make: Callable[[str], str]) -> str:
    r"""Return the page with each stretch between ``<!-- table: KEY -->`` and ``<!-- end -->`` replaced by ``make(KEY)``.

    Examples
    --------
    >>> fill("a\n<!-- table: k -->\nold\n<!-- end -->\nb", str.upper)
    'a\n<!-- table: k -->\nK\n<!-- end -->\nb'
    """
    first, *parts = text.split(_BEGIN)
    made = [first]
    for part in parts:
        key, _, rest = part.partition(_CLOSE)
        made.append(f"{_BEGIN}{key}{_CLOSE}{make(key)}\n{_END}{rest.partition(_END)[2]}")
    return "".join(made)


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table.

    Examples
    --------
    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    | --- | --- |
    | 1 | 2 |
    """
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
