"""The claims about peers: what each compares, and its table of ratios."""

import argparse
import sys
from pathlib import Path

import polars as pl

from benchmarks.peers.measure import Plan, measure
from benchmarks.peers.networks import TRAINED
from benchmarks.peers.processes import OURS, PEERS
from benchmarks.peers.store import Store

__all__ = ["CLAIMS", "TABLE", "main", "ratios"]

TABLE = Path(__file__).parents[1] / "tables" / "peers.parquet"

CLAIMS = {
    "libraries": "against the best library of spiking neurons",
    "bfloat16": "against a library of spiking neurons in bfloat16",
    "hand": "against PyTorch by hand",
    "ann": "against the ANN that it was made of",
}
"""Names of claims, and what each is."""

_CELL = ("network", "batch", "threads", "steps")


def ratios(frame: pl.DataFrame, claim: str) -> pl.DataFrame:
    """Return one row a peer and cell: its time, and how many times faster pysnn was beside it."""
    own = frame.filter(pl.col("claim") == claim).sort(*_CELL, "ms")
    times = [(pl.col("ms") / pl.col(f"{name}_ms")).round(2).alias(f"x {name}") for name in OURS]
    return own.select(
        *_CELL,
        "peer",
        pl.col("ms", "float32_ms", "int8_ms").round(3),
        *times,
        "same_predictions",
        pl.col("busy").round(2),
    )


def main(*claims: str) -> int:
    """Measure the peers of some claims, and print their ratios; 1 if something went wrong."""
    known = [name for name, program in PEERS.items() if program.claim in claims]
    plan, path = _options(known)
    store = Store(path)
    problems = measure(plan, store)
    kept = store.frame.filter(pl.col("peer").is_in(plan.peers), pl.col("network").is_in(plan.networks))
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=220, tbl_hide_dataframe_shape=True):
        for claim in claims:
            print(f"\npysnn {CLAIMS[claim]} (ms an image; x: times faster)\n{ratios(kept, claim)}")
        print(kept.select("peer", "setup", "versions").unique(maintain_order=True))
    print(f"rows: {path}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _options(peers: list[str]) -> tuple[Plan, Path]:
    base = Plan()
    parser = argparse.ArgumentParser(
        description="pysnn beside its peers; rows that the table has are not measured again"
    )
    parser.add_argument("--again", action="store_true", help="measure all rows again")
    parser.add_argument("--out", type=Path, default=TABLE, help="the table")
    parser.add_argument("--folder", type=Path, default=base.folder, help="where the converted networks lie")
    parser.add_argument("--network", nargs="+", choices=(*base.networks, *TRAINED), default=base.networks)
    parser.add_argument("--peer", nargs="+", choices=peers, default=peers)
    for name in ("steps", "batch", "threads"):
        default = base.batches if name == "batch" else getattr(base, name)
        parser.add_argument(f"--{name}", nargs="+", type=int, default=default)
    given = parser.parse_args()
    plan = Plan(
        networks=tuple(given.network),
        steps=tuple(given.steps),
        batches=tuple(given.batch),
        threads=tuple(given.threads),
        peers=tuple(given.peer),
        again=given.again,
        folder=given.folder,
    )
    return plan, given.out
