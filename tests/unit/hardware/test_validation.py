"""Published figures: every row of docs/hardware_validation.md."""

import pytest

from benchmarks.claims.hardware_cases import CASES, Case, knn
from benchmarks.claims.hardware_validation import PAGE, page

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_published_figure(case: Case) -> None:
    assert abs(case.error) <= case.tolerance + 1e-12


@pytest.mark.parametrize("spikes", [667, 750])
def test_the_held_out_measurement_lies_in_the_interval(spikes: int) -> None:
    found = knn(spikes).total("loihi1", scope="core dynamic")
    assert found is not None
    assert found.low < 1.33e9 < found.high


def test_a_run_has_an_energy_for_each_scope() -> None:
    inner, outer = (knn(667).total("loihi1", scope=scope) for scope in ("core dynamic", "chip"))
    assert inner is not None
    assert outer is not None
    assert inner.value < outer.value


def test_the_page_is_what_the_command_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
