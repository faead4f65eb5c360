"""Install each wheel of dist/ as a user would, where no compiler is, and run the main job there.

For each wheel that fits this machine: an empty virtual environment, no program but that environment's on the PATH, a plain
install, `pysnn quickstart`, and a look at what it wrote and at the backend that it took. With --sdist, the wheel is built
from the sdist first (which needs Rust).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

DIST = Path(__file__).parents[1] / "dist"
# What quickstart writes without an extra; its picture needs matplotlib.
WRITTEN = ("*.parquet", "*.psnn")


class Trial:
    """An empty virtual environment in a folder of its own, and nothing else to run programs from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder / "env", with_pip=True)
        self.bin = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
        dropped = ("PYTHON", "PYSNN", "CARGO", "RUSTUP", "VIRTUAL_ENV", "MAKE")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
        self.env = {**kept, "PATH": str(self.bin)}

    def run(self, program: str, *arguments: str) -> str:
        """Run a program of the environment and give its standard output; its failure ends the trial."""
        command = [str(self.bin / program), *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{program} {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout


def try_wheel(wheel: Path, folder: Path) -> None:
    """Install one wheel and use it; anything unexpected ends the script."""
    expected = "numba" if wheel.name.endswith("-none-any.whl") else "rust"
    print(f"{wheel.name}\n  making an empty environment", flush=True)
    trial = Trial(folder)
    trial.run("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
    for compiler in ("cargo", "rustc", "cc", "gcc", "clang"):
        code = f"import shutil, sys; sys.exit(shutil.which({compiler!r}) is not None)"
        trial.run("python", "-c", code)

    info = json.loads(trial.run("pysnn", "info", "--json"))
    if info["meta"]["backend"] != expected:
        sys.exit(f"expected the backend {expected!r}, but pysnn info says {info['meta']['backend']!r}: {info}")
    start = time.perf_counter()
    printed = trial.run("pysnn", "quickstart", "--out", "out")
    seconds = time.perf_counter() - start
    missing = [pattern for pattern in WRITTEN if not list((folder / "out").glob(pattern))]
    if missing or not printed.strip():
        sys.exit(f"quickstart printed {len(printed)} characters and wrote no {missing or 'file at all'}")
    files = ", ".join(sorted(path.name for path in (folder / "out").iterdir()))
    print(f"  backend {expected}; quickstart took {seconds:.1f} s and wrote {files}", flush=True)
    check_preference(trial, expected)


def check_preference(trial: Trial, backend: str) -> None:
    """Where every wheel is on offer, pip takes the one with the core."""
    offer = ("--no-deps", "--no-index", "--find-links", str(DIST), "--only-binary", ":all:")
    trial.run("python", "-m", "pip", "download", "--quiet", *offer, "--dest", "taken", "pysnn")
    taken = next((trial.folder / "taken").glob("pysnn-*.whl")).name
    if backend == "rust" and taken.endswith("-none-any.whl"):
        sys.exit(f"pip took {taken} although the platform wheel was on offer")
    print(f"  of the wheels in dist, pip takes {taken}", flush=True)


def build_from_sdist(folder: Path) -> Path:
    """Build a wheel from the sdist, as pip does where no wheel fits."""
    sdist = next(DIST.glob("*.tar.gz"))
    print(f"building {sdist.name}", flush=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(sdist)]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def main() -> None:
    """Try every wheel that fits this machine, or the sdist's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sdist", action="store_true", help="try a wheel built from the sdist instead of those in dist/"
    )
    sdist = parser.parse_args().sdist
    supported = set(sys_tags())
    with tempfile.TemporaryDirectory() as folder:
        wheels = [build_from_sdist(Path(folder))] if sdist else sorted(DIST.glob("*.whl"))
        fitting = [wheel for wheel in wheels if parse_wheel_filename(wheel.name)[3] & supported]
        if not fitting:
            sys.exit(f"no wheel in {DIST} fits this machine: run `make wheels` first")
        for number, wheel in enumerate(fitting):
            (place := Path(folder) / str(number)).mkdir()
            try_wheel(wheel, place)
    print(f"{len(fitting)} passed, 0 failed")


if __name__ == "__main__":
    main()
