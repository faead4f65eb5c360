"""Two passes against one: ResNet-20 and VGG-11 for CIFAR-10 in int8, at few time-steps.

    python -m benchmarks.experiments.two_pass --save    measures (an hour on one core), writes the table and docs/two_pass.md
    python -m benchmarks.experiments.two_pass           writes the tables of docs/two_pass.md

Conversion and lead are chosen on training images; the test split is run with what was chosen. Parts that are done are kept in
``benchmarks/results/two_pass`` and not run again.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.common import RESULTS, TABLES, data_folder, machine
from benchmarks.experiments.two_pass_page import PAGE, TABLE, best_conversion, page
from benchmarks.intervals import paired_half_width
from benchmarks.peers.networks import NETWORKS, read_source
from pysnn import Network, Simulator
from pysnn.convert import ann_pass, convert
from pysnn.datasets.cifar import load_cifar10
from pysnn.files.psnn import load, save
from pysnn.simulation.result import Result
from pysnn.simulation.two_pass import TWO_PASS_METHODS, latency_steps, run_two_pass
from pysnn.tables import metadata, write_table

__all__ = ["LEADS", "RECIPES", "STEPS", "chosen_lead", "chosen_recipe"]

STEPS, LEADS = (1, 2, 4, 8, 16), (1, 2, 4, 8)
READS = sorted({*STEPS, *(lead + steps for lead in LEADS for steps in STEPS)})
"""Numbers of steps at which one pass is read: each T, and each T with each lead."""

RECIPES: dict[str, dict[str, Any]] = {
    "error-min for T = 2": {"steps": 2},
    "error-min for T = 4": {"steps": 4},
    "error-min for T = 8": {"steps": 8},
    "error-min for T = 16 + v_init": {"steps": 16, "calibrate": ["v_init"]},
}
"""Conversions that are tried, thresholds per channel."""

WORK = RESULTS / "two_pass"
_CALIBRATION, _CHOICE_FROM, _CHOICE = 500, 45_000, 512
_ONCE = "one pass"
_ADDITIONS = ("synops", "updates", "edge_sums", "bias_sums", "pool_sums")
_RUN: dict[str, Any] = {"precision": "int8", "threads": 1, "batch_size": 32, "check_range": False}


@cache
def _images(split: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return images and labels: training images behind those of the calibration, or the whole test split."""
    folder = data_folder() / "cifar10"
    if split == "test":
        return load_cifar10(folder, "test")
    images, labels = load_cifar10(folder, "train")
    return images[_CHOICE_FROM : _CHOICE_FROM + _CHOICE], labels[_CHOICE_FROM : _CHOICE_FROM + _CHOICE]


@cache
def _ann_classes(name: str, split: str) -> NDArray[np.int64]:
    file = WORK / f"{name}-ann-{split}.npy"
    if not file.exists():
        np.save(file, ann_pass(read_source(name), _images(split)[0])[0].argmax(axis=1))
    return np.asarray(np.load(file))


@cache
def _converted(name: str, recipe: str) -> Network:
    file = WORK / f"{name}-{list(RECIPES).index(recipe)}.psnn"
    if not file.exists():
        images, _ = load_cifar10(data_folder() / "cifar10", "train", _CALIBRATION)
        made = convert(read_source(name), images, "error-min", per_channel=True, compare=False, **RECIPES[recipe])
        save(file, made.network)
    return load(file).network


def _rows(
    name: str, split: str, recipe: str, method: str, lead: int, reads: Sequence[int] = READS
) -> list[dict[str, Any]]:
    """Run one method with one lead, or one pass to be read at ``reads``, and say what it did at each number of steps."""
    images, labels = _images(split)
    simulator = Simulator(_converted(name, recipe), **_RUN)
    if method == _ONCE:
        steps = list(reads)
        result = simulator.run(images, steps=steps, keep_state=False, batch_size=256)
    else:
        steps = [at for at in STEPS if method != "offset-by-layer" or at >= lead]
        result = run_two_pass(simulator.network, images, steps=steps, lead=lead, method=method, **_RUN)
    known: dict[str, Any] = {"split": split, "network": name, "recipe": recipe, "method": method, "lead": lead}
    ann = _ann_classes(name, split)
    plan = simulator.plan()
    rows = []
    for at, own in enumerate(steps):
        found = result.predictions[at]
        changes = (found == labels).astype(np.int64) - (ann == labels)
        rows.append(
            {
                **known,
                "steps": own,
                "computed": result.steps[at],
                "latency": own if method == _ONCE else latency_steps(plan, lead, own, method),
                "samples": len(images),
                "agreement": float(np.mean(found == ann)),
                "accuracy": float(np.mean(found == labels)),
                "ann_accuracy": float(np.mean(ann == labels)),
                "half_width": paired_half_width(changes),
                **_costs(result, at),
            }
        )
    return rows


def _costs(result: Result, at: int) -> dict[str, float]:
    """Return operations and spikes of one sample."""
    totals: dict[str, float] = {name: float(result.total(name)[at] / result.samples) for name in (*_ADDITIONS, "macs")}
    return {
        "synops": totals["synops"],
        "updates": totals["updates"],
        "additions": sum(totals[name] for name in _ADDITIONS),
        "macs": totals["macs"],
        "spikes_per_neuron": float(result.activity.spikes_per_neuron[at]),
    }


def _part(name: str, split: str, recipe: str, method: str, lead: int = 0, reads: Sequence[int] = READS) -> pl.DataFrame:
    """Return the rows of one run, which is done once."""
    file = WORK / f"{name}-{split}-{list(RECIPES).index(recipe)}-{method.replace(' ', '-')}-{lead}.parquet"
    if not file.exists():
        print(f"{name}, {split}: {recipe}, {method}, lead {lead}", file=sys.stderr, flush=True)
        pl.DataFrame(_rows(name, split, recipe, method, lead, reads)).write_parquet(file)
    return pl.read_parquet(file)


def chosen_recipe(frames: Iterable[pl.DataFrame]) -> str:
    """Return the conversion with which one pass agrees most with the ANN, in the mean over :data:`STEPS`."""
    shares = {
        str(frame["recipe"][0]): float(frame.filter(pl.col("steps").is_in(STEPS))["agreement"].to_numpy().mean())
        for frame in frames
    }
    return max(shares, key=lambda name: shares[name])


def chosen_lead(once: pl.DataFrame, frames: Sequence[pl.DataFrame]) -> int:
    """Return the lead that gains most agreement over one pass of as many steps, in the mean over T.

    Examples
    --------
    >>> once = pl.DataFrame({"computed": [2, 3], "agreement": [0.5, 0.8]})
    >>> rows = [{"lead": [1], "computed": [2], "agreement": [0.6]}, {"lead": [2], "computed": [3], "agreement": [0.7]}]
    >>> chosen_lead(once, [pl.DataFrame(row) for row in rows])
    1
    """
    known = dict(zip(once["computed"].to_list(), once["agreement"].to_list(), strict=True))
    gains = {}
    for frame in frames:
        pairs = zip(frame["computed"].to_list(), frame["agreement"].to_list(), strict=True)
        gains[int(frame["lead"][0])] = float(np.mean([share - known[computed] for computed, share in pairs]))
    return max(gains, key=lambda lead: gains[lead])


def measured() -> pl.DataFrame:
    """Return all rows: everything on training images first, then what was chosen there on the test split."""
    WORK.mkdir(parents=True, exist_ok=True)
    frames: list[pl.DataFrame] = []
    chosen: list[tuple[str, str, str, int, Sequence[int]]] = []
    for name in NETWORKS:
        tried = [_part(name, "training", recipe, _ONCE) for recipe in RECIPES]
        once = pl.concat(tried)
        recipe = chosen_recipe(tried)
        frames += tried
        reads = set(STEPS)
        for method in TWO_PASS_METHODS:
            own = [_part(name, "training", recipe, method, lead) for lead in LEADS]
            frames += own
            if method != "offset-by-layer":
                lead = chosen_lead(tried[list(RECIPES).index(recipe)], own)
                reads |= {lead + at for at in STEPS}
                chosen.append((name, recipe, method, lead, READS))
        best = {at: best_conversion(once, at) for at in sorted(reads)}
        used = dict.fromkeys(best.values())
        chosen += [(name, other, _ONCE, 0, [at for at in best if best[at] == other]) for other in used]
    tested = [_part(name, "test", recipe, method, lead, own) for name, recipe, method, lead, own in chosen]
    return pl.concat([*frames, *tested])


def main() -> None:
    """Measure if asked to, and write the page."""
    parser = argparse.ArgumentParser(description="two passes against one, at few time-steps")
    parser.add_argument("--save", action="store_true", help="measure, and write the table")
    if parser.parse_args().save:
        meta = metadata(benchmark="two_pass", **machine(), calibration=_CALIBRATION, precision="int8")
        TABLES.mkdir(exist_ok=True)
        print("written:", write_table(measured(), TABLE, meta), file=sys.stderr)
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
