"""Measure peers and pysnn in turn, cell by cell: the same weights, thresholds and images, outputs compared."""

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import RESULTS, machine
from benchmarks.peers.networks import IMAGES, NETWORKS, export_network
from benchmarks.peers.processes import OURS, PEERS, PeerError, Worker
from benchmarks.peers.store import Store
from pysnn.processors import usable_threads

__all__ = ["Plan", "measure"]

FOLDER = RESULTS / "peers"
# A cell is measured in rounds, each program in turn, until there is enough of both.
# Between the least and the most of six rounds the median lies with 97 %.
_LEAST_ROUNDS = 6
_MOST_ROUNDS = 15
_ENOUGH_S = 6.0
# Of what computes in float32 what pysnn computes. One spike more or less in an image moves its scores by far more.
_TOLERANCE = 1e-3
# Wall over processor time with one thread, above which others had the processor.
_BUSY = 1.2

Runs = list[tuple[float, float]]


@dataclass(frozen=True)
class Plan:
    """What to measure."""

    networks: tuple[str, ...] = tuple(NETWORKS)
    steps: tuple[int, ...] = (4, 8, 16, 32)
    batches: tuple[int, ...] = (1, IMAGES)
    threads: tuple[int, ...] = (1, 2)
    peers: tuple[str, ...] = tuple(PEERS)
    again: bool = False
    folder: Path = FOLDER

    def cells(self, threads: int) -> Iterator[dict[str, Any]]:
        """Return the cells for a number of threads."""
        for network, steps, batch in product(self.networks, self.steps, self.batches):
            yield {"network": network, "steps": steps, "batch": batch, "threads": threads}


@dataclass
class Fleet:
    """The programs that run with a number of threads; each is started when it is first needed."""

    threads: int
    stack: ExitStack
    workers: dict[str, Worker] = field(default_factory=dict)

    def get(self, name: str) -> Worker:
        """Return a program's process."""
        if name not in self.workers:
            program = OURS[name] if name in OURS else PEERS[name]
            self.workers[name] = self.stack.enter_context(Worker(name, program, self.threads))
        return self.workers[name]

    def drop(self, name: str) -> None:
        """Forget a process that ended."""
        self.workers.pop(name).close()


def measure(plan: Plan, store: Store) -> list[str]:
    """Measure what is not in the store; give what went wrong, a line each."""
    for network in plan.networks:
        export_network(network, plan.folder)
    problems = []
    session = datetime.now(UTC).isoformat(timespec="seconds")
    for threads in plan.threads:
        if threads > usable_threads():
            problems.append(f"{threads} threads: this process may use {usable_threads()} processors")
            continue
        with ExitStack() as stack:
            fleet = Fleet(threads, stack)
            for cell in plan.cells(threads):
                wanted = [
                    peer
                    for peer in plan.peers
                    if cell["steps"] in PEERS[peer].steps and (plan.again or not store.has(**cell, peer=peer))
                ]
                if wanted:
                    rows, failed = _measure_cell(fleet, cell, wanted, plan.folder)
                    problems += failed
                    for row in rows:
                        store.put({**row, **machine(), "session": session})
    return problems


def _measure_cell(
    fleet: Fleet, cell: dict[str, Any], peers: list[str], folder: Path
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a row for each peer, and what went wrong."""
    started = time.perf_counter()
    request = {"folder": str(folder), **{key: cell[key] for key in ("network", "steps", "batch")}}
    answers, failed = {}, []
    for name in [*OURS, *peers]:
        try:
            answers[name] = fleet.get(name).prepare(**request)
        except PeerError as error:
            if name in OURS:
                raise
            failed.append(f"{cell}: {error}")
            fleet.drop(name)
    found = _rounds(fleet, list(answers))
    every = {name: [run for runs in rounds for run in runs] for name, rounds in found.items()}
    milliseconds = {name: 1e3 * _median_wall(runs) / cell["batch"] for name, runs in every.items()}
    shown = ", ".join(f"{name} {value:.3g}" for name, value in milliseconds.items())
    print(f"{cell}, {time.perf_counter() - started:.0f} s; ms an image: {shown}", flush=True)
    with np.load(folder / f"{cell['network']}-images.npz") as loaded:
        ann_scores = loaded["ann_scores"]
    same = {f"{name}_ms": milliseconds[name] for name in OURS}
    same["ours"] = json.dumps({name: answers[name]["setup"] for name in OURS})
    rows = []
    for name in (name for name in answers if name not in OURS):
        row = {**cell, "peer": name, "claim": PEERS[name].claim, "ms": milliseconds[name], **same}
        row |= {**_compared(name, answers, ann_scores), **_timing(every[name], cell["batch"])}
        for own in OURS:
            row |= _times(own, found[name], found[own])
        rows.append({**row, "setup": answers[name]["setup"], "versions": json.dumps(fleet.get(name).versions)})
    failed += [f"{cell}: {row['peer']}: its scores are not pysnn's" for row in rows if not row["agrees"]]
    if rows and cell["threads"] == 1 and statistics.median(row["busy"] for row in rows) > _BUSY:
        failed.append(f"{cell}: the machine was busy with other work; measure again on a quiet one")
    return rows, failed


def _median_wall(runs: Runs) -> float:
    return statistics.median(wall for wall, _ in runs)


def _times(own: str, peer_rounds: list[Runs], own_rounds: list[Runs]) -> dict[str, float]:
    """Return the least and the most of a peer's time over pysnn's of the same round."""
    times = [_median_wall(theirs) / _median_wall(ours) for theirs, ours in zip(peer_rounds, own_rounds, strict=True)]
    return {f"{own}_times_least": min(times), f"{own}_times_most": max(times)}


def _timing(runs: Runs, batch: int) -> dict[str, float]:
    busy = sum(wall for wall, _ in runs) / sum(used for _, used in runs)
    return {"ms_least": 1e3 * min(runs)[0] / batch, "runs": len(runs), "busy": busy}


def _rounds(fleet: Fleet, names: list[str]) -> dict[str, list[Runs]]:
    """Run each program in turn, until there are enough rounds and they took long enough, or there are very many."""
    found: dict[str, list[Runs]] = {name: [] for name in names}
    started = time.perf_counter()
    for done in range(1, _MOST_ROUNDS + 1):
        for name in names:
            found[name].append(fleet.get(name).run())
        if done >= _LEAST_ROUNDS and time.perf_counter() - started > _ENOUGH_S:
            break
    return found


def _compared(name: str, answers: dict[str, dict[str, Any]], ann_scores: NDArray[np.float32]) -> dict[str, Any]:
    """Compare scores with pysnn's in float32, or those of the ANN with its own."""
    scores = np.asarray(answers[name]["result"])
    of_ann = PEERS[name].claim == "ann"
    expected = ann_scores[: len(scores)] if of_ann else np.asarray(answers["float32"]["result"])
    errors = np.abs(scores - expected).max(axis=1) / np.ptp(expected)
    exact = "bfloat16" not in name + answers[name]["setup"] and "int8" not in name
    same = float(np.mean(scores.argmax(axis=1) == expected.argmax(axis=1)))
    # Sums in another order move a potential that lies on the threshold: of one image a spike may be the whole difference.
    agrees = not exact or bool(np.median(errors) <= _TOLERANCE) or (len(scores) == 1 and same == 1)
    return {
        "same_predictions": same,
        "error": float(np.median(errors)),
        "largest_error": float(errors.max()),
        "agrees": agrees,
    }
