"""The report of a sweep in a real browser: drawn, filtered, sorted, by keyboard, light and dark."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pysnn.cli.app import app
from pysnn.report.page import has_charts
from pysnn.sweep import sweep
from tests.site.browsing import errors, needs_browser, wait_for

pytestmark = [
    needs_browser,
    pytest.mark.slow,
    pytest.mark.skipif(not has_charts(), reason="needs the extra 'report'"),
]
ENTER, TAB = "\ue007", "\ue004"
FIRST = "section:nth-of-type(1) "


def measured(params: Any, _seed: int) -> dict[str, Any]:
    if params["steps"] == 16:
        raise ValueError("no room")
    good = {"max-norm": 0.5, "percentile": 0.6}[params["method"]]
    return {"accuracy": good + params["steps"] / 100, "synops": params["steps"] * 12_345.5, "warnings": "a warning"}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sweep")
    space = {"method": ["max-norm", "percentile"], "steps": [1, 2, 4, 8, 16]}
    with ThreadPoolExecutor(1) as threads:
        sweep(measured, space, threads, out=folder / "out", about={"best": ["accuracy", "-synops"]})
    done = CliRunner().invoke(app, ["report", str(folder / "out"), "--out", str(folder / "report.html")])
    assert done.exit_code == 0, done.stderr
    return folder / "report.html"


def shown(browser: Any, column: int) -> list[str]:
    """The cells of a column of the first table, of the rows that are shown."""
    cells = browser.find_elements("css selector", f"{FIRST}tbody tr:not([hidden]) td:nth-child({column})")
    return [cell.text for cell in cells]


def opened(browser: Any, page: Path, scheme: str = "light") -> None:
    browser.get("about:blank")
    errors(browser)
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    browser.get(page.as_uri())
    wait_for(browser, "section svg.marks")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_drawn_without_an_error(browser: Any, page: Path, scheme: str) -> None:
    opened(browser, page, scheme)
    assert len(browser.find_elements("css selector", "svg.marks")) == 1
    titles = [title.text for title in browser.find_elements("css selector", "h2")]
    assert titles == [
        *("Rows, best first", "Accuracy against synops", "What was varied"),
        *("Failed points", "Warnings", "Where it comes from"),
    ]
    light = browser.execute_script("return getComputedStyle(document.querySelector('.sortable th')).backgroundColor")
    assert (light == "rgb(255, 255, 255)") == (scheme == "light")
    assert errors(browser) == []
    kept = os.environ.get("PYSNN_SCREENSHOTS")
    if kept:
        browser.save_screenshot(str(Path(kept) / f"sweep-{scheme}.png"))


def test_words_and_comparisons_filter(browser: Any, page: Path) -> None:
    opened(browser, page)
    box = browser.find_element("css selector", f"{FIRST}input")
    for text, steps in (
        ("percentile", ["8", "4", "2", "1"]),
        ("method=max-norm steps>2", ["8", "4"]),
        ("accuracy>=0.62 accuracy<0.675", ["4", "2"]),
        ("synops<=12345.5", ["1", "1"]),
        ("synops<12345.5", []),
        ("nothing", []),
        ("", ["8", "4", "2", "1", "8", "4", "2", "1"]),
    ):
        box.clear()
        box.send_keys(text + " ")
        assert shown(browser, 4) == steps, text
        status = browser.find_element("css selector", f"{FIRST}[role=status]").text
        assert status == f"{len(steps)} of 8 rows"
    assert errors(browser) == []


def test_the_keyboard_alone_filters_sorts_and_unfolds(browser: Any, page: Path) -> None:
    opened(browser, page)

    def focused() -> Any:
        return browser.switch_to.active_element

    def press(keys: str) -> None:
        focused().send_keys(keys)

    press(TAB)
    assert focused().tag_name == "input"
    press("max-norm")
    assert len(shown(browser, 1)) == 4
    press(TAB)
    assert "sortable" in focused().get_attribute("class"), "the table scrolls by keyboard"
    press(TAB)
    press(TAB)
    assert (focused().tag_name, focused().text) == ("button", "synops")
    press(ENTER)
    assert shown(browser, 2) == ["12346", "24691", "49382", "98764"]
    press(ENTER)
    assert shown(browser, 2) == ["98764", "49382", "24691", "12346"]
    head = browser.find_element("css selector", f"{FIRST}th:nth-child(2)")
    assert head.get_attribute("aria-sort") == "descending"
    browser.find_element("css selector", "section > details > summary").send_keys(ENTER)
    assert browser.find_element("css selector", "section > details[open] td").is_displayed()
    assert errors(browser) == []


def test_without_scripts_it_is_readable(browser: Any, page: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(page.as_uri())
        assert not browser.find_elements("css selector", "input, svg, button")
        assert len(browser.find_elements("css selector", f"{FIRST}tbody tr")) == 8
        assert browser.find_element("css selector", f"{FIRST}td").is_displayed()
        assert "ValueError: no room" in browser.find_element("css selector", "main").text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
