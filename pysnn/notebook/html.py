"""An object as HTML: a title, facts, a table; readable in light and dark, without scripts."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

__all__ = ["object_page"]

_MOST_ROWS = 30
_CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top;background:none;color:inherit"
_NUMBER = _CELL.replace("left", "right", 1)


def object_page(
    title: str, facts: Mapping[str, Any], rows: Sequence[Mapping[str, Any]] = (), notes: Sequence[str] = ()
) -> str:
    """Return what ``_repr_html_`` gives: facts, at most 30 rows of a table, and notes.

    Everything is escaped. Colours are those of the page around it; nothing is loaded.

    Parameters
    ----------
    title
        What it is.
    facts
        What there is to say, by name; ``None`` is left out.
    rows
        A table, each row by column.
    notes
        Sentences below it.

    Examples
    --------
    >>> "&lt;b&gt;" in object_page("Network", {"name": "<b>"})
    True
    """
    said = " · ".join(
        f"{escape(name)}: <b>{escape(_text(value))}</b>" for name, value in facts.items() if value is not None
    )
    parts = [f"<div><b>{escape(title)}</b></div>", f"<div>{said}</div>" if said else "", _table(rows)]
    if len(rows) > _MOST_ROWS:
        parts.append(f"<div>and {len(rows) - _MOST_ROWS:,} rows more</div>")
    parts += [f"<div>{escape(note)}</div>" for note in notes]
    inside = "".join(part for part in parts if part)
    return f'<div style="border-left:3px solid currentColor;padding:2px 0 2px 12px;overflow-x:auto">{inside}</div>'


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    names = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    styles = [_NUMBER if all(_is_number(row[name]) for row in rows) else _CELL for name in names]
    head = "".join(
        f'<th scope="col" style="{style};border-bottom:1px solid currentColor">{escape(name)}</th>'
        for name, style in zip(names, styles, strict=True)
    )
    body = "".join(
        "<tr style='background:none'>"
        + "".join(
            f'<td style="{style}">{escape(_text(row[name]))}</td>' for name, style in zip(names, styles, strict=True)
        )
        + "</tr>"
        for row in rows[:_MOST_ROWS]
    )
    return (
        f'<table style="border-collapse:collapse;margin:4px 0;color:inherit"><thead><tr style="background:none">{head}</tr>'
        f"</thead><tbody>{body}</tbody></table>"
    )


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
