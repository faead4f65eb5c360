"""Run a published network with STDP, and write down what came out.

    python -m benchmarks.experiments.stdp NAME [--case CASE] [--seeds 0,1] [--save]     song, diehl-cook, vogels, reward, recurrent
    python -m benchmarks.experiments.stdp page           writes docs/stdp_applications.md and its plots from the tables

With ``--save`` the rows of the cases and seeds that were run go into benchmarks/tables/stdp_NAME.parquet and stdp_NAME_curves.parquet, in
the place of those that were there, and the page is written again.
"""

import argparse
import sys
import time

import numpy as np
import polars as pl

from benchmarks.common import machine
from benchmarks.experiments.stdp.application import Outcome
from benchmarks.experiments.stdp.applications import APPLICATIONS
from benchmarks.experiments.stdp.page import TABLES, write_page
from pysnn.tables import metadata, write_table

__all__ = ["main"]


def figures_of(case: str, seed: int, outcome: Outcome) -> pl.DataFrame:
    """Return a row a figure."""
    rows = [
        {"case": case, "seed": seed, "figure": name, "value": float(value)} for name, value in outcome.figures.items()
    ]
    return pl.DataFrame(rows)


def curves_of(case: str, seed: int, outcome: Outcome) -> pl.DataFrame:
    """Return a row a point."""
    parts = [
        pl.DataFrame({"x": np.asarray(curve.x, dtype=np.float64), "y": np.asarray(curve.y, dtype=np.float64)}).select(
            case=pl.lit(case), seed=pl.lit(seed, dtype=pl.Int64), curve=pl.lit(name), x="x", y="y"
        )
        for name, curve in outcome.curves.items()
    ]
    return pl.concat(parts)


def keep(name: str, made: pl.DataFrame, seconds: float) -> None:
    """Put rows into a table, in the place of those of the same case and seed."""
    file = TABLES / f"stdp_{name}.parquet"
    if file.exists():
        old = pl.read_parquet(file).join(made.select("case", "seed").unique(), on=["case", "seed"], how="anti")
        made = pl.concat([old, made]).sort("case", "seed", maintain_order=True)
    write_table(made, file, metadata(benchmark=f"stdp {name}", seconds=f"{seconds:.0f}", **machine()))


def main() -> None:
    """Run the cases and seeds that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[*APPLICATIONS, "page"])
    parser.add_argument("--case")
    parser.add_argument("--seeds")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    if options.name == "page":
        write_page()
        return
    application = APPLICATIONS[options.name]
    if options.case not in {None, *application.cases}:
        sys.exit(f"--case: expected one of {', '.join(application.cases)}, got {options.case!r}")
    seeds = application.seeds if options.seeds is None else [int(seed) for seed in options.seeds.split(",")]
    for case in [options.case] if options.case else application.cases:
        for seed in seeds:
            begun = time.perf_counter()
            outcome = application.cases[case](seed)
            taken = time.perf_counter() - begun
            for name, value in outcome.figures.items():
                print(f"{options.name}, {case}, seed {seed}: {name} {value:.6g}", flush=True)
            if options.save:
                file = options.name.replace("-", "_")
                keep(file, figures_of(case, seed, outcome), taken)
                keep(f"{file}_curves", curves_of(case, seed, outcome), taken)
    if options.save:
        write_page()


if __name__ == "__main__":
    main()
