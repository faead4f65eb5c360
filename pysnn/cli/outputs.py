"""Where a command is to write, checked before it does anything else."""

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import typer

from pysnn.errors import DataError
from pysnn.files.aside import check_ending, check_target
from pysnn.tables import TABLE_ENDINGS

__all__ = ["ARRAYS", "CHECKPOINT", "NETWORK", "NIR", "PAGE", "PICTURE", "PLAN", "TABLE", "check_outputs"]

NETWORK = (".psnn",)
ARRAYS = (".npz",)
PICTURE = (".png",)
PLAN = (".plan",)
PAGE = (".html",)
NIR = (".nir",)
TABLE = TABLE_ENDINGS
CHECKPOINT: tuple[str, ...] = ()


def check_outputs(outputs: Mapping[str, tuple[Path | None, Sequence[str]]], inputs: Iterable[Path] = ()) -> None:
    """Check files that are to be written, by option: their names, that they can be, and that no file is meant twice.

    Parameters
    ----------
    outputs
        A file, or ``None``, and how its name may end (nothing: as it likes).
    inputs
        Files that are read.

    Raises
    ------
    typer.BadParameter
        A name says another format, or a file is named twice.
    OSError
        A file cannot be written.
    """
    given = {option: (file, endings) for option, (file, endings) in outputs.items() if file is not None}
    for option, (file, endings) in given.items():
        try:
            if endings:
                check_ending(file, endings, needed=endings == TABLE)
        except DataError as error:
            raise typer.BadParameter(f"{option}: {error}") from error
    named = {_identity(file): "a file that is read" for file in inputs}
    for option, (file, _) in given.items():
        check_target(file)
        other = named.setdefault(_identity(file), option)
        if other != option and not _is_device(file):
            raise typer.BadParameter(f"{option}: '{file}' is also {other}; give another name")


def _identity(file: Path) -> tuple[int, int] | str:
    """Return what two names of one file have in common."""
    try:
        found = file.stat()
    except OSError:
        return os.path.realpath(file)
    return found.st_dev, found.st_ino


def _is_device(file: Path) -> bool:
    """Whether several things may be written to it, as to a pipe or ``/dev/null``."""
    return file.exists() and not stat.S_ISREG(file.stat().st_mode)
