"""Progress goes to stderr, and stays out of the way."""

import io
import re
import sys
from typing import Any

import pytest

import pysnn.progress
from pysnn.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("pysnn.progress.time.monotonic", lambda: self.now)


def test_short_work_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("run") as progress:
        progress(1, 2)
        progress(2, 2)
    assert capsys.readouterr() == ("", "")


def test_long_work_prints_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("run", seconds=0.0) as progress:
        progress(1, 2)
        progress(2, 2)
    assert capsys.readouterr() == ("", "run: 1 of 2\nrun: 2 of 2, took under 1 s\n")


def test_work_goes_on_when_nobody_can_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    for stream in (None, Gone()):
        monkeypatch.setattr(sys, "stderr", stream)
        with Progress("run", seconds=-1.0) as progress:
            progress(1, 2)


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_lines_say_how_long_the_rest_takes(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with Progress("run", seconds=1.0) as progress:
        # The first half was done by an earlier run: it took no time of this one.
        for done, now in ((50, 100.0), (60, 110.0), (75, 425.0), (100, 7430.0)):
            clock.now = now
            progress(done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "run: 50 of 100",
        "run: 60 of 100, 40 s left",
        "run: 75 of 100, 5 min left",
        "run: 100 of 100, took 2 h 4 min",
    ]


def test_what_is_shown_never_goes_back(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("run", seconds=0.0) as progress:
        for done, total in ((1, 4), (3, 4), (2, 4), (5, 8), (4, 4)):
            progress(done, total)
    shown = [line.split(",")[0] for line in capsys.readouterr().err.splitlines()]
    assert shown == ["run: 1 of 4", "run: 3 of 4", "run: 4 of 4"]


def test_nothing_to_do_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("run", seconds=0.0) as progress:
        progress(0, 0)
    assert capsys.readouterr().err == "run: 0 of 0, took under 1 s\n"


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_a_bar_fits_a_narrow_terminal_without_colours(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    for name, value in (("TERM", "xterm"), ("COLUMNS", str(columns)), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    with Progress("layer [errors]") as progress:
        progress(1_000, 2_000)
    shown = terminal.getvalue()
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", shown), "no colour"
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown))
    assert max(map(len, lines)) <= columns
    if columns >= 40:
        assert any("layer [errors]" in line and "1000/2000" in line for line in lines)


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "dumb")
    with Progress("run", seconds=0.0) as progress:
        progress(1, 2)
    assert terminal.getvalue() == "run: 1 of 2\n"


class Shown:
    """A notebook's ``display``: the pages that one output had, one after the other."""

    def __init__(self) -> None:
        self.pages: list[dict[str, str]] = []
        self.outputs = 0

    def __call__(self, page: dict[str, str], **options: Any) -> "Shown":
        assert options == {"raw": True, "display_id": True}
        self.outputs += 1
        self.pages.append(page)
        return self

    def update(self, page: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.pages.append(page)


def in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> Shown:
    shown = Shown()
    monkeypatch.setattr(pysnn.progress, "in_notebook", lambda: True)
    monkeypatch.setattr(pysnn.progress, "notebook_display", lambda: shown)
    return shown


def test_a_notebook_has_one_output_that_is_replaced(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, clock = in_a_notebook(monkeypatch), Clock(monkeypatch)
    with Progress("<b>run</b>") as progress:
        for done in range(1, 11):
            clock.now += 1.0
            progress(done, 10)
            progress(done, 10)
    assert capsys.readouterr() == ("", "")
    assert shown.outputs == 1
    assert len(shown.pages) == 11, "too soon for a second, but for the end"
    assert shown.pages[4]["text/plain"] == "<b>run</b>: 5 of 10, 5 s left"
    assert "&lt;b&gt;run&lt;/b&gt;: 5 of 10" in shown.pages[4]["text/html"]
    assert '<progress value="5" max="10"' in shown.pages[4]["text/html"]
    assert "took 10 s" in shown.pages[-1]["text/plain"]
    assert not any("\r" in text for page in shown.pages for text in page.values())


def test_short_work_shows_nothing_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, _ = in_a_notebook(monkeypatch), Clock(monkeypatch)
    with Progress("run") as progress:
        progress(1, 2)
        progress(2, 2)
    assert shown.pages == []


@pytest.mark.slow
def test_a_real_kernel_is_found_and_shows_the_bar() -> None:
    pytest.importorskip("ipykernel")
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    code = """
import time
from pysnn import IF, Input, Network, Output
from pysnn.progress import Progress
with Progress("run") as progress:
    for done in range(4):
        time.sleep(0.25)
        progress(done + 1, 4)
Network.chain({"in": Input((2,)), "if": IF(), "out": Output("count")})
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=60).execute()
    bar, network = notebook.cells[0].outputs
    assert bar.output_type == "display_data"
    assert "4 of 4" in bar.data["text/plain"]
    assert "<progress" in bar.data["text/html"]
    assert network.data["text/plain"] == "Network(3 nodes, 2 edges, 0 parameters)"
    assert "<table" in network.data["text/html"]
