"""The program itself, with stdout and stderr as users have them: closed, narrow, full, cut off; and interrupted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pysnn import IF, Input, Linear, Network, Output
from pysnn.cli.streams import one_line
from pysnn.files.psnn import save

NETWORK = Network.chain({"in": Input((3,)), "日本": Linear(np.eye(3)[:2] + 0.25), "if": IF(), "out": Output("count")})
PYSNN = [sys.executable, "-m", "pysnn"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = str(Path(__file__).parents[3])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])))
    save(tmp_path / "net.psnn", NETWORK)
    np.savez(tmp_path / "data.npz", x=np.ones((3, 3), dtype=np.float32))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*arguments: Any, **options: Any) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [*PYSNN, *map(str, arguments)], check=False, timeout=120, **{"capture_output": True, **options}
    )


def shell(tail: str, network: str = "net.psnn") -> "subprocess.CompletedProcess[bytes]":
    line = f"'{sys.executable}' -m pysnn run {network} --data data.npz --steps 1,2 --table t.csv {tail}"
    return subprocess.run(["/bin/sh", "-c", line], check=False, capture_output=True, timeout=120)


@pytest.mark.slow
@pytest.mark.parametrize("tail", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_no_error(folder: Path, tail: str) -> None:
    done = shell(tail)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert len((folder / "t.csv").read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.slow
@pytest.mark.parametrize("tail", ["2>&-", ">&- 2>&-"])
def test_an_error_that_nobody_sees_has_its_exit_code(tail: str) -> None:
    assert shell(tail, "none.psnn").returncode == 1


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    done = command(
        "-q", "run", "net.psnn", "--data", "data.npz", "--steps", 1, capture_output=False, stdout=write, stderr=-1
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "arguments", [["-q", "run", "net.psnn", "--data", "data.npz", "--steps", "1"], ["--help"], ["neurons"]]
)
def test_a_full_disk_behind_stdout_is_a_sentence(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = command(*arguments, capture_output=False, stdout=full, stderr=-1)
    assert done.returncode == 1
    assert b"stdout: No space left on device" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_every_name_can_be_shown_in_every_encoding(
    folder: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    name = "netz[b]:x:-日本-ü.psnn"
    (folder / "net.psnn").rename(folder / name)
    shown = {"ascii": rb"\u65e5\u672c-\xfc", "utf-8": "日本-ü".encode()}.get(
        encoding, rb"\u65e5\u672c-" + "ü".encode("latin-1")
    )
    done = command("-q", "run", name, "--data", "data.npz", "--steps", 1)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"netz[b]:x:-" + shown in done.stdout
    done = command("info", name)
    assert done.returncode == 0
    assert shown[:4] in done.stdout
    done = command("run", f"kein-{name}", "--data", "data.npz", "--steps", 1)
    assert done.returncode == 1
    assert b"kein-netz[b]:x:-" + shown in done.stderr
    assert command("--help").returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_is_shown(folder: Path) -> None:
    name = os.fsdecode(b"net\xff\n\x1b[31m.psnn")
    (folder / "net.psnn").rename(folder / name)
    done = command("-q", "run", name, "--data", "data.npz", "--steps", 1, "--table", "t.parquet")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout
    done = command("run", f"x{name}", "--data", "data.npz", "--steps", 1)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert b"\x1b" not in done.stderr


def test_control_characters_are_written_out() -> None:
    assert one_line("a\n b\t\x1b[0m ö 日") == r"a b \x1b[0m ö 日"


@pytest.mark.slow
def test_the_version_and_short_help() -> None:
    from pysnn.version import __version__

    assert command("--version").stdout.decode().split() == ["pysnn", __version__]
    assert command("-h").stdout == command("--help").stdout != b""
    assert b"--data" in command("run", "-h").stdout


def interrupted(*arguments: Any, when: Callable[[str], object]) -> tuple[int, str]:
    """Run a command, press Ctrl-C as soon as it is time by what stderr says, and give the exit code and the last line."""
    with Path("stderr.txt").open("wb") as stderr:
        running = subprocess.Popen([*PYSNN, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=stderr)
    until = time.monotonic() + 60
    while not when(said()) and running.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    running.wait(timeout=60)
    # What a worker may still say.
    time.sleep(0.5)
    assert "Traceback" not in said()
    return running.returncode, said().splitlines()[-1]


def said() -> str:
    return Path("stderr.txt").read_text(encoding="utf-8")


@pytest.mark.slow
def test_ctrl_c_says_what_is_kept_and_how_to_go_on(folder: Path) -> None:
    training = ["train", "stdbp", "--data", "digits", "--out", "new.psnn", "--epochs", 100_000]
    code, line = interrupted(*training, when=lambda said: "epoch 2:" in said)
    assert code == 130
    assert line.startswith("pysnn train stdbp: interrupted; ")
    assert "kept in 'new.psnn.checkpoint'; the same command with --resume goes on" in line
    code, line = interrupted(*training, "--resume", when=lambda said: "epoch" in said)
    assert code == 130
    assert "the same command with --resume goes on" in line
    assert "epoch 1:" not in said()
    assert not (folder / "new.psnn").exists()


@pytest.mark.slow
def test_ctrl_c_of_a_sweep() -> None:
    spec = 'job = "convert-run"\n[networks.d]\nfile = "digits-mlp"\ndata = "d"\n[data.d]\n'
    spec += 'train = "digits:train"\ntest = "digits:test"\n[[grid]]\nnetwork = "d"\nmethod = "max-norm"\n'
    steps = ", ".join(str(n) for n in range(20_000, 20_200))
    Path("spec.toml").write_text(f'{spec}steps = [{steps}]\nconvert_steps = "each"\n', encoding="utf-8")
    code, line = interrupted(
        "sweep", "run", "spec.toml", "--workers", 1, when=lambda _: Path("spec.sweep/sweep.json").exists()
    )
    assert (code, line) == (
        130,
        "pysnn sweep run: interrupted; the points that are done are kept in 'spec.sweep'; the same command goes on",
    )


def test_quiet_leaves_notes_out_and_keeps_errors() -> None:
    command = ["run", "net.psnn", "--data", "data.npz", "--steps", "2", "--no-timing"]
    loud, quiet, failed = (
        subprocess.run([*PYSNN, *options], capture_output=True, text=True, check=False)
        for options in (command, ["--quiet", *command], ["-q", "info", "none.psnn"])
    )
    assert "ms_per_sample" in loud.stderr
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert failed.returncode == 1
    assert "none.psnn" in failed.stderr
