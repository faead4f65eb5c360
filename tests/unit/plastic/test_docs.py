"""What docs/stdp.md says of its example, which ends in an estimate."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "stdp.md"


@cache
def example() -> dict[str, Any]:
    """Run the section's blocks of Python but the one that writes a file, and return their names."""
    section = PAGE.read_text(encoding="utf-8").split("## From a network to an estimate")[1].split("\n## ")[0]
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```", section, re.DOTALL | re.MULTILINE):
        if ".save(" not in block:
            exec(compile(block, PAGE.name, "exec"), names)  # noqa: S102 - the page is ours
    return names


@pytest.mark.slow
def test_inputs_that_spike_together_win() -> None:
    names = example()
    weights, w_max = names["weights"], 0.1
    assert weights[:20].mean() > 0.95 * w_max
    assert weights[20:].mean() < 0.7 * w_max
    rates = names["spikes"].mean(axis=0) / names["dt"]
    assert rates[:20].mean() == pytest.approx(rates[20:].mean(), rel=0.05)


@pytest.mark.slow
def test_where_the_energy_goes() -> None:
    names = example()
    costs, learned, used = names["costs"], names["learned"].activity, names["used"].activity
    terms = {row["term"]: row["value"] for row in names["terms"].to_dicts()}
    plastic = terms["energy_pre_updates"] + terms["energy_post_updates"]
    assert plastic == pytest.approx(120.0 * learned.updates)
    assert plastic > 0.5 * terms["energy_total"]
    assert plastic > 3 * terms["energy_synops"]
    assert costs.total("loihi1").value > 10 * terms["energy_total"]
    assert used.updates == 0 < used.synops
    inference = names["inference"]
    assert inference.total("loihi1", scope="core dynamic").value < terms["energy_total"]
    assert costs.total("truenorth") is None
    assert inference.total("truenorth").value > 0
