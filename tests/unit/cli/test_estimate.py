"""``pysnn estimate`` and ``pysnn chips``: the JSON that scripts read, files, exit codes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from pysnn import IF, Conv2d, Input, Network, Output
from pysnn.cli.app import app
from pysnn.files.first_spike import save as save_first_spike
from pysnn.files.psnn import save
from pysnn.first_spike import Dense, FirstSpikeNetwork
from pysnn.schemas import SCHEMAS

Files = tuple[Path, Path]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A network whose convolution TrueNorth cannot hold, and its data."""
    conv = Conv2d(np.random.default_rng(0).normal(0.05, 0.1, (4, 32, 3, 3)))
    net = Network.chain({"in": Input((32, 5, 5)), "conv3": conv, "if": IF(), "out": Output("count")})
    path = save(tmp_path / "net.psnn", net)
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(1).random((6, 32, 5, 5)).astype(np.float32))
    return path, tmp_path / "data.npz"


def invoke(files: Files, *more: Any) -> Result:
    arguments = ["estimate", files[0], "--data", files[1], *more]
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_json_that_scripts_read(files: Files) -> None:
    done = invoke(files, "--steps", 3, "--chips", "loihi1,truenorth,speck", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert set(found) == {"rows", "mapping", "violations", "meta"}
    assert all(list(row) == list(SCHEMAS["estimate"]) for row in found["rows"])
    assert all(list(row) == list(SCHEMAS["mapping"]) for row in found["mapping"])
    assert {"chip": "truenorth", "layer": "conv3", "rule": "fan-in", "limit": 256, "found": 288} in found["violations"]
    keys = [(r["network"], r["chip"], r["layer"], r["term"], r["scope"]) for r in found["rows"]]
    assert len(set(keys)) == len(keys)
    for term, unit in (("energy_total", "pJ"), ("latency", "ms"), ("power", "mW"), ("synops", "1/sample")):
        assert {row["unit"] for row in found["rows"] if row["term"] == term} == {unit}
    baselines = {row["network"] for row in found["rows"] if row["chip"] == "cmos45"}
    assert baselines == {"ann_float32", "ann_int8", "ann_int8_zero_skip", "ann_low_bits"}


def test_strict_ends_with_1_and_prints_all_the_same(files: Files) -> None:
    done = invoke(files, "--steps", 3, "--chips", "truenorth", "--json", "--strict")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["violations"]
    assert invoke(files, "--steps", 3, "--chips", "loihi1", "--json", "--strict").exit_code == 0


def test_for_people(files: Files) -> None:
    done = invoke(files, "--steps", 3, "--chips", "loihi1,truenorth")
    assert done.exit_code == 0
    assert "fan-in" in done.stdout
    assert "needs more energy" in done.stdout or "not decided" in done.stdout or "needs less energy" in done.stdout


@pytest.mark.slow
def test_files(files: Files, tmp_path: Path) -> None:
    names = {"--table": "t.parquet", "--report": "r.md", "--plot": "p.png"}
    options = [part for option, name in names.items() for part in (option, tmp_path / name)]
    assert invoke(files, "--steps", 3, "--chips", "loihi1,cmos45", *options).exit_code == 0
    assert pl.read_parquet(tmp_path / "t.parquet").columns == list(SCHEMAS["estimate"])
    assert "## Methods" in (tmp_path / "r.md").read_text()
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert invoke(files, "--steps", 3, "--chips", "odin", "--report", tmp_path / "r.tex").exit_code == 0
    assert r"\begin{tabular}" in (tmp_path / "r.tex").read_text()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--steps", "3", "--chips", "truenoth"], 2, "did you mean truenorth"),
        (["--steps", "3", "--chips", ","], 2, "expected names of chips"),
        (["--steps", "3"], 2, "--chips"),
        (["--steps", "0", "--chips", "odin"], 2, "--steps"),
        (["--steps", "3", "--chips", "odin", "--point", "odin.clock=500"], 2, "clock: expected 1.3 to 75.0 MHz"),
        (["--steps", "3", "--chips", "odin", "--point", "odin.clock=fast"], 2, "expected a number"),
        (["--steps", "3", "--chips", "odin", "--point", "sne.clock=1"], 2, "expected CHIP.NAME=VALUE"),
        (["--steps", "3", "--chips", "odin", "--policy", "free"], 2, "unrolled or shared"),
        (["--steps", "3", "--chips", "odin", "--report", "r.txt"], 2, "--report"),
        (["--chips", "odin"], 2, "give --steps T"),
    ],
)
def test_bad_arguments(files: Files, options: list[str], code: int, said: str) -> None:
    done = invoke(files, *options)
    assert done.exit_code == code
    assert said in done.stderr
    assert done.stdout == ""


def test_bad_input(files: Files, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", x=np.zeros((2, 7), dtype=np.float32))
    np.savez(tmp_path / "none.npz", x=np.zeros((0, 32, 5, 5), dtype=np.float32))
    for name in ("other.npz", "none.npz", "missing.npz"):
        done = invoke((files[0], tmp_path / name), "--steps", 3, "--chips", "odin")
        assert (done.exit_code, done.stdout) == (1, "")


def test_an_operating_point(files: Files) -> None:
    slow = json.loads(
        invoke(files, "--steps", 3, "--chips", "truenorth", "--point", "truenorth.step_time=10", "--json").stdout
    )
    assert next(row["value"] for row in slow["rows"] if row["term"] == "latency") == 30.0


def test_first_spike_networks(tmp_path: Path) -> None:
    net = FirstSpikeNetwork.draw((5,), [Dense(units=4), Dense(units=3)], seed=0)
    path = save_first_spike(tmp_path / "first.psnn", net)
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(0).random((5, 5)).astype(np.float32), y=np.arange(5) % 3)
    found = json.loads(invoke((path, tmp_path / "data.npz"), "--chips", "cmos45", "--json").stdout)
    assert any(row["term"] == "energy_ramp_multiplications" and row["value"] for row in found["rows"])


def test_chips_are_listed() -> None:
    done = CliRunner().invoke(app, ["chips", "--json"])
    assert done.exit_code == 0
    rows = json.loads(done.stdout)["rows"]
    assert {row["kind"] for row in rows} == {"priced", "limits"}
    assert all(list(row) == ["chip", "title", "kind", "source"] for row in rows)


SPEC = """dt = 1e-3
seconds = 0.1
[populations.inputs]
type = "PoissonSource"
size = 40
rate = 30.0
[populations.cells]
type = "LIFCells"
size = 5
v_threshold = 1.0
refractory = 2e-3
[projections.wires]
pre = "inputs"
post = "cells"
delay = 0
connector = { type = "AllToAll" }
weight = 0.4
rule = { type = "PairSTDP" }
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "run.toml").write_text(SPEC, encoding="utf-8")
    return tmp_path / "run.toml"


def plastic(*arguments: Any) -> Result:
    return CliRunner().invoke(app, ["estimate", *map(str, arguments)])


def test_plastic_runs_from_a_spec(spec: Path) -> None:
    done = plastic(spec, "--chips", "loihi1,truenorth", "--json", "--report", spec.parent / "a.md")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["meta"]["seconds"] == found["meta"]["dt"] * found["meta"]["steps"] == 0.1
    updates = [row for row in found["rows"] if row["term"] == "energy_post_updates" and row["layer"] == ""]
    assert [row["chip"] for row in updates] == ["loihi1"]
    assert updates[0]["value"] > 0
    assert "learning: IBM TrueNorth has no learning engine" in [row["rule"] for row in found["violations"]]
    assert "in one run of 0.1 s, 100 steps" in (spec.parent / "a.md").read_text(encoding="utf-8")
    frozen = json.loads(plastic(spec, "--chips", "loihi1,truenorth", "--json", "--frozen").stdout)
    assert not any(row["rule"].startswith("learning") for row in frozen["violations"])
    shown = plastic(spec, "--chips", "loihi1").stdout
    assert "a run of 0.1 s, 100 steps" in shown
    assert "float32_processor" in shown


def test_plastic_networks_from_a_file_say_how_they_are_run(spec: Path) -> None:
    from pysnn.files.plastic import save as save_plastic
    from pysnn.plastic.spec import load_plastic_spec

    network = load_plastic_spec(spec).network
    path = save_plastic(spec.parent / "net.psnn", network)  # type: ignore[arg-type]
    given = json.loads(plastic(path, "--chips", "loihi1", "--json", "--dt", 1e-3, "--seconds", 0.1).stdout)
    assert given["rows"] == json.loads(plastic(spec, "--chips", "loihi1", "--json").stdout)["rows"]
    for arguments, said in (
        ((path, "--chips", "loihi1"), "is a plastic network: expected --dt and --seconds"),
        ((spec, "--chips", "loihi1", "--dt", 1e-3), "says dt and seconds itself"),
        ((spec, "--chips", "loihi1", "--steps", 3), "a plastic run has its own steps"),
        ((path, "--chips", "loihi1", "--data", "digits:test"), "it holds a plastic network"),
    ):
        done = plastic(*arguments)
        assert done.exit_code in (1, 2)
        assert said in " ".join(done.stderr.split()).replace("│ ", ""), done.stderr


def test_networks_of_other_kinds_need_data(files: Files) -> None:
    done = plastic(files[0], "--chips", "loihi1")
    assert done.exit_code == 2
    assert "--data: expected data to count on, got none" in done.stderr
    for option in (("--dt", 1e-3), ("--seconds", 1.0), ("--frozen",)):
        done = invoke(files, "--chips", "loihi1", "--steps", 2, *option)
        assert done.exit_code == 2
        assert "they are for plastic networks" in done.stderr
