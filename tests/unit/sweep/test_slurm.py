"""The scripts for SLURM: their text, their options, and what they would run, on this machine."""

import ast
import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

from pysnn.cli.app import app
from pysnn.sweep.folder import SweepFolder

ROOT = Path(__file__).parents[3]
SHARDS, JOBQUEUE = (ROOT / "docs" / "slurm" / name for name in ("shards.sh", "jobqueue.py"))
# Options of sbatch, and keywords of dask_jobqueue.SLURMCluster, by their manuals.
SBATCH = {"job-name", "array", "ntasks", "cpus-per-task", "mem", "time", "output"}
CLUSTER = {"cores", "processes", "memory", "walltime", "job_extra_directives"}
SPEC = """
job = "convert-run"
[networks.digits]
file = "digits-mlp"
data = "digits"
[data.digits]
train = "digits:train"
test = "digits:test"
[grid]
network = "digits"
method = ["max-norm", "percentile"]
calibration_samples = 100
calibration_seed = [0, 1, 2]
limit = 20
steps = [2, 4]
"""


def known_options(*command: str) -> set[str]:
    """The options of a command of pysnn."""
    found = typer.main.get_command(app)
    for name in command:
        found = found.commands[name]  # type: ignore[attr-defined]
    return {option for parameter in found.params for option in parameter.opts if option.startswith("--")}


def used_options(text: str) -> tuple[set[str], set[str]]:
    """What a line `pysnn [--option] sweep run ...` has before the command and behind it."""
    before, _, behind = text.partition("sweep run")
    return tuple(set(re.findall(r"--[a-z-]+", part)) for part in (before, behind))  # type: ignore[return-value]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with a program `pysnn`, and the spec in the folder."""
    (tmp_path / "digits.toml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "pysnn"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m pysnn "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


def done(folder: Path) -> tuple[int, int]:
    states = SweepFolder(folder).states()
    return len(states), sum(states.values())


def test_the_script_of_shards_names_options_that_there_are() -> None:
    text = SHARDS.read_text(encoding="utf-8")
    subprocess.run(["bash", "-n", str(SHARDS)], check=True)
    assert set(re.findall(r"^#SBATCH --([a-z-]+)=\S+$", text, re.MULTILINE)) == SBATCH
    assert text.count("#SBATCH") == len(SBATCH), "each in the form that the check reads"
    (command,) = re.findall(r"^pysnn .*", text, re.MULTILINE)
    before, behind = used_options(command)
    assert before <= known_options()
    assert behind == {"--shard", "--workers"} & known_options("sweep", "run")


@pytest.mark.slow
def test_all_shards_together_are_the_sweep(tmp_path: Path, environment: dict[str, str]) -> None:
    for task in ("1", "2", "3"):
        slurm = {"SLURM_ARRAY_TASK_ID": task, "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_CPUS_PER_TASK": "1"}
        subprocess.run(["bash", str(SHARDS), "digits.toml"], cwd=tmp_path, env={**environment, **slurm}, check=True)
    assert done(tmp_path / "digits.sweep") == (6, 0)


def test_the_script_of_dask_jobqueue_names_options_that_there_are() -> None:
    tree = ast.parse(JOBQUEUE.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (made,) = [node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "SLURMCluster"]
    assert {str(keyword.arg) for keyword in made.keywords} == CLUSTER
    (command,) = [
        ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.List) and "pysnn'" in ast.unparse(node)
    ]
    assert "'pysnn', 'sweep', 'run'" in command
    assert set(re.findall(r"--[a-z-]+", command)) == {"--executor"} & known_options("sweep", "run")


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("dask_jobqueue"), reason="needs dask-jobqueue")
def test_dask_jobqueue_makes_a_job_of_it() -> None:
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['make_cluster'](0).job_script())"
    made = subprocess.run(
        [sys.executable, "-c", code, str(JOBQUEUE)], capture_output=True, text=True, check=True
    ).stdout
    for line in ("#SBATCH --job-name=pysnn-sweep", "#SBATCH --cpus-per-task=8", "#SBATCH -t 04:00:00"):
        assert line in made
    assert re.search(r"--nthreads 1 .*--nworkers 8 --nanny", made)


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("distributed"), reason="needs distributed")
def test_the_script_of_dask_jobqueue_runs_on_a_cluster_of_this_machine(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """With a cluster of this machine in the place of SLURM's, which takes none of its options."""
    (tmp_path / "dask_jobqueue.py").write_text(
        "from distributed import LocalCluster\n"
        "class SLURMCluster(LocalCluster):\n"
        "    def __init__(self, **options):\n"
        "        super().__init__(n_workers=2, threads_per_worker=1, dashboard_address='127.0.0.1:0')\n"
        "    def scale(self, n=2, jobs=None):\n"
        "        return super().scale(n)\n",
        encoding="utf-8",
    )
    environment["PYTHONPATH"] = f"{tmp_path}:{environment['PYTHONPATH']}"
    subprocess.run([sys.executable, str(JOBQUEUE), "digits.toml"], cwd=tmp_path, env=environment, check=True)
    assert done(tmp_path / "digits.sweep") == (6, 0)
