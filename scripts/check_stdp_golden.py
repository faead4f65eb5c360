"""Replay golden trajectories of plastic synapses and say how far this package is from them.

    python scripts/check_stdp_golden.py DIR [--backend B] [--store eager|lazy]

What the lazy store cannot do is printed as refused, in its own words. Any other error is a failure.

Exit status: 0, or 1 above 2e-6 w_max, on an unknown rule or on a failure, 2 on an empty folder.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pysnn.errors import PlanError, PysnnError
from pysnn.plastic import (
    NearestRestricted,
    NearestSymmetric,
    PairSTDP,
    RewardSTDP,
    Rule,
    SymmetricSTDP,
    TripletSTDP,
    trajectory,
)

TOLERANCE = 2e-6
RULES: dict[str, Callable[..., Rule]] = {
    "pair": PairSTDP,
    "nearest_symmetric": NearestSymmetric,
    "nearest_restricted": NearestRestricted,
    "triplet": TripletSTDP,
    "symmetric": SymmetricSTDP,
    "reward": RewardSTDP,
}
REFUSAL = "the lazy store cannot do it: "
"""What the lazy store says of a rule that it has no way to apply later."""

COMPARED = ("weights", "weights_closed_formula")


def rule_of(case: Mapping[str, Any]) -> Rule:
    """Return the rule of a file; its time constants are in ms."""
    params = {name: value * 1e-3 if name.startswith("tau") else value for name, value in case["params"].items()}
    return RULES[case["rule"]](**params, coincidence=case["coincidence"])


def replay(case: Mapping[str, Any], backend: str, store: str) -> dict[int, float]:
    """Return the weight behind each step with events."""
    late, dendritic = case.get("delay_steps", 0), case.get("dendritic_delay_steps", 0)
    rewards = list(zip(case.get("reward_steps", ()), case.get("reward", ()), strict=True))
    last = max(step for name in COMPARED for step, _ in case.get(name, [[0, 0]]))
    last = max([last, *case["pre"], *case["post"], *(step for step, _ in rewards)]) + late + dendritic + 1
    found = trajectory(
        rule_of(case), case["pre"], case["post"], case["w0"], dt=case["dt_ms"] * 1e-3, steps=int(last), delay=late, post_delay=dendritic, rewards=rewards,
        backend=backend, store=store,
    )  # fmt: skip
    return {int(step): weight for step, weight in found}


def check(path: Path, backend: str, store: str) -> bool:
    """Print a file's line; say whether it is as it should be."""
    case = json.loads(path.read_text(encoding="utf-8"))
    if case["rule"] not in RULES:
        print(f"{path.name:32} unknown rule '{case['rule']}'")
        return False
    try:
        found = replay(case, backend, store)
    except (PysnnError, KeyError, TypeError, ValueError) as error:
        if store == "lazy" and isinstance(error, PlanError) and REFUSAL in str(error):
            print(f"{path.name:32} refused: {error}")
            return True
        print(f"{path.name:32} failed: {type(error).__name__}: {error}")
        return False
    limit = TOLERANCE * case["params"].get("w_max", 1.0)
    missing = sorted({int(step) for name in COMPARED for step, _ in case.get(name, ())} - found.keys())
    if missing:
        print(f"{path.name:32} no event at step {missing[0]}")
        return False
    largest = {
        name: max((abs(found[int(step)] - weight) for step, weight in case[name]), default=0.0)
        for name in COMPARED
        if name in case
    }
    good = any(case.get(name) for name in COMPARED) and all(difference <= limit for difference in largest.values())
    print(
        f"{path.name:32} "
        + "  ".join(f"{name} {difference:.2e}" for name, difference in largest.items())
        + ("" if good else "  FAILED")
    )
    return good


def main() -> int:
    """Check a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--store", default="eager", choices=("eager", "lazy"))
    options = parser.parse_args()
    files = sorted(options.folder.glob("*.json"))
    if not files:
        print(f"{options.folder}: expected JSON files, got none", file=sys.stderr)
        return 2
    good = [check(path, options.backend, options.store) for path in files]
    print(f"{sum(good)} of {len(good)} files agree within {TOLERANCE} w_max or are refused")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
