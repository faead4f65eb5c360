"""Write files so that a reader sees the old one or the new one, never a part; and check beforehand that it will be possible."""

import errno
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from pysnn.errors import DataError

__all__ = ["check_ending", "check_folder", "check_target", "make_folder", "network_path", "write_aside"]

_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")
# A suffix that begins with a digit is part of a name, as in "net-p99.9".
_ENDING = re.compile(r"\.[A-Za-z]\w*")
_LONGEST_SUFFIX = 16


def write_aside(target: Path, write: Callable[[Path], object]) -> Path:
    """Call ``write`` with a temporary path, and put the file that it makes in the place of ``target``.

    A regular file is written beside the target and renamed. It keeps the mode of the file that it replaces; other hard links to that
    file keep the old content. The target of a symbolic link is replaced, the link stays. To a pipe or a character device
    (``/dev/stdout``, ``/dev/null``) the finished file is copied.

    Raises
    ------
    OSError
        As :func:`check_target` does, or the file cannot be written. The message names ``target``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_aside(Path(folder) / "a.txt", lambda aside: aside.write_text("hello")).read_text()
    'hello'
    """
    check_target(target)
    status = _status(target)
    descriptor = _own_descriptor(target, status)
    try:
        if descriptor is None and (status is None or stat.S_ISREG(status.st_mode)):
            _replace(Path(os.path.realpath(target)), write, status)
        else:
            _write_through(target, write, descriptor)
    except OSError as error:
        if error.errno is None:
            raise OSError(f"'{target}': {error}") from error
        raise OSError(error.errno, error.strerror, str(target)) from error
    return target


def check_target(target: Path) -> None:
    """Check that a file can be written, without writing it.

    Raises
    ------
    OSError
        It is a folder, a socket or a block device, a loop of links, its folder is missing, or it must not be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_target(Path(folder) / "a.npz")
    """
    status = _status(target)
    if status is not None and _own_descriptor(target, status) is not None:
        return
    for is_kind, kind in ((stat.S_ISDIR, "folder"), (stat.S_ISSOCK, "socket"), (stat.S_ISBLK, "block device")):
        if status is not None and is_kind(status.st_mode):
            code = errno.EISDIR if kind == "folder" else errno.EINVAL
            raise OSError(code, f"expected a file to write, this is a {kind}", str(target))
    if status is not None and not os.access(target, os.W_OK):
        raise OSError(errno.EACCES, "it is there and must not be written", str(target))
    if status is None or stat.S_ISREG(status.st_mode):
        _check_writable(Path(os.path.realpath(target)).parent, target)


def check_ending(target: Path, endings: Sequence[str], *, needed: bool = False) -> None:
    """Check that a file's name does not say another format; a name without an ending says none, unless one is ``needed``.

    Raises
    ------
    DataError
        It ends otherwise.

    Examples
    --------
    >>> check_ending(Path("net.PSNN"), [".psnn"])
    >>> check_ending(Path("net.onnx"), [".psnn"])
    Traceback (most recent call last):
    pysnn.errors.DataError: 'net.onnx': expected a name that ends in .psnn, got '.onnx'
    """
    says = needed or _ENDING.fullmatch(target.suffix)
    if says and target.suffix.lower() not in endings:
        listed = " or ".join([*([", ".join(endings[:-1])] if endings[1:] else []), endings[-1]])
        raise DataError(f"'{target}': expected a name that ends in {listed}, got '{target.suffix}'")


def network_path(path: object) -> Path:
    """Return where a network is to be saved.

    Raises
    ------
    DataError
        It is no name of a file (a network, where arguments were swapped), or the name says another format.

    Examples
    --------
    >>> network_path({"a": 1})
    Traceback (most recent call last):
    pysnn.errors.DataError: path: expected the name of a file, and the network behind it, got dict
    """
    if not isinstance(path, str | os.PathLike):
        raise DataError(f"path: expected the name of a file, and the network behind it, got {type(path).__name__}")
    target = Path(os.fsdecode(path))
    check_ending(target, [".psnn"])
    return target


def check_folder(folder: Path) -> None:
    """Check that files can be written into a folder, which is there, or can be made in one that is there.

    Raises
    ------
    OSError
        There is no such place, something else is there, or it must not be written.
    """
    if os.path.lexists(folder):
        _check_writable(folder, folder)
    else:
        _check_writable(folder.absolute().parent, folder)


def make_folder(folder: Path) -> None:
    """Make a folder if it is not there, but not those around it.

    Raises
    ------
    OSError
        As :func:`check_folder` does.
    """
    check_folder(folder)
    folder.mkdir(exist_ok=True)


def _check_writable(folder: Path, target: Path) -> None:
    """Raise an error about ``target`` if nothing can be made in ``folder``."""
    what = "" if folder == target else f"the folder '{folder}' "
    if not folder.exists():
        raise OSError(errno.ENOENT, f"{what}is not there; make it first", str(target))
    if not folder.is_dir():
        raise OSError(errno.ENOTDIR, f"{what}is no folder", str(target))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, f"{what}must not be written", str(target))


def _status(target: Path) -> os.stat_result | None:
    """Say what a path leads to; ``None`` where nothing is there yet."""
    try:
        return target.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _own_descriptor(target: Path, status: os.stat_result | None) -> int | None:
    """Return the open descriptor of this process that a path names, as ``/dev/stdout`` does: its file must not be replaced."""
    named = _DESCRIPTOR.fullmatch(str(target))
    for descriptor in (1, 2, *([int(named[1])] if named else [])):
        try:
            if status is not None and os.path.samestat(status, os.fstat(descriptor)):
                return descriptor
        except OSError:
            continue
    return None


def _write_through(target: Path, write: Callable[[Path], object], descriptor: int | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / f"whole{_suffix(target)}"
        write(whole)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        out = os.open(target, os.O_WRONLY) if descriptor is None else os.dup(descriptor)
        with whole.open("rb") as source, os.fdopen(out, "wb") as sink:
            shutil.copyfileobj(source, sink)


def _replace(target: Path, write: Callable[[Path], object], status: os.stat_result | None) -> None:
    """Write beside a regular file, then rename; ``status`` is that of the file that is replaced, if there is one."""
    # Not longer than most names: a long name that the file system takes must not fail for its temporary one.
    aside = target.with_name(f".pysnn-{secrets.token_hex(8)}{_suffix(target)}")
    try:
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if status is None else 0o600))
        write(aside)
        with aside.open("r+b") as stream:
            os.fsync(stream.fileno())
        if status is not None:
            _copy_owner(aside, status)
            aside.chmod(stat.S_IMODE(status.st_mode))
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def _copy_owner(aside: Path, status: os.stat_result) -> None:
    """Keep the owner and group of a file, as far as this user may."""
    if hasattr(os, "chown"):
        try:
            os.chown(aside, status.st_uid, status.st_gid)
        except PermissionError:
            return


def _suffix(target: Path) -> str:
    return target.suffix if len(target.suffix) <= _LONGEST_SUFFIX else ""
