"""Data files that hold something else than plain arrays are refused with a sentence of ours."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pysnn.datasets.npz import load_data
from pysnn.errors import DataError

X = np.zeros((2, 3), np.float32)


@pytest.mark.parametrize("arrays", [{"x": X, "y": np.array([0, "a"], object)}, {"x": X.astype(object)}])
def test_an_array_of_objects_is_named(arrays: dict[str, Any], tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", **arrays)
    name = list(arrays)[-1]
    with pytest.raises(DataError, match=rf"d.npz': '{name}': expected numbers, got Python objects"):
        load_data(tmp_path / "d.npz")


def test_text_is_no_array_file(tmp_path: Path) -> None:
    (tmp_path / "d.npz").write_text("hello")
    with pytest.raises(DataError, match=r"\(no array file\); it looks like text$"):
        load_data(tmp_path / "d.npz")
