"""Files are replaced whole or not at all, whatever stands where they are to be."""

import errno
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pysnn import IF, DataError, Input, Network, Output
from pysnn.datasets.npz import save_arrays
from pysnn.files.aside import check_ending, check_folder, check_target, make_folder, write_aside
from pysnn.files.psnn import save
from pysnn.tables import make_table, write_table

NETWORK = Network.chain({"in": Input((1,)), "if": IF(), "out": Output("count")})


def written(target: Path, text: str = "new") -> Path:
    return write_aside(target, lambda aside: aside.write_text(text, encoding="utf-8"))


def test_a_new_file_has_the_mode_that_the_user_gives_new_files(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        assert stat.S_IMODE(written(tmp_path / "a.txt").stat().st_mode) == 0o640
    finally:
        os.umask(before)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o666])
def test_a_replaced_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old", encoding="utf-8")
    target.chmod(mode)
    seen: list[int] = []

    def write(aside: Path) -> None:
        aside.write_text("new", encoding="utf-8")
        seen.append(stat.S_IMODE(aside.stat().st_mode))

    write_aside(target, write)
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert seen == [0o600]
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_another_hard_link_keeps_the_old_content(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old", encoding="utf-8")
    (tmp_path / "b.txt").hardlink_to(tmp_path / "a.txt")
    written(tmp_path / "a.txt")
    assert (tmp_path / "b.txt").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("there", [True, False])
def test_a_links_target_is_replaced_and_the_link_stays(tmp_path: Path, there: bool) -> None:
    (tmp_path / "far").mkdir()
    real = tmp_path / "far" / "real.txt"
    if there:
        real.write_text("old", encoding="utf-8")
    (tmp_path / "second.txt").symlink_to("far/real.txt")
    (tmp_path / "first.txt").symlink_to("second.txt")
    written(tmp_path / "first.txt")
    assert (tmp_path / "first.txt").is_symlink()
    assert (tmp_path / "second.txt").is_symlink()
    assert real.read_text(encoding="utf-8") == "new"
    assert list((tmp_path / "far").iterdir()) == [real]


def test_a_pipe_gets_the_whole_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    written(pipe, "new" * 100_000)
    reader.join(timeout=10)
    assert found == ["new" * 100_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_device_stays_one(tmp_path: Path) -> None:
    link = tmp_path / "null.psnn"
    link.symlink_to(os.devnull)
    save(link, NETWORK)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        try:
            os.mknod(tmp_path / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        except PermissionError:
            return
        save(tmp_path / "null", NETWORK)
        assert stat.S_ISCHR((tmp_path / "null").stat().st_mode)


def test_stdout_is_written_through_when_it_is_a_file(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from pysnn.files.aside import write_aside; print('before');"
        "write_aside(Path('/dev/stdout'), lambda aside: aside.write_text('table\\n')); print('after')"
    )
    with (tmp_path / "out.txt").open("w", encoding="utf-8") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == "before\ntable\nafter\n"


def socket_at(path: Path) -> None:
    with tempfile.TemporaryDirectory() as short:
        # A socket's own name has little room.
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"{short}/s")
        Path(short, "s").rename(path)


def loop(path: Path) -> None:
    path.symlink_to("other.txt")
    path.with_name("other.txt").symlink_to(path.name)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder": (lambda path: path.mkdir(), "expected a file to write, this is a folder"),
    "socket": (socket_at, "expected a file to write, this is a socket"),
    "loop": (loop, "symbolic links"),
    "link into nowhere": (lambda path: path.symlink_to("no/where.txt"), "is not there; make it first"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_place_for_a_file_is_refused_by_name(tmp_path: Path, case: str) -> None:
    make, text = BAD[case]
    target = tmp_path / "place.txt"
    make(target)
    before = sorted(tmp_path.iterdir())
    for call in (check_target, written):
        with pytest.raises(OSError, match=text) as caught:
            call(target)
        assert caught.value.filename == str(target)
    assert sorted(tmp_path.iterdir()) == before


def test_folders_are_not_made_on_the_way(tmp_path: Path) -> None:
    for call in (check_target, written, make_folder):
        with pytest.raises(FileNotFoundError, match="is not there; make it first"):
            call(tmp_path / "no" / "place.txt")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="is no folder"):
        written(tmp_path / "file" / "place.txt")
    with pytest.raises(NotADirectoryError, match="is no folder"):
        check_folder(tmp_path / "file")
    make_folder(tmp_path / "new")
    make_folder(tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "new"]


@pytest.mark.parametrize(("there", "text"), [(True, "it is there and must not"), (False, "the folder .* must not")])
def test_what_must_not_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, text: str
) -> None:
    target = tmp_path / "a.txt"
    if there:
        target.write_text("old", encoding="utf-8")
    refused = target if there else tmp_path
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != refused)
    with pytest.raises(PermissionError, match=text) as caught:
        written(target)
    assert caught.value.filename == str(target)


def test_a_long_name_that_the_file_system_takes_is_written(tmp_path: Path) -> None:
    name = "n" * 250 + ".psnn"
    assert save(tmp_path / name, NETWORK).name == name
    odd = tmp_path / ("a." + "b" * 253)
    assert written(odd).read_text(encoding="utf-8") == "new"
    with pytest.raises(OSError, match="too long") as caught:
        check_target(tmp_path / f"x{name}")
    assert caught.value.errno == errno.ENAMETOOLONG


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    def full(aside: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(aside))

    with pytest.raises(OSError, match="No space left") as caught:
        write_aside(tmp_path / "a.txt", full)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "a.txt"))
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_device_that_is_full_is_an_error_with_its_name() -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        save_arrays(Path("/dev/full"), x=np.zeros(3))
    assert caught.value.filename == "/dev/full"


@pytest.mark.parametrize("name", ["net.onnx", "net.npz", "net.csv", "net.psnn.bak", "net.txt"])
def test_a_name_that_says_another_format_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"expected a name that ends in \.psnn"):
        save(tmp_path / name, NETWORK)
    assert not list(tmp_path.iterdir())


def test_names_that_say_no_other_format_are_taken(tmp_path: Path) -> None:
    for name in ("net", "net.PSNN", "net-p99.9", "net.2"):
        check_ending(tmp_path / name, [".psnn"])
    with pytest.raises(DataError, match=r"ends in \.npz, got '\.csv'"):
        save_arrays(tmp_path / "a.csv", x=[1])
    with pytest.raises(DataError, match=r"ends in \.parquet, \.csv or \.json, got ''"):
        write_table(make_table("list", []), tmp_path / "table")
    assert not list(tmp_path.iterdir())
