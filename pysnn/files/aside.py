"""Files are written aside and renamed: a reader sees the old one or the new one, never a part."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

__all__ = ["write_aside"]


def write_aside(target: Path, write: Callable[[Path], object]) -> Path:
    """Call ``write`` with a temporary path beside ``target``, then rename it to ``target``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_aside(Path(folder) / "a.txt", lambda aside: aside.write_text("hello")).read_text()
    'hello'
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{secrets.token_hex(8)}{target.suffix}")
    try:
        write(aside)
        with aside.open("rb") as stream:
            os.fsync(stream.fileno())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return target
