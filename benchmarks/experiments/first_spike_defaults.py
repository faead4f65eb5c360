"""What the defaults of ``train stdbp`` and ``sstdp`` reach, beside those of version 0.1 and an MLP of the same size on the same samples.

MNIST and Fashion-MNIST: the first 6,000 training images train, 2,500 of the last 5,000 training images are counted; the test split is not
read. Letters are drawn, other sets come with scikit-learn, a third of them is counted. Strict accuracies in %; three seeds, of samples,
first weights and orders. ``PYSNN_DATA`` names the folder with mnist/ and fashion-mnist/. ``--save`` writes
``benchmarks/tables/first_spike_defaults.parquet`` and the table of ``docs/first_spike.md``.
"""

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.claims.page import claim_table
from benchmarks.common import data_folder, machine, results_option
from benchmarks.experiments.letters import draw_letters
from benchmarks.markdown import fill, table
from pysnn.datasets.idx import load_idx
from pysnn.first_spike import Dense, FirstSpikeNetwork, evaluate
from pysnn.first_spike.learn import SSTDP, STDBP, LearningRule, SSTDPClassifier, STDBPClassifier, TrainingOptions, train
from pysnn.tables import metadata, write_table

TABLE = Path(__file__).parents[1] / "tables" / "first_spike_defaults.parquet"
PAGE = Path(__file__).parents[2] / "docs" / "first_spike.md"
SEEDS = (0, 1, 2)
IMAGES = ("letters", "mnist", "fashion-mnist")
TABLES = ("digits", "iris", "wine", "breast_cancer")
TRAINING, COUNTED = 6000, 2500

Samples = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True)
class Before:
    """The defaults of version 0.1 on the command line."""

    rule: LearningRule
    rate: float
    weight_decay: float
    neuron: dict[str, Any]

    def score(self, training: Samples, counted: Samples, hidden: int, seed: int) -> float:
        """Train as the command line did, and return the strict accuracy."""
        x, y = training
        order = np.random.default_rng([seed, 3]).permutation(len(x))
        layers = [Dense(units=hidden, gain=8.0, spread=1.2), Dense(units=int(y.max()) + 1, gain=8.0, spread=1.2)]
        start = FirstSpikeNetwork.draw((x.shape[1],), layers, seed=seed, **self.neuron)
        batch = min(max(len(x) // 100, 16), 128)
        options = TrainingOptions(
            epochs=20, batch_size=batch, rate=self.rate, weight_decay=self.weight_decay, seed=seed
        )
        return evaluate(train(start, self.rule, (x[order], y[order]), options).network, *counted).accuracy


def _mlp(training: Samples, counted: Samples, hidden: int, seed: int) -> float:
    from sklearn.neural_network import MLPClassifier

    # An epoch of a small set has a batch or two, and an MLP stops by itself when its loss stands.
    epochs = 100 if len(training[0]) > 2000 else 2000
    with warnings.catch_warnings():
        # It says that it could learn on.
        warnings.simplefilter("ignore")
        return float(MLPClassifier((hidden,), max_iter=epochs, random_state=seed).fit(*training).score(*counted))


def _now(kind: type) -> Callable[..., float]:
    def score(training: Samples, counted: Samples, hidden: int, seed: int) -> float:
        return float(kind((hidden,), scale=None, random_state=seed).fit(*training).score(*counted))

    return score


MODELS: dict[str, Callable[[Samples, Samples, int, int], float]] = {
    "MLP": _mlp,
    "STDBP": _now(STDBPClassifier),
    "STDBP 0.1": Before(STDBP(0.05, 0.1), 2e-3, 0.1, {"neuron": "ramp"}).score,
    "SSTDP": _now(SSTDPClassifier),
    "SSTDP 0.1": Before(SSTDP("one_sided", 6.0, anti_causal=0.2), 5e-3, 0.0, {"neuron": "step", "steps": 16}).score,
}


def samples(name: str, seed: int) -> tuple[Samples, Samples]:
    """Return values in 0..1 and labels that train, and those that are counted."""
    if name in TABLES:
        return _small(name, seed)
    if name == "letters":
        x, y = draw_letters(each=(TRAINING + COUNTED) // 26, seed=seed)
    else:
        images, labels = load_idx(data_folder("mnist/ and fashion-mnist/") / name, "train")
        pixels = images.reshape(len(images), -1)
        x = np.concatenate([pixels[:TRAINING], pixels[-COUNTED:]]).astype(np.float32) / np.float32(255)
        y = np.concatenate([labels[:TRAINING], labels[-COUNTED:]])
    return (x[:-COUNTED], y[:-COUNTED]), (x[-COUNTED:], y[-COUNTED:])


def _small(name: str, seed: int) -> tuple[Samples, Samples]:
    import sklearn.datasets

    x, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
    order = np.random.default_rng([seed, 1]).permutation(len(x))
    x, y, count = x[order], y[order], len(x) // 3
    low, high = (0, 16) if name == "digits" else (x[:-count].min(axis=0), x[:-count].max(axis=0))
    scaled = ((x - low) / np.maximum(high - low, 1e-9)).clip(0, 1).astype(np.float32)
    return (scaled[:-count], y[:-count]), (scaled[-count:], y[-count:])


def page(text: str, frame: pl.DataFrame) -> str:
    """Return the page with its table made again: mean and least accuracy of every model on every set."""

    def cell(name: str, model: str) -> str:
        found = frame.filter((pl.col("data") == name) & (pl.col("model") == model))["accuracy"].to_numpy()
        return f"{found.mean():.1f} ({found.min():.1f})"

    names = list(dict.fromkeys(frame["data"]))
    rows = [[name.replace("_", " "), *(cell(name, model) for model in MODELS)] for name in names]
    made = table(["data", *MODELS], rows)
    return fill(text, lambda key: claim_table(key.removeprefix("claim ")) if key.startswith("claim ") else made)


def main() -> None:
    """Train everything, show the table, and write it with ``--save``."""
    save = results_option("Defaults of first-spike training")
    rows: list[dict[str, Any]] = []
    for name in (*TABLES, *IMAGES):
        hidden = 200 if name in IMAGES else 100
        for seed in SEEDS:
            training, counted = samples(name, seed)
            for model, score in MODELS.items():
                start = time.perf_counter()
                accuracy = 100 * score(training, counted, hidden, seed)
                seconds = time.perf_counter() - start
                rows.append({"data": name, "hidden": hidden, "model": model, "seed": seed, "accuracy": accuracy})
                print(f"{name}, seed {seed}, {model}: {accuracy:.2f} % in {seconds:.1f} s", file=sys.stderr, flush=True)
    frame = pl.DataFrame(rows)
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_hide_dataframe_shape=True):
        print(frame.pivot("model", index="data", values="accuracy", aggregate_function="mean"))
    if save:
        meta = metadata(
            benchmark="first_spike_defaults", **machine(), seeds=repr(SEEDS), training=TRAINING, counted=COUNTED
        )
        print("written:", write_table(frame, TABLE, meta), file=sys.stderr)
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), frame), encoding="utf-8")


if __name__ == "__main__":
    main()
