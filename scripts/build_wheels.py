"""Build what is published into dist/: the sdist, the platform wheel and the pure-Python wheel.

The platform wheel has the Rust core. The pure-Python wheel is what pip takes where there is no platform wheel: the same
Python files and the same metadata, but no core, and Numba as a requirement instead of an extra. Its project file is
derived from pyproject.toml and Cargo.toml, so nothing is said twice.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import tomli_w

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
HATCHLING = "hatchling>=1.27"
# The oldest glibc that the wheel starts with; Rust's own floor. Zig's linker makes it so on a newer system.
MANYLINUX = "manylinux_2_17"


def run(*command: str, cwd: Path = ROOT) -> None:
    """Run a program of this interpreter's environment; its failure is this script's."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run([sys.executable, "-m", *command], cwd=cwd, env={**os.environ, "PATH": path}, check=True)


def read_toml(name: str) -> dict[str, Any]:
    """Read one of the tree's TOML files."""
    with (ROOT / name).open("rb") as file:
        return tomllib.load(file)


def pure_project() -> dict[str, Any]:
    """Derive the project file of the pure-Python wheel."""
    project = read_toml("pyproject.toml")["project"]
    project.pop("dynamic")
    project["version"] = read_toml("Cargo.toml")["workspace"]["package"]["version"]
    project["dependencies"] += project["optional-dependencies"]["numba"]
    return {
        "build-system": {"requires": [HATCHLING], "build-backend": "hatchling.build"},
        "project": project,
        "tool": {"hatch": {"build": {"targets": {"wheel": {"packages": ["pysnn"]}}}}},
    }


def build_pure_wheel() -> None:
    """Build the pure-Python wheel from a copy of the package without the core."""
    project = pure_project()
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        shutil.copytree(ROOT / "pysnn", stage / "pysnn", ignore=shutil.ignore_patterns("__pycache__", "_core.*"))
        (stage / "pyproject.toml").write_text(tomli_w.dumps(project), encoding="utf-8")
        for name in [*project["project"]["license-files"], project["project"].get("readme")]:
            if name:
                shutil.copy(ROOT / name, stage)
        run("hatchling", "build", "-t", "wheel", "-d", str(DIST), cwd=stage)


def build_platform_wheel(target: str | None) -> None:
    """Build the wheel with the Rust core, for this machine or for another one that Rust has the library of."""
    command = ["maturin", "build", "--release", "--locked", "--out", str(DIST)]
    if sys.platform == "linux":
        command += ["--zig", "--compatibility", MANYLINUX]
    run(*command, *(["--target", target] if target else []))


def package_files(wheel: Path) -> set[str]:
    """Names of the package's files in a wheel, without the core."""
    names = zipfile.ZipFile(wheel).namelist()
    return {name for name in names if name.startswith("pysnn/") and not name.startswith("pysnn/_core.")}


def check_same_files() -> None:
    """Refuse wheels that differ in more than the core: a file that only one of them has would be a bug of this script."""
    wheels = {wheel.name: package_files(wheel) for wheel in DIST.glob("*.whl")}
    everywhere = set.intersection(*wheels.values())
    for name, files in wheels.items():
        if files != everywhere:
            sys.exit(f"{name} has files that another wheel has not: {sorted(files - everywhere)}")


def main() -> None:
    """Build everything afresh."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", help="Rust target of the platform wheel, e.g. aarch64-unknown-linux-gnu")
    target = parser.parse_args().target
    shutil.rmtree(DIST, ignore_errors=True)
    run("maturin", "sdist", "--out", str(DIST))
    build_platform_wheel(target)
    build_pure_wheel()
    check_same_files()
    for path in sorted(DIST.iterdir()):
        print(f"{path.stat().st_size:>10,} bytes  dist/{path.name}")


if __name__ == "__main__":
    main()
