"""The job "estimate" of sweeps."""

from pathlib import Path

import pytest

from pysnn.errors import DataError
from pysnn.hardware import estimate
from pysnn.schemas import SCHEMAS
from pysnn.sweep.jobs.estimate_run import EstimateRun
from pysnn.sweep.spec import load_spec

SPEC = """job = "estimate"
[networks.d]
file = "digits-mlp"
data = "d"
[data.d]
train = "digits:train"
test = "digits:test"
[[grid]]
network = "d"
method = "max-norm"
steps = [2, 4]
chip = ["odin", "speck"]
limit = 20
"""


def test_a_point_is_an_estimate(tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    path.write_text(SPEC)
    spec = load_spec(path)
    assert [point["chip"] for point in spec.points] == ["odin", "speck"]
    rows = spec.run(spec.points[0], 0)
    assert isinstance(spec.run, EstimateRun)
    done = spec.run.converted(spec.points[0])
    for row, steps in zip(rows, (2, 4), strict=True):
        total = estimate(done.found.network, done.found.activity, chips=["odin"], steps=steps).total("odin")
        assert total is not None
        assert (row["steps"], row["energy_low"], row["energy"]) == (steps, total.low, total.value)
        assert set(row) <= set(SCHEMAS["sweep_estimate"])
    unpriced = spec.run(spec.points[1], 0)[0]
    assert unpriced["energy"] is None
    assert unpriced["ann_int8"] > 0


def test_a_chip_is_needed_and_known(tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    for old, new, said in (
        ('chip = ["odin", "speck"]\n', "", "'chip'"),
        ('"odin"', '"odn"', "'chip'"),
        ('"estimate"', '"guess"', "convert-run or estimate"),
    ):
        path.write_text(SPEC.replace(old, new, 1))
        with pytest.raises(DataError, match=said):
            load_spec(path)
