"""Train the small network that ships with pysnn, on the digits that ship with it (needs the extra ``sklearn``).

    python -m scripts.train_digits_mlp           train and compare with the shipped files
    python -m scripts.train_digits_mlp --write   train and replace them

500 of the 1,797 digits are held out from everything (drawn with ``RandomState(0)``, whose stream never changes). Of the other
1,297 the last 200 of the same draw chose the weight penalty and the seed; then the network was trained once more on
all 1,297.
"""

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.data_range import DataRange
from pysnn.datasets.npz import save_arrays

DATA = Path(__file__).parents[1] / "pysnn" / "datasets" / "data"
HELD_OUT = 500
VALIDATION = 200
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 3e-1)
SEEDS = (0, 1, 2)
NEGLIGIBLE = 1e-12

Arrays = dict[str, NDArray[Any]]


def digits() -> tuple[Arrays, NDArray[np.int64]]:
    """Return the arrays of ``digits.npz`` and the order of the samples that may be trained on."""
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.RandomState(0).permutation(len(data.target))
    held_out = np.zeros(len(order), dtype=np.bool_)
    held_out[order[:HELD_OUT]] = True
    arrays = {"x": data.data.astype(np.uint8), "y": data.target.astype(np.uint8), "held_out": held_out}
    return arrays, order[HELD_OUT:].astype(np.int64)


def trained(x: NDArray[np.float32], y: NDArray[Any], penalty: float, seed: int) -> Any:
    """Train 150 passes of Adam; scikit-learn warns that it stops there, as meant."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        (64, 64),
        alpha=penalty,
        batch_size=32,
        learning_rate_init=2e-3,
        max_iter=150,
        n_iter_no_change=150,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(x, y)


def chosen(x: NDArray[np.float32], y: NDArray[Any]) -> tuple[float, int]:
    """Return the penalty with the best mean over seeds on the validation part, and its best seed."""
    fit, check = slice(None, -VALIDATION), slice(-VALIDATION, None)
    scores = np.array([[trained(x[fit], y[fit], p, s).score(x[check], y[check]) for s in SEEDS] for p in PENALTIES])
    for penalty, row in zip(PENALTIES, scores, strict=True):
        print(f"penalty {penalty:g}: validation accuracy {', '.join(f'{score:.3f}' for score in row)}")
    best = int(scores.mean(axis=1).argmax())
    return PENALTIES[best], SEEDS[int(scores[best].argmax())]


def same(path: Path, arrays: Arrays) -> bool:
    """Whether the shipped file has these very arrays."""
    if not path.is_file():
        return False
    with np.load(path, allow_pickle=False) as shipped:
        return set(shipped.files) == set(arrays) and all(np.array_equal(shipped[n], arrays[n]) for n in arrays)


def main() -> None:
    """Train, print accuracies, and compare with the shipped files or replace them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="replace the shipped files")
    write = parser.parse_args().write
    data, order = digits()
    images, labels = data["x"].astype(np.float32) / np.float32(16), data["y"].astype(np.int64)
    penalty, seed = chosen(images[order], labels[order])
    model = trained(images[order], labels[order], penalty, seed)
    held_out = data["held_out"]
    print(
        f"penalty {penalty:g}, seed {seed}, trained on {len(order)}: accuracy {model.score(images[order], labels[order]):.4f}"
    )
    print(f"held-out accuracy ({HELD_OUT}): {model.score(images[held_out], labels[held_out]):.4f}")
    weights: Arrays = {}
    for i, (weight, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True), start=1):
        # The penalty shrinks unused weights towards zero without ever getting there; what is left of them is written as 0.
        alive = np.where(np.abs(weight.T) < NEGLIGIBLE, 0.0, weight.T)
        weights[f"weight_{i}"] = np.ascontiguousarray(alive, dtype=np.float32)
        weights[f"bias_{i}"] = bias.astype(np.float32)
    weights["data_range"] = DataRange.of(images[~held_out]).as_array()
    for name, arrays in (("digits.npz", data), ("digits_mlp.npz", weights)):
        equal = same(DATA / name, arrays)
        if write and not equal:
            save_arrays(DATA / name, **arrays)
        print(f"{name}: {'the same as shipped' if equal else 'written' if write else 'DIFFERS from the shipped file'}")


if __name__ == "__main__":
    main()
