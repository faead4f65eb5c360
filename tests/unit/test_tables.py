"""Tables have the schema that they say, and come back from files with what is known of their making."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import pysnn
from pysnn import IF, Input, Linear, Network, Output
from pysnn.files.aside import write_aside
from pysnn.schemas import SCHEMAS
from pysnn.simulation.result import Result
from pysnn.tables import make_table, metadata, read_metadata, table_json, write_table

EXAMPLE = {"String": "a", "Int64": 3, "Float64": 0.5, "Boolean": True}


def row(schema: str, **changes: Any) -> dict[str, Any]:
    return {**{name: EXAMPLE[kind] for name, kind in SCHEMAS[schema].items()}, **changes}


def result() -> Result:
    net = Network.chain({"in": Input((2,)), "fc": Linear([[1.0, 0.0]]), "n": IF(1.0), "out": Output("count")})
    return pysnn.run(net, np.ones((4, 2)), steps=[2, 5], labels=[0, 0, 0, 0], backend="reference")


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_table_has_its_columns_and_types(schema: str) -> None:
    assert set(SCHEMAS[schema].values()) <= set(EXAMPLE)
    expected = {name: getattr(pl, kind) for name, kind in SCHEMAS[schema].items()}
    for rows in ([], [row(schema)], [row(schema, **dict.fromkeys(SCHEMAS[schema]))]):
        frame = make_table(schema, rows)
        assert dict(frame.schema) == expected
        assert frame.height == len(rows)


def test_a_row_with_other_columns_is_refused() -> None:
    with pytest.raises(pysnn.DataError, match=r"table 'list': .*differ in colour"):
        make_table("list", [row("list", colour="red")])
    short = row("list")
    del short["title"]
    with pytest.raises(pysnn.DataError, match="differ in title"):
        make_table("list", [short])


@pytest.mark.parametrize(("field", "value"), [("steps", "three"), ("steps", 1.5), ("accuracy_int8", "high")])
def test_a_value_of_another_type_is_refused(field: str, value: Any) -> None:
    with pytest.raises(pysnn.DataError, match=f"table 'quantisation': column '{field}'"):
        make_table("quantisation", [row("quantisation", **{field: value})])


def test_results_as_tables() -> None:
    found = result()
    table = found.table(ann_accuracy=0.75)
    assert dict(table.schema) == {name: getattr(pl, kind) for name, kind in SCHEMAS["run"].items()}
    assert table["steps"].to_list() == [2, 5]
    assert table["accuracy"].to_list() == [1.0, 1.0]
    assert table["macs"].to_list() == [1.0, 1.0]
    assert table["ann_macs"].to_list() == [2, 2]
    assert table["spikes_per_neuron"].to_list() == [2.0, 5.0]
    assert table["ms_per_sample"][0] is None
    layers = found.layers()
    assert layers.select("layer", "type", "steps").rows() == [
        ("fc", "Linear", 2),
        ("n", "IF", 2),
        ("fc", "Linear", 5),
        ("n", "IF", 5),
    ]
    assert layers.filter(pl.col("layer") == "n")["updates"].to_list() == [8, 20]
    assert layers["saturated"].to_list() == [0, 4, 0, 4]


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".json", ".PARQUET"])
def test_a_table_comes_back(tmp_path: Path, ending: str) -> None:
    frame = result().table()
    target = write_table(frame, tmp_path / f"table{ending}", {"seed": 7})
    assert [path.name for path in target.parent.iterdir()] == [f"table{ending}"]
    if ending.lower() == ".parquet":
        assert pl.read_parquet(target).equals(frame)
        assert read_metadata(target) == {"seed": 7}
    elif ending == ".csv":
        assert pl.read_csv(target, schema=frame.schema).equals(frame)
    else:
        found = json.loads(target.read_text(encoding="utf-8"))
        assert found["meta"] == {"seed": 7}
        assert pl.DataFrame(found["rows"], schema=frame.schema).equals(frame)


def test_metadata_of_a_run(tmp_path: Path) -> None:
    found = result()
    write_table(found.table(), tmp_path / "t.parquet", found.meta)
    meta = read_metadata(tmp_path / "t.parquet")
    assert meta["backend"] == "reference"
    assert meta["precision"] == "float32"
    assert meta["seed"] == 0
    assert {"pysnn", "python", "host", "written_at", "wall_s"} <= set(meta)
    assert metadata(a=1)["a"] == 1


def test_numbers_that_json_has_not_become_null(tmp_path: Path) -> None:
    frame = make_table("quantisation", [row("quantisation", agreement=float("nan"), accuracy_int8=float("inf"))])
    found = table_json(frame, {"best": float("nan"), "worst": np.float32(0.5), "n": np.int64(3)})
    assert found["rows"][0]["agreement"] is None
    assert found["rows"][0]["accuracy_int8"] is None
    assert found["meta"] == {"best": None, "worst": 0.5, "n": 3}
    json.dumps(found, allow_nan=False)
    write_table(frame, tmp_path / "t.parquet", {"worst": np.float32(0.5)})
    assert read_metadata(tmp_path / "t.parquet") == {"worst": 0.5}


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(pysnn.DataError, match=r"ends in \.parquet, \.csv or \.json, got '\.xlsx'"):
        write_table(make_table("list", []), tmp_path / "t.xlsx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"no parquet at all"])
def test_metadata_of_something_else(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(pysnn.FileFormatError, match=r"t\.parquet"):
        read_metadata(tmp_path / "t.parquet")


def test_metadata_of_a_parquet_file_of_another_program(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(pysnn.FileFormatError, match="that pysnn wrote"):
        read_metadata(tmp_path / "t.parquet")


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old", encoding="utf-8")

    def fail(aside: Path) -> None:
        aside.write_text("half", encoding="utf-8")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_aside(target, fail)
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]
