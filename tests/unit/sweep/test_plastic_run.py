"""The job "stdp" of sweeps."""

from pathlib import Path

import numpy as np
import pytest

from pysnn.errors import DataError, PysnnError
from pysnn.hardware import estimate
from pysnn.plastic import PlasticNetwork, PlasticSimulator
from pysnn.plastic.spec import load_plastic_spec
from pysnn.schemas import SCHEMAS
from pysnn.sweep.spec import load_spec

BASE = """dt = 1e-3
seconds = 0.3
[populations.inputs]
type = "PoissonSource"
size = 30
rate = 40.0
[populations.cells]
type = "LIFCells"
size = 3
v_threshold = 5e-3
[projections.wires]
pre = "inputs"
post = "cells"
delay = 0
connector = { type = "AllToAll" }
weight = { type = "Uniform", low = 0.0, high = 1e-3 }
rule = { type = "PairSTDP", w_max = 1e-3 }
"""
SPEC = """job = "stdp"
base = "base.toml"
[grid]
seed = [0, 1]
projections.wires.rule.a_plus = [0.01, 0.3]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.toml").write_text(BASE)
    (tmp_path / "spec.toml").write_text(SPEC)
    return tmp_path


def test_a_point_is_a_run_of_the_changed_spec(folder: Path) -> None:
    spec = load_spec(folder / "spec.toml")
    assert len(spec.points) == 4
    point = {"seed": 1, "projections.wires.rule.a_plus": 0.3}
    assert point in spec.points
    rows = {row["name"]: row for row in spec.run(point, 5)}
    assert set(rows) == {"inputs", "cells", "wires"}
    assert all(set(row) <= set(SCHEMAS["sweep_stdp"]) for row in rows.values())
    changed = BASE.replace("w_max = 1e-3 }", "w_max = 1e-3, a_plus = 0.3 }")
    (folder / "changed.toml").write_text(changed)
    given = load_plastic_spec(folder / "changed.toml")
    assert isinstance(given.network, PlasticNetwork)
    result = PlasticSimulator(given.network, dt=1e-3, seed=1).run(0.3)
    weight = result.weights("wires").weight
    assert rows["wires"]["weight_mean"] == weight.astype(np.float64).mean()
    assert rows["wires"]["share_high"] == np.mean(weight.astype(np.float64) > 0.9e-3)
    assert rows["cells"]["spikes"] == result.counts.spikes[1] > 0
    assert rows["inputs"]["rate"] == pytest.approx(result.counts.spikes[0] / 9)
    assert rows["wires"]["deliveries"] == result.counts.deliveries[0]
    assert spec.run(spec.points[0], 0) != spec.run(spec.points[1], 0)


def test_the_digest_is_that_of_the_base(folder: Path) -> None:
    before = load_spec(folder / "spec.toml").run.digest({})
    (folder / "base.toml").write_text(BASE.replace("40.0", "41.0"))
    assert load_spec(folder / "spec.toml").run.digest({}) != before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('base = "base.toml"\n', "", "key 'base' is missing"),
        ("projections.wires.", "projections.none.", "there is no table 'none' in the base spec"),
        ("a_plus", "a_puls", "a_puls"),
        ("[0.01, 0.3]", "[]", "a_plus"),
        ("[grid]", "[network]", "key 'grid' is missing"),
        ("[0, 1]", '["x"]', "seed"),
    ],
)
def test_a_wrong_spec_says_what_is_wrong(folder: Path, old: str, new: str, said: str) -> None:
    path = folder / "spec.toml"
    path.write_text(SPEC.replace(old, new))
    with pytest.raises(PysnnError, match=said):
        load_spec(path)


def test_a_missing_base_is_named(folder: Path) -> None:
    (folder / "base.toml").unlink()
    with pytest.raises((DataError, FileNotFoundError), match=r"base\.toml"):
        load_spec(folder / "spec.toml")


def test_runs_are_estimated_on_chips(folder: Path) -> None:
    text = SPEC.replace('"stdp"', '"stdp-estimate"').replace("[grid]", 'chips = ["loihi1", "truenorth"]\n[grid]')
    (folder / "costs.toml").write_text(text)
    spec = load_spec(folder / "costs.toml")
    assert len(spec.points) == 4
    loihi, north = spec.run({"seed": 1}, 0)
    assert set(loihi) == set(north) <= set(SCHEMAS["sweep_stdp_estimate"])
    changed = load_plastic_spec(folder / "base.toml")
    assert isinstance(changed.network, PlasticNetwork)
    activity = PlasticSimulator(changed.network, dt=1e-3, seed=1).run(0.3).activity
    found = estimate(changed.network, activity, chips=["loihi1"])
    total = found.total("loihi1")
    assert total is not None
    assert (loihi["energy_low"], loihi["energy"]) == (total.low, total.value)
    assert loihi["plastic_updates"] == activity.updates > 0
    assert (loihi["cores"], loihi["violations"]) == (2, 0)
    assert (north["energy"], north["violations"]) == (None, 2)
    assert loihi["float32_processor"] == north["float32_processor"] > 0
    digest = spec.run.digest({})
    (folder / "costs.toml").write_text(text.replace(', "truenorth"', ""))
    assert load_spec(folder / "costs.toml").run.digest({}) != digest
    (folder / "costs.toml").write_text(text.replace("truenorth", "truesouth"))
    with pytest.raises(DataError, match=r"key 'chips': expected .*truenorth.* got"):
        load_spec(folder / "costs.toml")
