"""The tree stays readable: files of a sensible size, nothing left to do, links that lead somewhere."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MAX_LINES = 300
MAX_BYTES = 1_000_000
MAX_FILES = 20
SOURCES = {".py", ".pyi", ".rs", ".sh"}
# Written so that this file does not contain them.
LEFT_TO_DO = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b|\b(to" r"do|unimpl" r"emented)!\(")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"```.*?```", re.DOTALL)


def tracked() -> list[Path]:
    """Every file that is or would be committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what belongs to the tree is not known")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def anchor(heading: str) -> str:
    """The address of a Markdown heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def broken_links(path: Path) -> list[str]:
    """Relative links of a Markdown file that lead to no file, or to no heading of it."""
    broken = []
    for target in LINK.findall(FENCE.sub("", text_of(path))):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, fragment = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        headings = (
            re.findall(r"^#+ (.*)$", text_of(file), re.MULTILINE) if file.suffix == ".md" and file.is_file() else []
        )
        if not file.exists() or (fragment and file.suffix == ".md" and fragment not in map(anchor, headings)):
            broken.append(target)
    return broken


def test_source_files_are_of_a_readable_size() -> None:
    counts = {path.relative_to(ROOT): text_of(path).count("\n") for path in tracked() if path.suffix in SOURCES}
    assert {str(path): lines for path, lines in counts.items() if lines > MAX_LINES} == {}


def crowded(paths: list[Path]) -> dict[str, int]:
    """Return the folders of the package and of the core that hold more modules than one reads at a glance.

    ``__init__.py`` and ``__main__.py`` stand for the folder itself.
    """
    homes = (ROOT / "pysnn", ROOT / "rust" / "core" / "src")
    modules = [path for path in paths if path.suffix in {".py", ".rs"} and not path.stem.startswith("__")]
    counts = Counter(path.parent for path in modules if any(home in path.parents for home in homes))
    return {str(folder.relative_to(ROOT)): count for folder, count in counts.items() if count > MAX_FILES}


def test_folders_hold_few_files() -> None:
    assert crowded(tracked()) == {}


def test_a_crowded_folder_is_found() -> None:
    paths = [ROOT / "pysnn" / "new" / f"{i}.py" for i in range(MAX_FILES + 1)]
    assert crowded([*paths[1:], ROOT / "pysnn" / "new" / "__init__.py"]) == {}
    assert crowded(paths) == {"pysnn/new": MAX_FILES + 1}


def test_no_file_is_large() -> None:
    """Kept networks have a limit of their own, for all of them together: test_ttrbr_tables, test_first_spike_tables."""
    kept = ROOT / "benchmarks" / "networks"
    others = [path for path in tracked() if path.suffix != ".psnn" or kept not in path.parents]
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in others}
    assert {name: size for name, size in sizes.items() if size > MAX_BYTES} == {}


def test_nothing_is_left_to_do() -> None:
    left = []
    for path in tracked():
        if path.suffix in SOURCES | {".md", ".toml"} or path.name == "Makefile":
            lines = enumerate(text_of(path).splitlines(), start=1)
            left += [f"{path.relative_to(ROOT)}:{number}: {line}" for number, line in lines if LEFT_TO_DO.search(line)]
    assert left == []


def test_links_of_the_documents_lead_somewhere() -> None:
    documents = [path for path in tracked() if path.suffix == ".md"]
    assert {str(path.relative_to(ROOT)): links for path in documents if (links := broken_links(path))} == {}


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A head, with 2 parts\n[a](#a-head-with-2-parts) [b](page.md) [c](none.md) [d](page.md#none)\n")
    assert broken_links(page) == ["none.md", "page.md#none"]


def test_the_page_of_the_architecture_names_what_is_there() -> None:
    text = text_of(ROOT / "docs" / "architecture.md")
    named = re.findall(r"`((?:pysnn|rust|benchmarks|tests|scripts)/[\w/.*-]*)`", text)
    assert len(named) > 20
    missing = [name for name in named if not list(ROOT.glob(name.rstrip("/")))]
    assert missing == []
