"""Build what is published into dist/: the sdist, platform wheels and the pure-Python wheel.

A platform wheel has the Rust core; on Linux there is one of each of ``LINUX``, of which those are built that Rust has the library of. The pure-Python wheel is what pip takes where there is no platform wheel: the same
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
# Rust's targets, and the oldest C library that a wheel of each starts with: Rust's own floors. Zig's linker makes it so on any system.
LINUX = {
    "x86_64-unknown-linux-gnu": "manylinux_2_17",
    "aarch64-unknown-linux-gnu": "manylinux_2_17",
    "x86_64-unknown-linux-musl": "musllinux_1_2",
}


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


def has_library(target: str) -> bool:
    """Say if Rust's library for a target is installed."""
    found = subprocess.run(
        ["rustc", "--print", "target-libdir", "--target", target], capture_output=True, text=True, check=False
    )
    return found.returncode == 0 and Path(found.stdout.strip()).is_dir()


def build_platform_wheels(wanted: str | None) -> None:
    """Build the wheels with the Rust core: for one target, or for all that Rust has the library of; what is left out is named."""
    command = ["maturin", "build", "--release", "--locked", "--out", str(DIST)]
    if sys.platform != "linux":
        run(*command, *(["--target", wanted] if wanted else []))
        return
    for target in [wanted] if wanted else LINUX:
        if has_library(target):
            run(*command, "--zig", "--compatibility", LINUX.get(target, "manylinux_2_17"), "--target", target)
        else:
            print(f"not built for {target}: rustup target add {target}")


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
    parser.add_argument(
        "--target", help="Rust target of one platform wheel, instead of all, e.g. aarch64-unknown-linux-gnu"
    )
    target = parser.parse_args().target
    shutil.rmtree(DIST, ignore_errors=True)
    run("maturin", "sdist", "--out", str(DIST))
    build_platform_wheels(target)
    build_pure_wheel()
    check_same_files()
    for path in sorted(DIST.iterdir()):
        print(f"{path.stat().st_size:>10,} bytes  dist/{path.name}")


if __name__ == "__main__":
    main()
