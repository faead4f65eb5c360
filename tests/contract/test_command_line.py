"""What every command does with options that are not what they should be.

One line on stderr that names the file or the option, exit code 1 or 2, nothing on stdout, nothing written.
"""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pysnn.cli.app import app
from tests.contract.command_line import COMMANDS, refusal, write_inputs

HUGE = "9" * 30

BAD_OPTIONS: dict[str, list[list[str]]] = {
    "run": [
        *(["--steps", steps] for steps in ("0", "-3", "abc", ",", "", "1,,2", "1e3", "2.5", "9" * 30, "1 2")),
        *(["--limit", limit] for limit in ("0", "-1", "x", "1.5")),
        ["--threads", "0"],
        ["--threads", HUGE],
        ["--batch-size", "0"],
        ["--backend", "abacus"],
        ["--precision", "int4"],
        ["--data", "mnist"],
        ["--data", "idx:nowhere:test"],
        ["--data", "cifar10:nowhere"],
        ["--data", "digits:validation"],
        ["--data", ""],
        ["--bogus"],
        ["--steps"],
    ],
    "convert": [
        *(["--steps", steps] for steps in ("0", "x", "1,2", HUGE)),
        ["--method", "magic"],
        ["--calibrate", "everything"],
        ["--percentile", "200"],
        ["--mean", "1"],
        ["--calibration", "digits:test"],
        ["--calibration", "mnist"],
        ["--precision", "int4"],
        ["--output", "y"],
        ["--limit", "0"],
    ],
    "diagnose": [
        *(["--steps", steps] for steps in ("0", "x", ",", HUGE)),
        ["--layers", "many"],
        ["--backend", "abacus"],
        ["--precision", "int4"],
        ["--data", "mnist"],
    ],
    "sweep run": [
        ["--shard", "3/2"],
        ["--shard", "x"],
        ["--workers", "0"],
        ["--executor", "ray"],
        ["--executor", "dask://host"],
        ["--executor", "dask://host:1"],
        ["--out", "nowhere/deep"],
        ["--out", "data.npz"],
    ],
    "train stdbp": [
        *(["--hidden", hidden] for hidden in ("8C3", "P2", "0", "x", "-1", "8c3", "9" * 20)),
        ["--epochs", "0"],
        ["--epochs", "x"],
        *([option, HUGE] for option in ("--epochs", "--batch-size", "--seed", "--threads")),
        ["--rate", "nan"],
        ["--neuron", "sigmoid"],
        ["--augment", "shift"],
        ["--augment", "colour=1"],
        ["--validation", "-1"],
        ["--validation", "12"],
        ["--backend", "abacus"],
        ["--data", "mnist"],
        ["--data", "digits:test"],
    ],
    "train sstdp": [["--targets", "magic"], ["--steps", "1"], ["--hidden", "8C3"], ["--data", "letters"]],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "options"),
    [(command, options) for command, cases in BAD_OPTIONS.items() for options in cases],
    ids=lambda value: value if isinstance(value, str) else " ".join(value)[:40],
)
def test_a_bad_option_is_one_line(folder: Path, command: str, options: list[str]) -> None:
    line = refusal(folder, command, [*COMMANDS[command], *options])
    words = {options[0], options[0].lstrip("-"), options[-1][:20], *options[-1].split(":")[1:2]}
    assert any(word and word in line for word in words), line


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_missing_is_named(folder: Path, command: str) -> None:
    line = refusal(folder, command, command.split()) if command != "info" else "Missing"
    assert "Missing" in line


@pytest.mark.parametrize("place", ["nowhere/deep", "data.npz"])
def test_the_quickstarts_folder_is_checked(folder: Path, place: str) -> None:
    assert place.partition("/")[0] in refusal(folder, "quickstart", ["quickstart", "--out", place])


def test_a_bare_word_for_data_gets_the_list_of_forms(folder: Path) -> None:
    line = refusal(folder, "run", [*COMMANDS["run"][:3], "mnist", "--steps", "1"])
    assert "mnist" in line
    for form in ("FILE.npz", "idx", "cifar10", "imagenet", "folder:DIR:SIZE", "digits"):
        assert form in line


@pytest.mark.parametrize("command", [name for name in COMMANDS if not name.startswith("sweep")])
def test_the_commands_themselves_work(folder: Path, command: str) -> None:
    done = CliRunner().invoke(app, COMMANDS[command])
    assert done.exit_code == 0, done.stderr
    assert not list(folder.glob(".*"))
