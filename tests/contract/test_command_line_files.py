"""What every command does with files that are not what they should be.

One line on stderr that names the file or the option, exit code 1 or 2, nothing on stdout, nothing written.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.contract.command_line import COMMANDS, refusal, write_inputs

INPUTS = [
    (name, file) for name, given in COMMANDS.items() for file in given if Path(file).stem in {"net", "ann", "data"}
]
INPUTS += [
    (name, "spec.toml") for name in ("sweep run", "sweep retry-failed", "sweep status", "sweep best", "sweep collect")
]
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
    "npy": lambda path: path.write_bytes(packed(np.save, np.zeros((12, 3)))),
    "picture": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "pickle": lambda path: path.write_bytes(b"\x80\x04K\x01."),
    "zeros": lambda path: path.write_bytes(bytes(4096)),
    "other array": lambda path: path.write_bytes(packed(np.savez, z=np.zeros(3))),
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


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", BAD_FILES)
@pytest.mark.parametrize(("command", "file"), INPUTS, ids=[f"{command} {file}" for command, file in INPUTS])
def test_a_bad_file_is_named(folder: Path, command: str, file: str, kind: str) -> None:
    BAD_FILES[kind](folder / file)
    if command in {"sweep status", "sweep best"} and kind == "folder":
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


@pytest.mark.slow
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
    for work in ("pysnn.files.psnn.load_with", "pysnn.datasets.npz.load_data", "pysnn.datasets.source.load_data"):
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
