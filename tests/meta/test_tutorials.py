"""The tutorials run, and the outputs that are kept of those that need PyTorch are those of their code."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from scripts.keep_tutorial_outputs import KEPT, TUTORIALS, cells, digest

ROOT = Path(__file__).parents[2]
PAGES = [page for page in sorted(TUTORIALS.glob("*.md")) if page.stem != "index"]
NEEDS = {"few_steps": "torch", "own_snn": "snntorch", "pytorch_cnn": "torch"}
"""Libraries of the pages whose outputs are kept."""

USES = {"lost_accuracy": "sklearn", "sklearn_mlp": "sklearn", **NEEDS}


def run_cells(code: list[str], folder: Path) -> None:
    """Run cells as one program, where a warning is an error, and check that they draw a picture."""
    seen = "import matplotlib.pyplot\nassert matplotlib.pyplot.get_fignums()\n"
    script = folder / "tutorial.py"
    script.write_text("\n".join([*code, seen]), encoding="utf-8")
    environment = {**os.environ, "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error:::__main__", str(script)],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_a_tutorial_runs(page: Path, tmp_path: Path) -> None:
    library = USES.get(page.stem)
    if library and not find_spec(library):
        pytest.skip(f"needs {library}")
    run_cells(cells(page), tmp_path)


@pytest.mark.slow
def test_a_tutorial_that_draws_nothing_is_found(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="get_fignums"):
        run_cells(["print(1)\n"], tmp_path)


def test_kept_outputs_are_those_of_the_page() -> None:
    kept = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in KEPT.glob("*.ipynb")}
    assert set(kept) == set(NEEDS)
    for name, notebook in kept.items():
        page = TUTORIALS / f"{name}.md"
        assert notebook["metadata"]["cells_sha256"] == digest(page), f"{name}: make tutorial-outputs"
        assert ["".join(cell["source"]) for cell in notebook["cells"]] == [cell.rstrip("\n") for cell in cells(page)]
        assert any("image/png" in output.get("data", {}) for output in notebook["cells"][-1]["outputs"])


def test_every_tutorial_is_listed() -> None:
    index = (TUTORIALS / "index.md").read_text(encoding="utf-8")
    assert [page.stem for page in PAGES if f"({page.name})" not in index or f"\n{page.stem}\n" not in index] == []
