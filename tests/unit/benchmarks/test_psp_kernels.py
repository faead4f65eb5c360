"""The comparison of kernels trains, counts strictly, and draws its page from rows."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.experiments import psp_kernels
from benchmarks.experiments.psp_kernels import Net, page, train
from benchmarks.experiments.psp_nets import KERNELS
from pysnn.datasets import load_digits

DIGITS = load_digits()
PART = (DIGITS.x_train[:192], DIGITS.y_train[:192])
HELD = (DIGITS.x_test[:100], DIGITS.y_test[:100])


@pytest.mark.slow
@pytest.mark.parametrize("kernel", KERNELS)
def test_two_layers_learn_with_every_kernel(kernel: str) -> None:
    before = train(Net(kernel, 2, 4.0, 0), PART, HELD, epochs=0)
    after = train(Net(kernel, 2, 4.0, 0), PART, HELD, epochs=4)
    assert after[0]["accuracy"] > before[0]["accuracy"] + 0.2
    assert [row["layer"] for row in after] == [1, 2]
    assert all(0 <= row["dead_end"] <= 1 and row["gradient_p99"] >= row["gradient_median"] for row in after)


def test_first_weights_are_the_same_but_for_the_gain() -> None:
    one, other = Net("ramp", 3, 2.0, 5).draw(), Net("alpha", 3, 4.0, 5).draw()
    for weight, shifted in zip(one, other, strict=True):
        assert np.allclose(shifted - weight, 2 / len(weight), atol=1e-6)


def test_a_network_is_trained_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psp_kernels, "WORK", tmp_path / "work")
    monkeypatch.setattr(psp_kernels, "train", lambda net, *_: [{"seed": net.seed}])
    assert psp_kernels._kept(Net("ramp", 1, 2.0, 7), PART, HELD) == [{"seed": 7}]
    monkeypatch.delattr(psp_kernels, "train")
    assert psp_kernels._kept(Net("ramp", 1, 2.0, 7), PART, HELD) == [{"seed": 7}]
    with pytest.raises(NameError):
        psp_kernels._kept(Net("ramp", 1, 2.0, 7), HELD, HELD)


@pytest.mark.slow
def test_a_network_that_is_silent_is_wrong() -> None:
    found = train(Net("alpha", 6, 0.0, 0), PART, HELD, epochs=0)
    assert found[0]["silent"] == 1
    assert found[0]["accuracy"] == 0
    assert found[0]["gradient_largest"] == 0


def test_the_page_is_made_of_the_rows() -> None:
    rows = []
    for kernel in KERNELS:
        for depth in psp_kernels.DEPTHS:
            for seed in (0, 1):
                known = {"kernel": kernel, "layers": depth, "gain": 2.0, "seed": seed, "silent": 0.25}
                values = {
                    "dead_end": 0.125,
                    "accuracy": 0.5 + 0.02 * seed,
                    "gradient_median": 3.0,
                    "gradient_p99": 40.0,
                }
                rows += [{**known, **values, "layer": layer} for layer in range(1, depth + 1)]
    text = "".join(f"<!-- table: {key} -->\n<!-- end -->\n" for key in ("accuracy", "silent", "dead", "gradient"))
    made = page(text, pl.DataFrame(rows))
    assert "| ramp | 2 | 51.0 ± 1.4 |" in made
    assert "| alpha | 2 | 25.0 |" in made
    assert "12.5" in made
    assert "3 / 40" in made
    assert page(made, pl.DataFrame(rows)) == made
