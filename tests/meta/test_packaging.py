"""The pure-Python wheel's project file is pyproject.toml's, with Numba required."""

import tomllib

from scripts.build_wheels import ROOT, pure_project


def test_the_pure_wheel_needs_numba_and_no_rust() -> None:
    pure = pure_project()
    own = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert pure["project"]["dependencies"] == [*own["dependencies"], *own["optional-dependencies"]["numba"]]
    assert pure["build-system"]["build-backend"] != "maturin"


def test_the_wheels_share_all_other_metadata() -> None:
    pure = pure_project()["project"]
    own = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]
    del own["dynamic"]
    assert pure == {**own, "version": version, "dependencies": pure["dependencies"]}
