"""What every test can use: real data, and one deterministic profile of generated examples."""

import os
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

# The suite is the same at every run; `HYPOTHESIS_PROFILE=thorough` looks further, at other examples each time.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, max_examples=40, print_blob=True)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of real data sets and trained weights, from PYSNN_DATA; the test is skipped where it is unset."""
    folder = os.environ.get("PYSNN_DATA")
    if not folder:
        pytest.skip("PYSNN_DATA is not set: it names the folder with the real data sets")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"PYSNN_DATA is {folder!r}, which is not a folder")
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for the data folder as a data test."""
    for item in items:
        if "data_dir" in getattr(item, "fixturenames", ()):
            item.add_marker("data")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where the data is there, a data test that does not run is a failure, not a skip that nobody reads."""
    report = yield
    expected_failure = hasattr(report, "wasxfail")
    if report.skipped and not expected_failure and os.environ.get("PYSNN_DATA") and item.get_closest_marker("data"):
        report.outcome = "failed"
        report.longrepr = f"a data test was skipped although PYSNN_DATA is set: {report.longrepr}"
    return report
