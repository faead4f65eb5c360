"""``scripts/check_stdp_golden.py``: what it counts as agreeing, as refused, and as failed."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pysnn.plastic import PairSTDP, RewardSTDP, trajectory
from scripts import check_stdp_golden as script

PRE, POST = [5, 90, 200], [40, 150, 230]
PAIR: dict[str, Any] = {"a_plus": 0.1, "a_minus": 0.12, "tau_plus": 20.0, "tau_minus": 20.0, "w_max": 1.0}


def case(**changes: Any) -> dict[str, Any]:
    rule = PairSTDP(**{**PAIR, "tau_plus": 20e-3, "tau_minus": 20e-3})
    weights = trajectory(rule, PRE, POST, 0.5, dt=1e-4, steps=300, backend="reference").tolist()
    told = {"rule": "pair", "params": PAIR, "coincidence": "causal", "dt_ms": 0.1, "pre": PRE, "post": POST, "w0": 0.5}
    return {**told, "weights": weights, **changes}


def rewarded(**changes: Any) -> dict[str, Any]:
    params = {"tau_c": 1000.0, "eta": 1.0, "w_max": 1.0}
    rule = RewardSTDP(tau_c=1.0, eta=1.0)
    given = {"reward_steps": [250], "reward": [1.0]}
    weights = trajectory(rule, PRE, POST, 0.5, dt=1e-4, steps=300, rewards=[(250, 1.0)], backend="reference").tolist()
    return case(rule="reward", params=params, weights=weights, **given, **changes)


def checked(folder: Path, monkeypatch: pytest.MonkeyPatch, cases: dict[str, dict[str, Any]], *options: str) -> int:
    for name, told in cases.items():
        (folder / f"{name}.json").write_text(json.dumps(told))
    monkeypatch.setattr(sys, "argv", ["check_stdp_golden.py", str(folder), *options])
    return script.main()


@pytest.mark.parametrize("store", ["eager", "lazy"])
def test_files_that_agree(store: str, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    assert checked(tmp_path, monkeypatch, {"pair": case()}, "--store", store) == 0
    assert "1 of 1 files agree" in capsys.readouterr().out


def test_the_lazy_store_refuses_rewards(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    files = {"pair": case(), "reward": rewarded()}
    assert checked(tmp_path, monkeypatch, files, "--store", "lazy") == 0
    assert "reward.json                      refused: wires: the lazy store cannot do it: " in capsys.readouterr().out
    assert checked(tmp_path, monkeypatch, files) == 0
    assert "refused:" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "changes", "said"),
    [
        # Plan errors of another kind: a time constant that dt does not fit, a backend without the lazy store.
        (
            ("--store", "lazy"),
            {"params": {**PAIR, "tau_plus": 1e-4}},
            "failed: PlanError: wires: rule: expected a time",
        ),
        (("--store", "lazy", "--backend", "numba"), {}, "failed: PlanError: backend 'numba' has the eager store alone"),
        (("--store", "lazy"), {"rule": "nobody's"}, "unknown rule 'nobody's'"),
        ((), {"weights": [[5, 0.5], [40, 0.9]]}, "FAILED"),
        ((), {"weights": [[7, 0.5]]}, "no event at step 7"),
        ((), {"weights": []}, "FAILED"),
        ((), {"params": {**PAIR, "w_max": 0.1}}, "failed: NetworkError"),
        ((), {"params": {"hue": 1.0}}, "failed: TypeError"),
    ],
)
def test_files_that_do_not_agree(
    options: tuple[str, ...], changes: dict[str, Any], said: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    assert checked(tmp_path, monkeypatch, {"good": case(), "other": case(**changes)}, *options) == 1
    assert said in capsys.readouterr().out


def test_an_empty_folder(tmp_path: Path, monkeypatch: Any) -> None:
    assert checked(tmp_path, monkeypatch, {}) == 2
