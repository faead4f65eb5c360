"""What the command line is on terminals: its help at any width, completion, colours, names."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pysnn.cli.app import app
from pysnn.version import __version__


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command and group."""
    yield path
    for name, below in getattr(group, "commands", {}).items():
        yield from commands(below, (*path, name))


COMMANDS = list(commands(typer.main.get_command(app)))


def shown(words: tuple[str, ...], columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    # The runner's own terminal has no width of its own.
    done = CliRunner().invoke(app, [*words, "--help"], color=True)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def options(command: Any) -> list[str]:
    return [name for parameter in command.params for name in parameter.opts if name.startswith("--")]


def found(words: tuple[str, ...]) -> Any:
    command: Any = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
    return command


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("columns", [40, 60, 80, 100, 160])
def test_help_fits_and_is_not_cut(words: tuple[str, ...], columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(words, columns, monkeypatch)
    assert max(len(line) for line in text.splitlines()) <= columns
    assert "\u2026" not in text
    for option in options(found(words)):
        assert option in text
    for name in getattr(found(words), "commands", {}):
        assert name in text


def test_narrow_help_has_whole_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped = " ".join(shown((), 40, monkeypatch).split())
    for command in typer.main.get_command(app).commands.values():  # type: ignore[attr-defined]
        first = (command.help or "").split("\n\n")[0]
        assert " ".join(first.split()).rstrip(".") in wrapped


@pytest.mark.slow
@pytest.mark.parametrize("columns", ["1", "nonsense", "10000"])
def test_odd_widths_are_no_error(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert CliRunner().invoke(app, ["run", "-h"]).exit_code == 0
    assert CliRunner().invoke(app, ["methods"]).exit_code == 0


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], ["run", "-h"], ["train", "-h"], []])
def test_help_is_asked_for_in_either_way(arguments: list[str]) -> None:
    assert "Usage: " in CliRunner().invoke(app, arguments).output


@pytest.mark.slow
def test_the_module_is_the_program() -> None:
    version = subprocess.run([sys.executable, "-m", "pysnn", "--version"], capture_output=True, text=True, check=True)
    assert (version.stdout, version.stderr) == (f"pysnn {__version__}\n", "")
    usage = subprocess.run([sys.executable, "-m", "pysnn", "run", "-h"], capture_output=True, text=True, check=True)
    assert "Usage: pysnn run" in usage.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"_PYSNN_COMPLETE": "complete_bash", "COMP_WORDS": "pysnn dia", "COMP_CWORD": "1"}, "diagnose"),
        ({"_PYSNN_COMPLETE": "complete_bash", "COMP_WORDS": "pysnn run --no-t", "COMP_CWORD": "2"}, "--no-timing"),
        ({"_PYSNN_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "pysnn train std"}, "stdbp"),
        (
            {"_PYSNN_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "pysnn swe", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
            "sweep",
        ),
    ],
)  # fmt: skip
def test_shells_can_complete(environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = subprocess.run([sys.executable, "-m", "pysnn"], capture_output=True, text=True, check=False)
    assert expected in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_can_be_shown(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    done = CliRunner().invoke(app, ["--show-completion", shell], prog_name="pysnn")
    assert "_PYSNN_COMPLETE" in done.stdout


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    colour = re.compile(r"\x1b\[[0-9;]*3[0-9]")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert colour.search(shown(("run",), 120, monkeypatch))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colour.search(shown(("run",), 120, monkeypatch))
