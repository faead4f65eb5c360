"""The same networks with ramp, exponential and alpha kernels, 1 to 6 layers deep, on the digits that come with the package.

    python -m benchmarks.experiments.psp_kernels --run      trains them (some minutes), writes the table, then the page and the plot;
                                                interrupted, it goes on with the network that it was at
    python -m benchmarks.experiments.psp_kernels            writes docs/psp_kernels.md and docs/psp_kernels.png from the table

All have the same first weights, the same optimiser and exact gradients: nothing is done about steep gradients or dead neurons. The share
of the mean in the first weights (``gain``) is chosen for each kernel, with two layers, on held-out training samples.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.common import machine
from benchmarks.experiments.psp_nets import KERNELS, Kernel, backward, forward
from benchmarks.markdown import fill, table
from pysnn.datasets import load_digits
from pysnn.files.aside import write_aside
from pysnn.first_spike.learn import Adam, Schedule, time_cross_entropy
from pysnn.tables import metadata, write_table
from pysnn.training.checkpoint import fingerprint

__all__ = ["PAGE", "PLOT", "TABLE", "page", "train"]

TABLE = Path(__file__).parents[1] / "tables" / "psp_kernels.parquet"
WORK = Path(__file__).parents[1] / "results" / "psp_kernels"
PAGE = Path(__file__).parents[2] / "docs" / "psp_kernels.md"
PLOT = PAGE.with_suffix(".png")

DEPTHS = range(1, 7)
SEEDS = (0, 1, 2)
GAINS = (1.0, 2.0, 4.0, 8.0)
HIDDEN, SPREAD = 64, 1.2
VALIDATION = 297
EPOCHS, BATCH, RATE, TAU = 10, 32, 5e-3, 0.1

Array = NDArray[Any]
Part = tuple[Array, Array]


@dataclass(frozen=True)
class Net:
    """What is trained: the kernel's name, the number of layers, the share of the mean in the first weights, and the seed."""

    kernel: str
    depth: int
    gain: float
    seed: int

    def draw(self) -> list[Array]:
        """Draw the first weights: the same for every kernel but for the gain."""
        rng = np.random.default_rng([self.seed, self.depth])
        shapes = pairwise((64, *[HIDDEN] * (self.depth - 1), 10))
        drawn = [(rows, rng.normal(0, SPREAD / np.sqrt(rows), (rows, columns))) for rows, columns in shapes]
        return [(weight + self.gain / rows).astype(np.float32) for rows, weight in drawn]


def train(net: Net, part: Part, held: Part, epochs: int = EPOCHS) -> list[dict[str, Any]]:
    """Train a network; give a row a layer: gradients of single samples at the start, dead neurons at start and end, accuracy."""
    kernel, weights = KERNELS[net.kernel], net.draw()
    times, labels = _times(part[0]), part[1]
    norms, dead_start = _norms(kernel, weights, (times, labels)), _dead(kernel, weights, times)
    optimiser, schedule = Adam(rate=RATE), Schedule()
    batches = len(labels) // BATCH
    for epoch in range(epochs):
        order = np.random.default_rng([net.seed, 1, epoch]).permutation(len(labels))
        for batch in range(batches):
            chosen = order[batch * BATCH : (batch + 1) * BATCH]
            found = _gradients(kernel, weights, (times[chosen], labels[chosen]))
            gradients = [one.mean(axis=0).astype(np.float32) for one in found]
            optimiser.step(weights, gradients, schedule((epoch + batch / batches) / epochs))
    accuracy, silent = _accuracy(kernel, weights, held)
    known = {"kernel": net.kernel, "layers": net.depth, "gain": net.gain, "seed": net.seed, "epochs": epochs}
    ends = zip(norms, dead_start, _dead(kernel, weights, times), strict=True)
    return [
        {
            **known,
            "layer": layer,
            "gradient_median": float(np.median(norm)),
            "gradient_p99": float(np.quantile(norm, 0.99)),
            "gradient_largest": float(norm.max()),
            "dead_start": before,
            "dead_end": after,
            "accuracy": accuracy,
            "silent": silent,
        }
        for layer, (norm, before, after) in enumerate(ends, start=1)
    ]


def _times(x: Array) -> Array:
    return np.where(x > 0, 1 - x.astype(np.float64), np.inf)


def _gradients(kernel: Kernel, weights: Sequence[Array], part: Part) -> list[Array]:
    """Return each sample's gradient by every weight."""
    exact = [weight.astype(np.float64) for weight in weights]
    passed = forward(kernel, exact, part[0])
    _, gradient = time_cross_entropy(passed[-1].times.astype(np.float32), part[1], TAU)
    return backward(kernel, exact, passed, gradient.astype(np.float64))


def _parts(part: Part) -> Iterator[Part]:
    for start in range(0, len(part[1]), BATCH):
        yield part[0][start : start + BATCH], part[1][start : start + BATCH]


def _norms(kernel: Kernel, weights: Sequence[Array], part: Part) -> list[Array]:
    """Return the norm of each sample's gradient by the weights of each layer."""
    found = [[np.sqrt((one**2).sum(axis=(1, 2))) for one in _gradients(kernel, weights, few)] for few in _parts(part)]
    return [np.concatenate(layer) for layer in zip(*found, strict=True)]


def _dead(kernel: Kernel, weights: Sequence[Array], times: Array) -> list[float]:
    """Return the share of each layer's neurons that fire for none of the samples."""
    fired = [np.zeros(weight.shape[1], dtype=bool) for weight in weights]
    for few, _ in _parts((times, times)):
        for layer, passed in enumerate(forward(kernel, weights, few)):
            fired[layer] |= np.isfinite(passed.times).any(axis=0)
    return [float(1 - seen.mean()) for seen in fired]


def _accuracy(kernel: Kernel, weights: Sequence[Array], held: Part) -> tuple[float, float]:
    """Return the share of right decisions, and of samples without an output spike, which are wrong."""
    out = np.concatenate([forward(kernel, weights, few)[-1].times for few, _ in _parts((_times(held[0]), held[1]))])
    fires = np.isfinite(out).any(axis=1)
    return float(((out.argmin(axis=1) == held[1]) & fires).mean()), float(1 - fires.mean())


def _kept(net: Net, part: Part, held: Part) -> list[dict[str, Any]]:
    """Train a network, or read what an interrupted run has kept of it."""
    known = fingerprint(net, (HIDDEN, SPREAD, EPOCHS, BATCH, RATE, TAU), *part, *held)
    file = WORK / f"{net.kernel}-{net.depth}-{net.seed}-{known[:16]}.json"
    if not file.exists():
        text = json.dumps(train(net, part, held))
        WORK.mkdir(parents=True, exist_ok=True)
        write_aside(file, lambda aside: aside.write_text(text, encoding="utf-8"))
    return list(json.loads(file.read_text(encoding="utf-8")))


def _run() -> pl.DataFrame:
    digits = load_digits()
    part = (digits.x_train[:-VALIDATION], digits.y_train[:-VALIDATION])
    held = (digits.x_train[-VALIDATION:], digits.y_train[-VALIDATION:])
    rows = []
    for kernel in KERNELS:
        tried = {gain: train(Net(kernel, 2, gain, 0), part, held)[0]["accuracy"] for gain in GAINS}
        gain = max(tried, key=lambda one: tried[one])
        print(f"{kernel}: validation accuracy by gain {tried}", file=sys.stderr)
        for depth, seed in product(DEPTHS, SEEDS):
            parts = (digits.x_train, digits.y_train), (digits.x_test, digits.y_test)
            found = _kept(Net(kernel, depth, gain, seed), *parts)
            print(f"{kernel}, {depth} layers, seed {seed}: {found[0]['accuracy']:.3f}", file=sys.stderr)
            rows += found
    frame = pl.DataFrame(rows)
    settings = {"hidden": HIDDEN, "spread": SPREAD, "batch": BATCH, "rate": RATE, "tau": TAU, "gains": str(GAINS)}
    write_table(frame, TABLE, metadata(benchmark="psp_kernels", **machine(), **settings))
    return frame


def page(text: str, frame: pl.DataFrame) -> str:
    """Return the page with its tables made again."""
    return fill(text, lambda key: _TABLES[key](frame))


def _depths(frame: pl.DataFrame, column: str, form: str) -> str:
    rows = []
    for kernel in KERNELS:
        cells = []
        for depth in DEPTHS:
            own = frame.filter((pl.col("kernel") == kernel) & (pl.col("layers") == depth))
            seeds = own.group_by("seed").agg(pl.col(column).mean())[column].to_numpy()
            cells.append(form.format(seeds.mean() * 100, seeds.std(ddof=1) * 100))
        rows.append([kernel, f"{own['gain'][0]:g}", *cells])
    return table(["kernel", "gain", *(f"{n} layers" if n > 1 else "1 layer" for n in DEPTHS)], rows)


def _gradients_by_layer(frame: pl.DataFrame) -> str:
    deep = frame.filter(pl.col("layers") == DEPTHS[-1])
    rows = []
    for kernel in KERNELS:
        cells = []
        for layer in DEPTHS:
            own = deep.filter((pl.col("kernel") == kernel) & (pl.col("layer") == layer))
            cells.append(
                " / ".join(f"{own[name].to_numpy().mean():.2g}" for name in ("gradient_median", "gradient_p99"))
            )
        rows.append([kernel, *cells])
    return table(["kernel", *(f"layer {n}" for n in DEPTHS)], rows)


_TABLES = {
    "accuracy": lambda frame: _depths(frame, "accuracy", "{:.1f} ± {:.1f}"),
    "silent": lambda frame: _depths(frame, "silent", "{:.1f}"),
    "dead": lambda frame: _depths(frame, "dead_end", "{:.1f}"),
    "gradient": _gradients_by_layer,
}


def _plot(frame: pl.DataFrame) -> None:
    from pysnn.plot.frame import COLOURS, new_figure

    figure = new_figure(11.0, 3.4)
    accuracy, dead, gradient = figure.subplots(1, 3)
    for kernel, colour in zip(KERNELS, (COLOURS["blue"], COLOURS["orange"], COLOURS["red"]), strict=True):
        own = frame.filter(pl.col("kernel") == kernel)
        by_depth = own.group_by("layers").agg(pl.col("accuracy", "dead_end").mean()).sort("layers")
        style = {"color": colour, "marker": "o", "markersize": 3, "label": kernel}
        accuracy.plot(by_depth["layers"], 100 * by_depth["accuracy"], **style)
        dead.plot(by_depth["layers"], 100 * by_depth["dead_end"], **style)
        deep = (
            own.filter(pl.col("layers") == DEPTHS[-1])
            .group_by("layer")
            .agg(pl.col("gradient_median", "gradient_p99").mean())
            .sort("layer")
        )
        gradient.plot(deep["layer"], deep["gradient_median"], **style)
        gradient.fill_between(deep["layer"], deep["gradient_median"], deep["gradient_p99"], color=colour, alpha=0.2)
    gradient.set_yscale("log")
    for axes, below, beside in (
        (accuracy, "layers", "test accuracy, %"),
        (dead, "layers", "neurons that never fire, %"),
        (gradient, "layer of 6", "gradient of a sample: median to 99 %"),
    ):
        axes.set_xlabel(below)
        axes.set_ylabel(beside)
    gradient.legend(loc="upper left", ncols=3, fontsize="small")
    gradient.set_ylim(top=60)
    figure.savefig(PLOT, dpi=100)


def main() -> None:
    """Train if asked to, then write the page and its plot."""
    parser = argparse.ArgumentParser(description="first-spike networks with ramp, exponential and alpha kernels")
    parser.add_argument("--run", action="store_true", help="train the networks again")
    frame = _run() if parser.parse_args().run else pl.read_parquet(TABLE)
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), frame), encoding="utf-8")
    _plot(frame)
    print(f"wrote {PAGE}, {PLOT}")


if __name__ == "__main__":
    main()
