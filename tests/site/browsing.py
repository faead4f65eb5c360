"""What the tests in a browser share."""

import shutil
from importlib.util import find_spec
from typing import Any

import pytest

WAIT = 20
"""Seconds for what a page does by script."""

needs_browser = pytest.mark.skipif(
    not (find_spec("selenium") and shutil.which("chromium") and shutil.which("chromedriver")),
    reason="needs selenium and a browser: make test-site (apt install chromium chromium-driver)",
)


def errors(browser: Any) -> list[str]:
    """Return what the console has had since it was last asked, but for notes."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] in {"SEVERE", "WARNING"}]


def wait_for(browser: Any, selector: str) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, WAIT).until(lambda it: it.find_elements("css selector", selector))
