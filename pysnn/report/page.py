"""Sections as one HTML page that loads nothing from anywhere."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysnn.files.aside import write_aside
from pysnn.report.table_script import TABLE_SCRIPT, TABLE_STYLE

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Section", "has_charts", "html_page", "write_report"]

_MOST_OPEN = 24
"""Rows of a table that is shown unfolded."""
_WHOLE, _HUGE = 1e4, 1e15
"""Between these, numbers are shown without digits behind the point, and without a power of ten."""
_LONG = 60
"""Letters of a cell that are shown in one line."""

_STYLE = """
:root { color-scheme: light dark; --line: #8886; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-size: 85%; }
th, td { border: 1px solid var(--line); padding: .2em .6em; text-align: right; }
th:first-child, td:first-child { text-align: left; }
.wide { overflow-x: auto; margin: .5rem 0; }
summary { cursor: pointer; }
"""

_DRAW = """
const dark = matchMedia("(prefers-color-scheme: dark)");
const options = () => ({actions: {export: true, source: false, compiled: false, editor: false}, renderer: "svg",
  theme: dark.matches ? "dark" : undefined, config: {background: "transparent"}});
const draw = () => document.querySelectorAll("script[type='application/vnd.vega-lite+json']").forEach(
  (spec) => vegaEmbed(spec.previousElementSibling, JSON.parse(spec.textContent), options()));
draw();
dark.addEventListener("change", draw);
"""


@dataclass(frozen=True, eq=False)
class Section:
    """A part of the page: what it shows, as a table, and maybe as a chart.

    Parameters
    ----------
    title, text
        Its heading, and a sentence on how to read it.
    table
        What it shows; readable without scripts.
    chart
        The same as a Vega-Lite specification with its data.
    sortable
        Whether the table can be filtered and sorted, where scripts are run; it is not folded then.
    """

    title: str
    text: str
    table: "pl.DataFrame"
    chart: Mapping[str, Any] | None = None
    sortable: bool = False


def has_charts() -> bool:
    """Return whether the extra ``report`` is installed, without which a page has tables alone."""
    from importlib.util import find_spec

    return bool(find_spec("altair") and find_spec("vl_convert"))


def write_report(path: str | os.PathLike[str], title: str, sections: Sequence[Section]) -> Path:
    """Write sections as one HTML page.

    Raises
    ------
    OSError
        The file cannot be written.

    Examples
    --------
    >>> import polars as pl, tempfile
    >>> part = Section("accuracy", "By number of steps.", pl.DataFrame({"steps": [4], "accuracy": [0.97]}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     "<td>0.97</td>" in write_report(f"{folder}/report.html", "digits", [part]).read_text()
    True
    """
    text = html_page(title, sections)
    return write_aside(Path(path), lambda part: part.write_text(text, encoding="utf-8"))


def html_page(title: str, sections: Sequence[Section]) -> str:
    """Return the page."""
    drawn = any(section.chart is not None for section in sections)
    sortable = any(section.sortable for section in sections)
    style = _STYLE + TABLE_STYLE if sortable else _STYLE
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">',
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n<main>",
        *(_section(number, section) for number, section in enumerate(sections)),
        "</main>",
    ]
    if sortable:
        parts.append(f"<script>{TABLE_SCRIPT}</script>")
    if drawn:
        parts += [f"<script>{_bundle()}</script>", f"<script>{_DRAW}</script>"]
    return "\n".join([*parts, "</body>\n</html>\n"])


def _bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script."""
    import vl_convert

    # Its stub says that the snippet is needed; without one the three are made global.
    bundle: str = vl_convert.javascript_bundle()  # type: ignore[call-arg, unused-ignore]
    return bundle.replace("</script", "<\\/script")


def _section(number: int, section: Section) -> str:
    name = f"section-{number}"
    parts = [f'<section aria-labelledby="{name}">\n<h2 id="{name}">{escape(section.title)}</h2>']
    parts.append(f"<p>{escape(section.text)}</p>")
    if section.chart is not None:
        spec = json.dumps(section.chart).replace("</", "<\\/")
        parts.append(f'<div class="wide"></div><script type="application/vnd.vega-lite+json">{spec}</script>')
    parts.append(_sortable(section.table) if section.sortable else _table(section))
    return "\n".join([*parts, "</section>"])


def _table(section: Section) -> str:
    text = _box(section.table, "wide", lambda value: f"<td>{escape(_cell(value))}</td>")
    folded = section.chart is not None or section.table.height > _MOST_OPEN
    return f"<details><summary>as a table</summary>\n{text}\n</details>" if folded else text


def _sortable(table: "pl.DataFrame") -> str:
    return _box(table, "wide sortable", _exact_cell)


def _box(table: "pl.DataFrame", kind: str, cell: Callable[[object], str]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    body = "\n".join(f"<tr>{''.join(cell(value) for value in row)}</tr>" for row in table.rows())
    # Regions that scroll can be reached by keyboard.
    return f'<div class="{kind}" tabindex="0"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def _exact_cell(value: object) -> str:
    """Return a cell that has the exact value beside the one shown, where these differ."""
    shown = _cell(value)
    marks = ' class="long"' if len(shown) > _LONG else ""
    if isinstance(value, float) and float(shown) != value:
        marks += f' data-v="{value!r}"'
    return f"<td{marks}>{escape(shown)}</td>"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.0f}" if _WHOLE <= abs(value) < _HUGE else f"{value:.4g}"
    return str(value)
