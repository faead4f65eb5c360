"""A data test is skipped only where there is no data."""

from pathlib import Path

import pytest

CONFTEST = (Path(__file__).parents[1] / "conftest.py").read_text(encoding="utf-8")

DATA_TESTS = """
import pytest

def test_fixture(data_dir):
    assert data_dir.is_dir()

def test_skips_itself(data_dir):
    pytest.skip("no time")

@pytest.mark.data
def test_marked():
    pytest.skip("file not found")

def test_without_data():
    pytest.skip("another reason")
"""


@pytest.fixture
def inner(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    pytester.makeini("[pytest]\nmarkers = data: reads real data")
    pytester.makepyfile(DATA_TESTS)
    return pytester


def test_data_tests_are_skipped_without_the_data(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYSNN_DATA", raising=False)
    result = inner.runpytest("-rs")
    result.assert_outcomes(skipped=4)
    result.stdout.fnmatch_lines(["*PYSNN_DATA is not set*"])


def test_a_skipped_data_test_fails_with_the_data(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSNN_DATA", str(inner.path))
    result = inner.runpytest()
    result.assert_outcomes(passed=1, failed=2, skipped=1)
    result.stdout.fnmatch_lines(["*data test was skipped although PYSNN_DATA is set*"])


def test_a_wrong_data_folder_is_an_error(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSNN_DATA", str(inner.path / "nowhere"))
    result = inner.runpytest("-k", "test_fixture")
    result.assert_outcomes(errors=1)
