"""What the README and the pages tell a reader to type works."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"^ {4}(.*)$", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")


def code_lines(text: str) -> Iterator[str]:
    """Every line of a page that is set as code."""
    for _, block in FENCE.findall(text):
        yield from block.splitlines()
    prose = FENCE.sub("", text)
    yield from INDENTED.findall(prose)
    yield from INLINE.findall(prose)


def commands(program: str, text: str) -> set[str]:
    """First words after a program's name, wherever a page shows it at the start of a line or after a comma."""
    pattern = re.compile(rf"(?:^|, |&& )(?:\$ )?{program} ([a-z][a-z0-9-]*)")
    return {name for line in code_lines(text) for name in pattern.findall(line.strip())}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_make_targets_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", makefile, re.MULTILINE))
    assert commands("make", page.read_text(encoding="utf-8")) <= targets


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_commands_of_pysnn_exist(page: Path) -> None:
    from pysnn.cli.app import app

    known = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    known |= {group.typer_instance.info.name for group in app.registered_groups if group.typer_instance}
    assert commands("pysnn", page.read_text(encoding="utf-8")) <= known


def test_commands_are_found() -> None:
    text = (
        "Do `make all`, then\n\n    pysnn run A, pysnn info\n\nand\n\n```\n$ make one   # make two\n```\nmake sure.\n"
    )
    assert commands("make", text) == {"all", "one"}
    assert commands("pysnn", text) == {"run", "info"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:layer '.*', T = :UserWarning")
@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        *(f"docs/{name}.md" for name in ("concepts", "conversion", "first_spike_windows", "streams", "events", "stdp")),
        *(f"docs/{name}.md" for name in ("adding_a_plasticity_rule", "hardware")),
    ],
)
def test_the_examples_of_a_page_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The blocks of Python, then the commands of pysnn that are set as shell code, in one folder."""
    from pysnn.cli.app import app

    page = ROOT / name
    monkeypatch.chdir(tmp_path)
    blocks = FENCE.findall(page.read_text(encoding="utf-8"))
    namespace: dict[str, object] = {}
    for language, block in blocks:
        if language == "python":
            exec(compile(block, page.name, "exec"), namespace)  # noqa: S102 - the page is ours
    assert capsys.readouterr().out
    for line in [line for language, block in blocks if language == "sh" for line in block.splitlines()]:
        program, *arguments = shlex.split(line)
        assert program == "pysnn"
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, (line, done.stderr)


def test_the_importer_of_onnx_is_documented() -> None:
    from pysnn.importers.onnx.operations.constants import CONSTANT_OPS
    from pysnn.importers.onnx.operations.table import OPS

    text = (ROOT / "docs/conversion.md").read_text(encoding="utf-8")
    assert {name for name in (*OPS, *CONSTANT_OPS) if f"`{name}`" not in text} == set()
