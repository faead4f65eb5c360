"""Clocked networks with weights of 8 bits in files: a byte a weight, and one file for each content."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pysnn import IF, Conv2d, FileFormatError, Flatten, Input, Linear, Network, Output
from pysnn.convert import round_weights
from pysnn.files import container_reader, graph_json, psnn
from pysnn.files.container import canonical_json, write_container
from pysnn.files.golden import make_golden
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings


def network() -> Network:
    """Two arrays that are large enough, and one with a value too few."""
    rng = np.random.default_rng(4)
    nodes = {
        "in": Input((8, 4, 4)),
        "conv": Conv2d(rng.normal(size=(16, 8, 3, 3)), rng.normal(size=16), padding=1),
        "if1": IF(),
        "flat": Flatten(),
        "fc": Linear(rng.normal(size=(4, 256)) / 16),
        "if2": IF(),
        "few": Linear(rng.normal(size=(255, 4))),
        "if3": IF(),
        "out": Output("count"),
    }
    return Network.chain(nodes)


ROUNDED = round_weights(network())
TEXT, TENSORS = graph_json.encode(SavedNetwork(ROUNDED))


def fields(name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(node["fields"] for node in json.loads(TEXT)["nodes"] if node["name"] == name)
    return found


def changed(**arrays: NDArray[Any]) -> bytes:
    """Return the file with other arrays for the layer ``fc``."""
    names = {"unit": "fc.weight.unit", "whole": "fc.weight"}
    return write_container(TEXT, {**TENSORS, **{names[key]: array for key, array in arrays.items()}})


def test_large_arrays_are_whole_numbers_and_units() -> None:
    for name, shape in (("conv", (16, 8, 3, 3)), ("fc", (4, 256))):
        unit, whole = f"{name}.weight.unit", f"{name}.weight"
        assert fields(name)["weight"] == {"unit": {"tensor": unit}, "whole": {"tensor": whole}}
        assert (TENSORS[whole].dtype, TENSORS[whole].shape) == (np.dtype(np.int8), shape)
        assert (TENSORS[unit].dtype, TENSORS[unit].shape) == (np.dtype(np.float32), shape[:1])
        product = TENSORS[whole] * TENSORS[unit].reshape(-1, *(1,) * (len(shape) - 1))
        assert product.tobytes() == ROUNDED.nodes[name].weight.tobytes()  # type: ignore[attr-defined]


def test_small_arrays_and_vectors_stay_as_they_are() -> None:
    assert fields("few")["weight"] == {"tensor": "few.weight"}
    assert TENSORS["few.weight"].dtype == np.float32
    assert fields("few")["bias"] == {"tensor": "few.bias"}


def test_weights_that_are_no_multiples_stay_as_they_are() -> None:
    _, tensors = graph_json.encode(SavedNetwork(network()))
    assert {array.dtype for array in tensors.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("reader", ["python", "core"])
def test_files_keep_them_to_the_bit(
    reader: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = container_reader.read_container if reader == "python" else request.getfixturevalue("core_reader")
    monkeypatch.setattr(psnn, "_reader", lambda: read)
    data = psnn.dumps(ROUNDED)
    again = psnn.loads(data).network
    assert again == ROUNDED
    assert psnn.dumps(again) == data
    for name in ("conv", "fc", "few"):
        assert again.nodes[name].weight.tobytes() == ROUNDED.nodes[name].weight.tobytes()  # type: ignore[attr-defined]
    saved = 3 * (16 * 72 + 4 * 256) - 4 * (16 + 4)
    assert len(psnn.dumps(network())) - len(data) > saved - 512


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_golden_vectors_hold(tmp_path: Path, precision: Any) -> None:
    settings = Settings(steps=4, precision=precision)
    x = np.random.default_rng(0).random((2, 8, 4, 4)).astype(np.float32)
    golden = make_golden(ROUNDED, x, settings, backend="reference")
    psnn.load(psnn.save(tmp_path / "a.psnn", ROUNDED, settings=settings, golden=golden)).verify()


UNIT, WHOLE = TENSORS["fc.weight.unit"], TENSORS["fc.weight"]


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"whole": WHOLE.astype(np.int16)}, "expected int8"),
        ({"whole": WHOLE.astype(np.float32)}, "expected int8"),
        ({"whole": WHOLE.reshape(-1)}, "expected int8"),
        ({"whole": np.int8(127).reshape(())}, "expected int8"),
        ({"whole": WHOLE[:3]}, "expected int8"),
        ({"whole": WHOLE.reshape(4, 16, 16)}, "expected 2 dimensions"),
        ({"whole": WHOLE[:, :255]}, r"expected \(255,\) inputs"),
        ({"unit": UNIT.astype(np.float64)}, "a float32 unit for each"),
        ({"unit": UNIT[:3]}, "a float32 unit for each"),
        ({"unit": UNIT[:, None]}, "a float32 unit for each"),
        ({"unit": np.where(np.arange(4) == 2, np.float32(np.nan), UNIT)}, "not finite"),
        ({"unit": np.where(np.arange(4) == 2, np.float32(np.inf), UNIT)}, "not finite"),
        ({"unit": np.where(np.arange(4) == 2, np.float32(3e38), UNIT)}, "1/127"),
        ({"unit": np.where(np.arange(4) == 2, -UNIT, UNIT)}, "1/127"),
        ({"unit": np.where(np.arange(4) == 2, np.float32(0), UNIT)}, "1/127"),
        ({"unit": np.full(4, -0.0, dtype=np.float32), "whole": np.zeros_like(WHOLE)}, "1/127"),
        ({"whole": np.clip(WHOLE, -126, 126)}, "1/127"),
        ({"whole": np.where(WHOLE == 127, np.int8(-128), WHOLE)}, "1/127"),
    ],
)
def test_other_numbers_are_refused(arrays: dict[str, Any], words: str) -> None:
    with pytest.raises(FileFormatError, match=words):
        psnn.loads(changed(**arrays))


def test_the_message_names_node_and_field() -> None:
    with pytest.raises(FileFormatError, match=r"node 'fc' \(Linear\): weight: a unit is not 1/127"):
        psnn.loads(changed(whole=np.clip(WHOLE, -126, 126)))


@pytest.mark.parametrize(
    "value",
    [
        {"unit": {"tensor": "fc.weight.unit"}},
        {"whole": {"tensor": "fc.weight"}},
        {"unit": {"tensor": "fc.weight.unit"}, "whole": {"tensor": "fc.weight"}, "zero": 0},
        {"unit": {"tensor": "fc.weight.unit"}, "whole": None},
        {"unit": 1.0, "whole": {"tensor": "fc.weight"}},
        {"unit": {"tensor": "fc.weight"}, "whole": {"tensor": "fc.weight"}},
        {"unit": {"tensor": "fc.weight"}, "whole": {"tensor": "fc.weight.unit"}},
        {"unit": {"tensor": "conv.weight.unit"}, "whole": {"tensor": "conv.weight"}},
        {"unit": {"tensor": "nothing"}, "whole": {"tensor": "fc.weight"}},
        {"tensor": "fc.weight"},
        {"tensor": "few.weight"},
    ],
)
def test_other_graphs_are_refused(files: SimpleNamespace, value: Any) -> None:
    def change(root: Any) -> None:
        next(node for node in root["nodes"] if node["name"] == "fc")["fields"]["weight"] = value

    with pytest.raises(FileFormatError):
        psnn.loads(files.with_graph(psnn.dumps(ROUNDED), change))


def test_few_multiples_are_in_float32_only() -> None:
    root = json.loads(TEXT)
    value = {"unit": {"tensor": "few.weight.unit"}, "whole": {"tensor": "few.weight"}}
    next(node for node in root["nodes"] if node["name"] == "few")["fields"]["weight"] = value
    whole = np.full((255, 4), 127, dtype=np.int8)
    units = np.ones(255, dtype=np.float32)
    with pytest.raises(FileFormatError, match="belongs to nothing"):
        psnn.loads(write_container(canonical_json(root), {**TENSORS, "few.weight": whole, "few.weight.unit": units}))


def test_multiples_in_float32_are_a_second_form_and_refused() -> None:
    root = json.loads(TEXT)
    next(node for node in root["nodes"] if node["name"] == "fc")["fields"]["weight"] = {"tensor": "fc.weight"}
    tensors = {name: array for name, array in TENSORS.items() if name != "fc.weight.unit"}
    tensors["fc.weight"] = ROUNDED.nodes["fc"].weight  # type: ignore[attr-defined]
    with pytest.raises(FileFormatError, match="not in canonical form"):
        psnn.loads(write_container(canonical_json(root), tensors))


def test_a_negative_zero_stays() -> None:
    weight = ROUNDED.nodes["fc"].weight.copy()  # type: ignore[attr-defined]
    weight[np.unravel_index(np.argmin(np.abs(weight)), weight.shape)] = -0.0
    again = psnn.loads(psnn.dumps(ROUNDED.replace({"fc": Linear(weight)}))).network.nodes["fc"]
    assert again.weight.tobytes() == weight.tobytes()  # type: ignore[attr-defined]
