"""Rules against tables worked out by hand, and against sums over pairs and triplets of spikes."""

import math
from typing import Any

import numpy as np
import pytest

from pysnn.errors import DataError, NetworkError, PlanError
from pysnn.plastic import (
    PLASTICITY,
    DiehlCook,
    DiehlCookPower,
    NearestRestricted,
    NearestSymmetric,
    PairSTDP,
    PowerLawSTDP,
    RewardSTDP,
    Rule,
    SymmetricSTDP,
    TripletSTDP,
    trajectory,
)

# With tau = dt / ln 2 a trace halves each step, so that tables are exact fractions.
DT = 1e-3
HALF = DT / math.log(2)
PRE, POST = [0, 3], [1, 2, 5]

PAIR: dict[str, Any] = {"a_plus": 0.1, "a_minus": 0.1, "tau_plus": HALF, "tau_minus": HALF}
# Five spikes: arrivals at 0 and 3, post spikes at 1, 2 and 5; the weight behind each, from 0.5.
TABLES: dict[str, tuple[Rule, list[float]]] = {
    # x: 1/2 at 1, 1/4 at 2; y = 1/4 + 1/2 at 3; x = 1/32 + 1/4 at 5.
    "pair": (PairSTDP(**PAIR), [0.5, 0.55, 0.575, 0.5, 0.528125]),
    # y = 1/2 at 3 and x = 1/4 at 5: the latest spike alone.
    "nearest_symmetric": (NearestSymmetric(**PAIR), [0.5, 0.55, 0.575, 0.525, 0.55]),
    # The post spike at 2 finds its arrival taken.
    "nearest_restricted": (NearestRestricted(**PAIR), [0.5, 0.55, 0.55, 0.5, 0.525]),
    # o2 is 0 at 1, 1/2 at 2, 1/16 + 1/8 at 5; r2 is 1/8 at 3.
    "triplet": (
        TripletSTDP(
            a2_plus=0.1, a2_minus=0.1, a3_plus=0.2, a3_minus=0.4, tau_plus=HALF, tau_minus=HALF, tau_x=HALF, tau_y=HALF
        ),
        [0.5, 0.55, 0.6, 0.4875, 0.4875 + 0.28125 * 0.1375],
    ),
    # alpha = 2 * 50 Hz * tau.
    "symmetric": (
        SymmetricSTDP(eta=0.1, rho0=50.0, tau=HALF),
        [0.5 - 10 * HALF, 0.55 - 10 * HALF, 0.575 - 10 * HALF, 0.65 - 20 * HALF, 0.678125 - 20 * HALF],
    ),
    # x = 1/2, 1/4, 1/4; y2 = 0, 1/2, 1/8; y1 = 1/2 at 3.
    "diehl_cook": (
        DiehlCook(nu_pre=0.1, nu_post=0.8, tau_x=HALF, tau_y1=HALF, tau_y2=HALF),
        [0.5, 0.5, 0.6, 0.55, 0.575],
    ),
    "diehl_cook_power": (
        DiehlCookPower(eta=0.4, x_tar=0.25, mu=1.0, tau=HALF),
        [0.5, 0.55, 0.55, 0.55, 0.55 + 0.4 * 0.03125 * 0.45],
    ),
    "power_law": (
        PowerLawSTDP(lambda_=0.2, alpha=0.5, mu=1.0, tau_plus=HALF, tau_minus=HALF),
        [0.5, 0.55, 0.5775, 0.5775 * 0.925, 0.5775 * 0.925 * 1.05625],
    ),
    # Nothing but a reward changes weights.
    "reward": (RewardSTDP(tau_plus=HALF, tau_minus=HALF), [0.5] * 5),
}


@pytest.mark.parametrize("backend", ["reference", "rust"])
@pytest.mark.parametrize("name", PLASTICITY)
def test_five_spikes(name: str, backend: str) -> None:
    rule, expected = TABLES[name]
    found = trajectory(rule, PRE, POST, 0.5, dt=DT, steps=9, backend=backend)
    assert found[:, 0].tolist() == [0, 1, 2, 3, 5]
    np.testing.assert_allclose(found[:, 1], expected, rtol=0, atol=3e-7)


def test_a_reward_by_hand() -> None:
    """C = 0.1/2 + 0.1/4 halved a step: 0.0625 behind step 2, 0.03125 at 3, where 0.75 * 0.1 is taken off."""
    rule = RewardSTDP(a_plus=0.1, a_minus=0.1, tau_plus=HALF, tau_minus=HALF, tau_c=HALF, eta=2.0)
    found = trajectory(rule, PRE, POST, 0.5, dt=DT, steps=9, rewards=[(2, 1.0), (4, 4.0)], backend="reference")
    c2 = 0.05 / 2 + 0.025
    c4 = (c2 / 2 - 0.075) / 2
    assert found[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(found[[2, 4], 1], [0.5 + 2 * c2, 0.5 + 2 * c2 + 8 * c4], atol=3e-7)


@pytest.mark.parametrize(("coincidence", "expected"), [("causal", 0.6), ("exclusive", 0.5)])
def test_coincidence(coincidence: Any, expected: float) -> None:
    for backend in ("reference", "rust"):
        found = trajectory(PairSTDP(**PAIR), [4], [4], 0.5, dt=DT, steps=9, coincidence=coincidence, backend=backend)
        np.testing.assert_allclose(found, [[4, expected]], atol=1e-7)


def test_bounds_behind_each_event() -> None:
    rule = PairSTDP(a_plus=0.9, a_minus=0.9, tau_plus=1.0, tau_minus=1.0)
    found = trajectory(rule, [0, 4, 6], [2, 5], 0.5, dt=DT, steps=9, backend="reference")
    np.testing.assert_allclose(found[:, 1], [0.5, 1.0, 1.0 - 0.9 * math.exp(-2e-3), 1.0, 0.0], atol=1e-6)


def test_the_symmetric_rule_has_two_bounds_where_it_is_exclusive() -> None:
    rule = SymmetricSTDP(eta=0.5, rho0=5.0, tau=20e-3)
    for coincidence, expected in (("causal", 1.0), ("exclusive", 0.9)):
        for backend in ("reference", "rust"):
            found = trajectory(rule, [1], [0], 1.0, dt=DT, steps=3, coincidence=coincidence, backend=backend)  # type: ignore[arg-type]
            assert found[-1, 1] == pytest.approx(expected, abs=1e-6)


def decayed(t: int, s: int, tau: float) -> float:
    return math.exp(-(t - s) * DT / tau)


def closed_sum(rule: TripletSTDP | PairSTDP, pre: list[int], post: list[int], w: float) -> list[float]:
    """The weight behind each event by sums over spikes, without a recursion."""
    kernel = rule.kernel()
    found = []
    for step in sorted({*pre, *post}):
        if step in pre:
            o1 = sum(decayed(step, t, kernel.y.tau) for t in post if t < step)
            r2 = sum(decayed(step, s, kernel.x2.tau) for s in pre if s < step) if kernel.x2 else 0.0
            w = max(w + (kernel.pre.pair + kernel.pre.triplet * r2) * o1, 0.0)
        if step in post:
            r1 = sum(decayed(step, s, kernel.x.tau) for s in pre if s <= step)
            o2 = sum(decayed(step, t, kernel.y2.tau) for t in post if t < step) if kernel.y2 else 0.0
            w = min(w + (kernel.post.pair + kernel.post.triplet * o2) * r1, rule.w_max)
        found.append(w)
    return found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "rule",
    [PairSTDP(a_plus=0.02, a_minus=0.021), TripletSTDP(), TripletSTDP.hippocampal()],
    ids=["pair", "visual", "hippocampal"],
)
def test_sums_over_spikes(rule: TripletSTDP | PairSTDP, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pre, post = (sorted(rng.choice(2000, 80, replace=False).tolist()) for _ in range(2))
    found = trajectory(rule, pre, post, 0.5, dt=DT, steps=2001, backend="rust")
    np.testing.assert_allclose(found[:, 1], closed_sum(rule, pre, post, 0.5), rtol=0, atol=2e-6)


def test_wrong_parameters() -> None:
    with pytest.raises(NetworkError, match=r"PairSTDP: tau_plus: expected a number above 0, got -1"):
        PairSTDP(tau_plus=-1)
    with pytest.raises(NetworkError, match=r"TripletSTDP: a2_plus: expected a number from 0, got nan"):
        TripletSTDP(a2_plus=math.nan)
    with pytest.raises(NetworkError, match="coincidence must be one of causal, exclusive, got 'both'"):
        PairSTDP(coincidence="both")  # type: ignore[arg-type]
    with pytest.raises(PlanError, match="expected a time constant of at least dt/20"):
        trajectory(PairSTDP(tau_plus=1e-6), [0], [1], 0.5, dt=DT, steps=3)
    with pytest.raises(DataError, match="trajectory: pre: expected ascending whole steps from 0 on"):
        trajectory(PairSTDP(), [3, 1], [1], 0.5, dt=DT, steps=3)
    with pytest.raises(NetworkError, match=r"expected weights in 0..1.0, got 1.5"):
        trajectory(PairSTDP(), [1], [1], 1.5, dt=DT, steps=3)
