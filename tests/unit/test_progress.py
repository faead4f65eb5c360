"""Progress goes to stderr, and stays out of the way."""

import io
import sys

import pytest

from pysnn.progress import Progress


def test_short_work_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("run") as progress:
        progress(1, 2)
        progress(2, 2)
    assert capsys.readouterr() == ("", "")


def test_long_work_prints_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("run", seconds=0.0) as progress:
        progress(1, 2)
        progress(2, 2)
    assert capsys.readouterr() == ("", "run: 1 of 2\nrun: 2 of 2\n")


def test_work_goes_on_when_nobody_can_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    for stream in (None, Gone()):
        monkeypatch.setattr(sys, "stderr", stream)
        with Progress("run", seconds=-1.0) as progress:
            progress(1, 2)


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with Progress("layer errors") as progress:
        progress(1, 2)
    assert "layer errors" in terminal.getvalue()
    assert "run: 1" not in terminal.getvalue()


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Progress, "quiet", True)
    with Progress("run", seconds=0.0) as progress:
        progress(1, 2)
    assert capsys.readouterr() == ("", "")
