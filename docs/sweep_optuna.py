"""The best conversion of the digits network: Optuna proposes eight points at a time, a sweep runs and keeps them."""

from collections.abc import Mapping
from typing import Any

import optuna

from pysnn import run
from pysnn.convert import convert
from pysnn.datasets import load_digits, load_digits_mlp
from pysnn.sweep import sweep


def converted(params: Mapping[str, Any], _seed: int) -> dict[str, Any]:
    """Return a conversion's accuracy on training images, less a price for its synaptic operations."""
    digits, steps = load_digits(), params["steps"]
    network = convert(
        load_digits_mlp(),
        digits.x_train[:200],
        "percentile",
        percentile=params["percentile"],
        compare=False,
    ).network
    images, labels = digits.x_train[200:500], digits.y_train[200:500]
    result = run(network, images, steps=steps, labels=labels, threads=1)
    synops = result.table()["synops"][0]
    return {"accuracy": result.accuracy[0], "synops": synops, "value": result.accuracy[0] - 1e-5 * synops}


def search(out: str, batches: int = 4) -> optuna.Study:
    """Search for the largest value; rows of all points lie in ``out``."""
    sampler = optuna.samplers.TPESampler(seed=0, n_startup_trials=8)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    points: list[dict[str, Any]] = []
    for _ in range(batches):
        trials = [study.ask() for _ in range(8)]
        for trial in trials:
            trial.suggest_float("percentile", 90, 100)
            trial.suggest_int("steps", 2, 32)
        points += [trial.params for trial in trials]
        table = sweep(converted, points, out=out, about={"best": ["value"]})
        values = {(row["percentile"], row["steps"]): row["value"] for row in table.to_dicts()}
        for trial in trials:
            value = values[trial.params["percentile"], trial.params["steps"]]
            # A point that failed has no value, and the study is told so.
            failed = None if value is not None else optuna.trial.TrialState.FAIL
            study.tell(trial, value, state=failed)
    return study


if __name__ == "__main__":
    best = search("optuna.sweep").best_trial
    print(best.params, best.value)
