"""The version stands in one place, the workspace's Cargo.toml, and everything else tells the same."""

import tomllib
from importlib.metadata import requires, version
from pathlib import Path

import pysnn

ROOT = Path(__file__).parents[2]


def load(name: str) -> dict[str, dict[str, object]]:
    with (ROOT / name).open("rb") as file:
        return tomllib.load(file)


def test_the_version_is_the_workspaces() -> None:
    package = load("Cargo.toml")["workspace"]["package"]
    assert isinstance(package, dict)
    assert pysnn.__version__ == version("pysnn") == package["version"]


def test_pyproject_has_no_version_of_its_own() -> None:
    project = load("pyproject.toml")["project"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]


def test_the_changelog_knows_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{pysnn.__version__}]" in changelog


def test_a_plain_install_needs_four_packages() -> None:
    plain = [line for line in requires("pysnn") or [] if "extra ==" not in line]
    assert sorted(line.partition(">=")[0] for line in plain) == ["numpy", "polars", "rich", "typer"]
