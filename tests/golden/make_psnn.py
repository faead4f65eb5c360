"""Make ``small.psnn``, which every later pysnn has to read, and the fuzz target's first inputs.

Run once for each format version, in the root of the tree:

    python tests/golden/make_psnn.py

The weights are multiples of 1/8, so that every sum is exact and the expected scores can be checked by hand.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn import IF, LIF, Conv2d, Flatten, Input, Linear, MaxPool2d, Network, Output
from pysnn.files import psnn
from pysnn.files.container import DTYPES, write_container
from pysnn.files.golden import make_golden
from pysnn.files.settings import Settings

TARGET = Path(__file__).with_name("small.psnn")
SEEDS = Path(__file__).parents[2] / "rust" / "fuzz" / "seeds"
SEED_TENSORS: dict[str, dict[str, NDArray[Any]]] = {
    "no_tensors": {},
    "one_tensor": {"a": np.ones(1, dtype=np.float32)},
    "every_dtype": {code.lower(): np.arange(3).astype(dtype) for code, dtype in DTYPES.items()},
    "escapes": {'\u00e9\U0001f600"\\\n\x7f': np.ones((1, 1, 2, 1, 1, 1, 1, 1), dtype=np.uint8)},
    "scalar": {"s": np.array(0.5)},
}
SETTINGS = Settings(steps=8, dt=0.001, seed=1)


def network() -> Network:
    """Return one of every kind: shared and single thresholds, both resets, both comparisons, a leak, an edge that skips."""
    kernels = np.arange(-9, 9).reshape(2, 1, 3, 3) / 8
    nodes = {
        "in": Input((1, 4, 4), mean=(0.25,), std=(0.5,)),
        "conv": Conv2d(kernels, (0.125, 0.25), padding=1),
        "if1": IF(v_threshold=(1.0, 0.5), v_init=0.25),
        "pool": MaxPool2d(2),
        "if2": IF(v_threshold=1.0, reset="zero", v_reset=-0.5, compare=">"),
        "flat \u00e9": Flatten(),
        "fc": Linear(np.arange(24).reshape(3, 8) / 8 - 1.5),
        "lif": LIF(tau=0.002, r=2.0),
        "out": Output("count"),
    }
    return Network(nodes, [*Network.chain(nodes).edges, ("pool", "flat \u00e9")])


def main() -> None:
    """Write the files."""
    x = np.arange(32, dtype=np.float32).reshape(2, 1, 4, 4) / 32
    golden = make_golden(network(), x, SETTINGS, steps=(1, 2, 4, 8), backend="reference")
    provenance: dict[str, str | int | float] = {
        "source": "tests/golden/make_psnn.py",
        "version": 1,
        "weight step": 0.125,
    }
    psnn.save(TARGET, network(), settings=SETTINGS, provenance=provenance, golden=golden)
    for name, tensors in SEED_TENSORS.items():
        data = write_container("{}", tensors)
        (SEEDS / f"{name}.psnn").write_bytes(data)


if __name__ == "__main__":
    main()
