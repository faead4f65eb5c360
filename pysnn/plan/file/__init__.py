"""Plans as bytes and as files: what a program without Python loads. ``docs/plan_format.md`` defines every byte.

``.psnn`` files hold networks and stay as they are; a plan is made of one, for one precision and one kind of input, and has a file
of its own.
"""

from pathlib import Path

from pysnn.files.aside import write_aside
from pysnn.plan.file.read import decode
from pysnn.plan.file.write import encode
from pysnn.plan.ops import Plan

__all__ = ["decode", "encode", "load", "save"]


def save(plan: Plan, path: str | Path) -> Path:
    """Write a plan's bytes to a file, aside and renamed, and return its path."""
    data = encode(plan)
    return write_aside(Path(path), lambda part: part.write_bytes(data))


def load(path: str | Path) -> Plan:
    """Return the plan of a file.

    Raises
    ------
    FileFormatError
        The file is damaged, or no plan.

    Examples
    --------
    >>> import tempfile
    >>> from pysnn import IF, Input, Network, Output
    >>> from pysnn.plan import compile_plan
    >>> plan = compile_plan(Network.chain({"in": Input((2,)), "if": IF(), "out": Output("count")}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     same = load(save(plan, Path(folder) / "small.plan"))
    >>> same.to_bytes() == plan.to_bytes()
    True
    """
    return decode(Path(path).read_bytes())
