"""Measured figures in prose stand in a committed table that the same page shows, or in a short list of constants with reasons."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Pages that a command writes whole.
WRITTEN = {
    "hardware_examples.md": "benchmarks.experiments.hardware_examples",
    "hardware_peers.md": "benchmarks.peers.hardware_tools",
    "hardware_validation.md": "benchmarks.claims.hardware_validation",
}
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"], key=lambda path: path.name)

_UNITS = (
    r"%|points?|percent|ms|us|µs|ns|s|seconds?|minutes?|min|hours?|h|days?|[KMG]i?B(?:/s)?|kB|M|G|million|times|Hz|kHz|MHz|GHz"
    r"|[pnu]J|[mu]W"
)
_NUMBER = r"\d[\d,]*(?:\.\d+)?|\.\d+"
_FIGURE = re.compile(
    rf"(?<![\w.^*/])(?P<number>{_NUMBER})(?P<rest>(?:(?:,| and| to| or| /) (?:{_NUMBER}))*) ?(?:{_UNITS})(?![\w/])"
)
_SHOWN = re.compile(r"<!-- table: .*?<!-- end -->", re.DOTALL)
_NO_PROSE = re.compile(r"```.*?```|^ {4}.*?$|`[^`\n]*`|\]\([^)]*\)", re.DOTALL | re.MULTILINE)

# A figure that is no measurement, or whose command is a test: the page, the text, and why it stands.
_WARNING = "the threshold of a warning: it is in the code that warns"
_DEFINITION = "part of a definition, no measurement"
_PRICE = "a constant of a chip's data file, with its source there"
CONSTANTS = {
    ("hardware.md", "95 %"): "the level of intervals",
    ("hardware.md", "113 to 465 ns"): _PRICE,
    ("hardware.md", "5 to 17 us"): _PRICE,
    ("hardware.md", "340 us"): _PRICE,
    ("hardware.md", "10 pJ"): _PRICE,
    ("hardware.md", "120 pJ"): _PRICE,
    ("hardware.md", "6.1 ns"): _PRICE,
    ("stdp.md", "120 pJ"): _PRICE,
    ("hardware.md", "8 KiB"): _PRICE,
    ("conversion.md", "98 %"): _WARNING,
    ("conversion.md", "90 %"): _WARNING,
    ("conversion.md", "95 %"): _WARNING,
    ("conversion.md", "20 %"): _WARNING,
    ("conversion.md", "20 seconds"): "python -m scripts.train_digits_mlp takes them",
    ("conversion.md", "97.6 %"): "python -m scripts.train_digits_mlp prints it",
    ("first_spike.md", "5 %"): _WARNING,
    ("first_spike.md", "1 %"): _WARNING,
    ("first_spike.md", "10 %"): _WARNING,
    ("first_spike_results.md", "95 %"): "the level of intervals",
    ("first_spike_windows.md", "95 %"): "the level of intervals",
    ("two_pass.md", "95 %"): "the level of intervals",
    ("numerics.md", "5 %"): _DEFINITION,
    ("numerics.md", "50 %"): _DEFINITION,
    ("numerics.md", "95 %"): _DEFINITION,
    ("numerics.md", "0.4 times"): _WARNING,
    ("numerics.md", "2.5 times"): _WARNING,
    ("packaging.md", "6 GB"): "the size of PyTorch's build on the package index",
    ("performance.md", "95 %"): "the level of intervals",
    ("performance.md", "200 us"): "the default of PYSNN_THREAD_WORK",
    ("performance.md", "248, 333, 183 and 94 M"): "of another simulator, measured once: the sentence says how",
    ("performance.md", "0.1 to 100 M"): "sizes of networks that are measured, no figure",
    ("plan_format.md", "1 times"): _DEFINITION,
    ("plan_format.md", "2 times"): _DEFINITION,
    ("psnn_format.md", "16 MiB"): "a limit of the reader",
    ("sweeps.md", "28 points"): "the points of the example, counted by the command beside it",
    ("ttrbr.md", "256 KiB"): "a limit of the writer",
}


def prose(text: str) -> str:
    """Return a page without its generated tables, code and links."""
    return _NO_PROSE.sub(" ", _SHOWN.sub(" ", text))


def figures(text: str) -> list[tuple[str, list[str]]]:
    """Return each figure with a unit, and the numbers in it."""
    matches = _FIGURE.finditer(prose(text))
    return [(match.group(), re.findall(_NUMBER, match["number"] + match["rest"])) for match in matches]


def shown(text: str) -> list[float]:
    """Return all numbers of a page's generated tables."""
    tables = " ".join(_SHOWN.findall(text))
    return [float(number.replace(",", "")) for number in re.findall(_NUMBER, tables)]


def holds(numbers: list[float], written: str) -> bool:
    """Return whether a table has the number, rounded as it is written."""
    digits = len(written.partition(".")[2])
    value = float(written.replace(",", ""))
    return any(round(number, digits) == value for number in numbers)


@pytest.mark.parametrize("path", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_figures_of_a_page_stand_in_its_tables(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    numbers = shown(text)
    if path.name in WRITTEN:
        assert f"python -m {WRITTEN[path.name]}" in text
        return
    unknown = [
        figure
        for figure, written in figures(text)
        if (path.name, figure) not in CONSTANTS and not all(holds(numbers, number) for number in written)
    ]
    assert not unknown


def test_the_list_of_constants_is_short_and_needed() -> None:
    assert len(CONSTANTS) <= 40
    known = {(path.name, figure) for path in PAGES for figure, _ in figures(path.read_text(encoding="utf-8"))}
    assert set(CONSTANTS) <= known
    assert all(CONSTANTS.values())


def test_a_figure_without_a_table_is_found() -> None:
    page = "It takes 3.1 ms.\n<!-- table: x -->\n| ms |\n| --- |\n| 3.12 |\n<!-- end -->\n"
    [(figure, written)] = figures(page)
    assert figure == "3.1 ms"
    assert holds(shown(page), written[0])
    assert not holds(shown(page.replace("3.12", "3.2")), "3.1")
    assert [figure for figure, _ in figures("Of 7.8, 9.2 and 18.5 ms `4 ms` are code.")] == ["7.8, 9.2 and 18.5 ms"]
