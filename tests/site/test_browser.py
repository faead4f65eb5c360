"""The built site in a real browser without a window: ``make test-site``."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.site.browsing import errors, needs_browser, wait_for

SITE = Path(os.environ.get("PYSNN_SITE", ""))
if not os.environ.get("PYSNN_SITE"):
    pytest.skip("needs the built site: make test-site", allow_module_level=True)

pytestmark = needs_browser


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def links(browser: Any, selector: str) -> list[str]:
    return [link.get_property("href").partition("#")[0] for link in browser.find_elements("css selector", selector)]


def test_every_page_of_the_navigation_opens(browser: Any, home: str) -> None:
    browser.get(home + "index.html")
    found = links(browser, ".sidebar-tree a.reference.internal")
    assert len(found) > 50
    for address in dict.fromkeys(found):
        browser.get(address)
        assert browser.find_element("css selector", "article h1").text, address
        assert not browser.execute_script("return [...document.images].filter(x => !x.naturalWidth).map(x => x.src)"), (
            address
        )
        assert errors(browser) == [], address


def test_an_error_in_the_console_is_seen(browser: Any, home: str) -> None:
    browser.get(home + "index.html")
    browser.execute_script("setTimeout(() => { throw new Error('planted') }); console.error('planted too')")
    browser.execute_async_script("setTimeout(arguments[0], 100)")
    found = " ".join(errors(browser))
    assert "planted too" in found
    assert "Error: planted" in found


def test_a_reader_clicks_from_the_start_to_a_tutorial(browser: Any, home: str) -> None:
    browser.get(home + "index.html")
    for words in ("tutorials", "Convert a scikit-learn network"):
        link = browser.find_element("css selector", "article").find_element("link text", words)
        browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", link)
        link.click()
    assert browser.find_element("css selector", "article h1").text.startswith("Convert a scikit-learn network")
    assert browser.find_elements("css selector", "article .cell_output img")
    assert errors(browser) == []


@pytest.mark.parametrize(
    ("words", "page"),
    [("saturated", "glossary.html"), ("raster", "api/pages/pysnn.plot.html"), ("Brian2", "coming_from_brian2.html")],
)
def test_search_finds(browser: Any, home: str, words: str, page: str) -> None:
    browser.get(home + "index.html")
    box = browser.find_element("css selector", "input.sidebar-search")
    box.send_keys(words)
    box.submit()
    wait_for(browser, "#search-results ul.search li a")
    wait_for(browser, f'#search-results ul.search li a[href*="{page}"]')[0].click()
    assert page in browser.current_url
    assert errors(browser) == []


def test_a_report_draws_its_charts(browser: Any, home: str, tmp_path: Path) -> None:
    from pysnn.quickstart import quickstart

    quickstart(tmp_path / "quickstart", backend="rust")
    command = ["report", str(tmp_path / "quickstart" / "digits.psnn"), "--data", "digits:test", "--steps", "1,8,32"]
    page = tmp_path / "report.html"
    subprocess.run([sys.executable, "-m", "pysnn", *command, "--chips", "loihi1", "--out", str(page)], check=True)
    browser.get(home + "index.html")
    errors(browser)
    for scheme in ("light", "dark"):
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        browser.get(page.as_uri())
        wait_for(browser, "section:nth-of-type(6) svg.marks")
        assert len(browser.find_elements("css selector", "section .wide svg.marks")) == 5
        assert errors(browser) == []
    browser.find_element("css selector", "section > details > summary").send_keys("\ue007")
    assert browser.find_element("css selector", "section > details[open] td").is_displayed()


def test_light_and_dark(browser: Any, home: str) -> None:
    browser.get(home + "index.html")
    paper = "return getComputedStyle(document.body).backgroundColor"
    seen = set()
    for _ in range(3):
        seen.add(browser.execute_script(paper))
        browser.find_element("css selector", ".content-icon-container .theme-toggle").click()
    assert len(seen) == 2
