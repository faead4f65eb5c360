"""What every command does with files and options that are not what they should be.

One line on stderr that names the file or the option, exit code 1 or 2, nothing on stdout, nothing written.
"""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from pysnn import Input, Linear, Network, Output, ReLU
from pysnn.cli.app import app
from pysnn.convert import convert
from pysnn.io.psnn import save

X = np.random.default_rng(0).random((12, 3)).astype(np.float32)
Y = np.arange(12) % 2
ANN = Network.chain(
    {
        "in": Input((3,)),
        "fc1": Linear(np.random.default_rng(1).normal(size=(5, 3))),
        "relu": ReLU(),
        "fc2": Linear(np.random.default_rng(2).normal(size=(2, 5))),
        "out": Output(),
    }
)
SPEC = """job = "convert-run"
[networks.d]
file = "digits-mlp"
data = "d"
[data.d]
train = "digits:train"
test = "digits:test"
[[grid]]
network = "d"
method = "max-norm"
steps = [1]
limit = 5
"""

COMMANDS: dict[str, list[str]] = {
    "run": ["run", "net.psnn", "--data", "data.npz", "--steps", "2"],
    "convert": ["convert", "ann.psnn", "--calibration", "data.npz", "--steps", "2", "--out", "new.psnn"],
    "diagnose": ["diagnose", "net.psnn", "--data", "data.npz", "--steps", "2", "--ann", "ann.psnn"],
    "info": ["info", "net.psnn"],
    "sweep run": ["sweep", "run", "spec.toml", "--workers", "1"],
    "sweep retry-failed": ["sweep", "retry-failed", "spec.toml"],
    "sweep status": ["sweep", "status", "spec.toml"],
    "sweep collect": ["sweep", "collect", "spec.toml", "--out", "new.csv"],
    "train stdbp": ["train", "stdbp", "--data", "data.npz", "--out", "new.psnn", "--hidden", "4", "--epochs", "1"],
    "train sstdp": ["train", "sstdp", "--data", "data.npz", "--out", "new.psnn", "--hidden", "4", "--epochs", "1"],
}
INPUTS = [
    (name, file) for name, given in COMMANDS.items() for file in given if Path(file).stem in {"net", "ann", "data"}
]
INPUTS += [(name, "spec.toml") for name in ("sweep run", "sweep retry-failed", "sweep status", "sweep collect")]
OUTPUTS: dict[str, dict[str, str]] = {
    "run": {"--predictions": "new.npz", "--table": "new.csv"},
    "convert": {"--out": "new.psnn", "--report": "new.json", "--table": "new.parquet"},
    "diagnose": {"--report": "new.csv", "--blame-report": "new.csv", "--plot": "new.png"},
    "sweep collect": {"--out": "new.csv"},
    "train stdbp": {"--out": "new.psnn", "--history": "new.csv"},
    "train sstdp": {"--out": "new.psnn", "--history": "new.csv"},
    "train ttrbr": {"--out": "new.psnn", "--history": "new.csv", "--checkpoint": "new.npz"},
}
COMMANDS_WITH_OUTPUTS = {
    **COMMANDS,
    "train ttrbr": ["train", "ttrbr", "--data", "data.npz", "--model", "resnet20", "--out", "new.psnn"],
}


def packed(write: Callable[..., None], *arrays: Any, **named: Any) -> bytes:
    stream = io.BytesIO()
    write(stream, *arrays, **named)
    return stream.getvalue()


def instead(path: Path) -> Path:
    path.unlink()
    return path


BAD_FILES: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: len(path.read_bytes()) * 2 // 3]),
    "random bytes": lambda path: path.write_bytes(np.random.default_rng(3).bytes(3000)),
    "small header": lambda path: path.write_bytes((5).to_bytes(8, "little") + b"hello"),
    "text": lambda path: path.write_text("# not what was expected\n", encoding="utf-8"),
    "UTF-16": lambda path: path.write_text("not what was expected\n", encoding="utf-16"),
    "npy": lambda path: path.write_bytes(packed(np.save, X)),
    "picture": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "pickle": lambda path: path.write_bytes(b"\x80\x04K\x01."),
    "zeros": lambda path: path.write_bytes(bytes(4096)),
    "other array": lambda path: path.write_bytes(packed(np.savez, z=X)),
    "folder": lambda path: instead(path).mkdir(),
    "loop": lambda path: instead(path).symlink_to(path.name),
}


def folder_at(path: Path) -> Path:
    path.mkdir()
    return path


def link_at(path: Path, target: str) -> Path:
    path.symlink_to(target)
    return path


BAD_OUTPUTS: dict[str, Callable[[Path], Path]] = {
    "another format": lambda path: path.with_suffix(".docx"),
    "folder": folder_at,
    "no such folder": lambda path: path.parent / "nowhere" / path.name,
    "under a file": lambda path: path.parent / "data.npz" / path.name,
    "loop": lambda path: link_at(path, path.name),
    "link into nowhere": lambda path: link_at(path, f"nowhere/{path.name}"),
    "long name": lambda path: path.with_name("n" * 300 + path.suffix),
}

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
    save(tmp_path / "ann.psnn", ANN)
    save(tmp_path / "net.psnn", convert(ANN, X, "max-norm").network)
    np.savez(tmp_path / "data.npz", x=X, y=Y)
    (tmp_path / "spec.toml").write_text(SPEC, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    """Every file and what is in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
        for path in folder.rglob("*")
    }


def refusal(folder: Path, command: str, arguments: list[Any]) -> str:
    """Run a command that has to fail, and give the line that it says."""
    before = contents(folder)
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    lines = [line for line in done.stderr.splitlines() if ": warning: " not in line]
    assert done.exit_code in (1, 2), (done.exit_code, done.stderr)
    assert done.stdout == ""
    assert len(lines) == 1, lines
    assert lines[0].startswith((f"pysnn {command}: ", "pysnn: "))
    assert ".pysnn-" not in lines[0]
    assert contents(folder) == before
    return lines[0]


@pytest.mark.parametrize("kind", BAD_FILES)
@pytest.mark.parametrize(("command", "file"), INPUTS, ids=[f"{command} {file}" for command, file in INPUTS])
def test_a_bad_file_is_named(folder: Path, command: str, file: str, kind: str) -> None:
    BAD_FILES[kind](folder / file)
    if command == "sweep status" and kind == "folder":
        assert "there is no sweep here" in refusal(folder, command, COMMANDS[command])
        return
    assert file in refusal(folder, command, COMMANDS[command])


@pytest.mark.parametrize("kind", [kind for kind in BAD_FILES if kind not in {"missing", "folder", "loop"}])
@pytest.mark.parametrize("ending", [".onnx", ".safetensors"])
def test_a_bad_model_is_named(folder: Path, ending: str, kind: str) -> None:
    if ending == ".onnx":
        pytest.importorskip("onnx")
    model = folder / f"ann{ending}"
    model.write_bytes((folder / "ann.psnn").read_bytes())
    BAD_FILES[kind](model)
    assert model.name in refusal(folder, "convert", ["convert", model.name, *COMMANDS["convert"][2:]])


@pytest.mark.parametrize(
    ("command", "option", "kind"),
    [
        (command, option, kind)
        for command, options in OUTPUTS.items()
        for option in options
        for kind in BAD_OUTPUTS
        # A checkpoint may be named as one likes.
        if (option, kind) != ("--checkpoint", "another format")
    ],
)
def test_an_output_that_cannot_be_is_refused_before_the_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: str, option: str, kind: str
) -> None:
    for work in ("pysnn.io.psnn.load_with", "pysnn.io.npz.load_data", "pysnn.io.images.load_data"):
        monkeypatch.setattr(work, lambda *_, **__: pytest.fail("it has begun to work"))
    target = BAD_OUTPUTS[kind](folder / OUTPUTS[command][option])
    line = refusal(folder, command, [*COMMANDS_WITH_OUTPUTS[command], option, target])
    assert target.name in line


@pytest.mark.parametrize("place", [".", "..", "/", "", "net.psnn/"])
@pytest.mark.parametrize("command", ["convert", "train stdbp", "train ttrbr"])
def test_a_place_without_a_name_is_refused(folder: Path, command: str, place: str) -> None:
    (folder / "net.psnn").unlink()
    (folder / "net.psnn").mkdir()
    assert "this is a folder" in refusal(folder, command, [*COMMANDS_WITH_OUTPUTS[command], "--out", place])


@pytest.mark.parametrize(("command", "options"), OUTPUTS.items(), ids=OUTPUTS)
def test_a_file_is_neither_written_twice_nor_written_over_what_is_read(
    folder: Path, command: str, options: dict[str, str]
) -> None:
    (folder / "link").symlink_to(".")
    tables = [option for option, file in options.items() if Path(file).suffix in {".csv", ".json", ".parquet"}]
    if len(tables) > 1:
        given = [*COMMANDS_WITH_OUTPUTS[command], tables[0], "same.csv", tables[1], "link/same.csv"]
        assert f"is also {tables[0]}" in refusal(folder, command, given)
    for option, file in options.items():
        read = {".psnn": "ann.psnn", ".npz": "data.npz"}.get(Path(file).suffix)
        if read in COMMANDS_WITH_OUTPUTS[command]:
            line = refusal(folder, command, [*COMMANDS_WITH_OUTPUTS[command], option, f"link/{read}"])
            assert f"{option}: 'link/{read}' is also a file that is read" in line


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
