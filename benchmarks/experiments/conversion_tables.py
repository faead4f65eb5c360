"""Write docs/conversion_results.md from the collected sweeps in benchmarks/tables: no figure there is typed by hand.

The sweeps themselves take hours; each is one command, and another that puts its parts into one table:

    pysnn sweep run benchmarks/sweeps/resnet20.toml
    pysnn sweep collect benchmarks/sweeps/resnet20.toml --out benchmarks/tables/conversion_resnet20.parquet
    python -m benchmarks.experiments.conversion_tables
"""

import json
from pathlib import Path

import polars as pl

from benchmarks.experiments.ann_costs import ann_table
from benchmarks.intervals import accuracy_cell
from benchmarks.markdown import fill, table

__all__ = ["PAGE", "TABLES", "page"]

TABLES = Path(__file__).parents[1] / "tables"
PAGE = Path(__file__).parents[2] / "docs" / "conversion_results.md"

_COMPARED_AT = 32
_NETWORKS = {
    "conversion_resnet20": ["resnet20"],
    "conversion_deep": ["mnist-8", "resnet20-onnx", "resnet56", "resnet110"],
}


def page(text: str, tables: Path = TABLES) -> str:
    """Return the page with its tables made again; a mark is ``<!-- table: NAME KIND -->``."""

    def made(key: str) -> str:
        name, kind = key.split(" ")
        if kind == "anns":
            return ann_table({network: network for network in _NETWORKS[name]})
        return _table(pl.read_parquet(tables / f"{name}.parquet").filter(pl.col("error").is_null()), kind)

    return fill(text, made)


def _table(frame: pl.DataFrame, kind: str) -> str:
    if kind == "cost":
        return _costs(frame.filter(pl.col("precision") == "int8"))
    if kind == "difference":
        return _differences(frame)
    if kind == "agreement":
        return _agreements(frame)
    return _accuracies(frame.filter(pl.col("precision") == kind))


def _accuracies(frame: pl.DataFrame) -> str:
    steps = sorted(frame["steps"].unique())
    head = ["network", "ANN", "method", "thresholds", "on top", *map(str, steps)]
    rows = []
    for names, group in _groups(frame):
        cells = [_accuracy(group.filter(pl.col("steps") == at)) for at in steps]
        rows.append([names[0], _ann(group), *names[1:], *cells])
    return table(head, rows)


def _ann(group: pl.DataFrame) -> str:
    """The ANN's accuracy, on all the samples first, and on a part of them if some rows have only that."""
    found = group.group_by("samples").agg(pl.col("ann_accuracy").first()).sort("samples", descending=True)
    return ", ".join(accuracy_cell(share, samples) for samples, share in found.iter_rows())


def _accuracy(rows: pl.DataFrame) -> str:
    """Mean over calibration sets, half of its 95 % interval, and of several sets the sample standard deviation."""
    if rows.is_empty():
        return ""
    found = rows["accuracy"].to_numpy()
    cell = accuracy_cell(float(found.mean()), int(rows["samples"].to_numpy()[0]))
    return cell if len(found) == 1 else f"{cell} (sd {100 * found.std(ddof=1):.2f})"


def _agreements(frame: pl.DataFrame) -> str:
    steps = sorted(frame["steps"].unique())
    head = ["network", "method", "thresholds", "on top", *map(str, steps)]
    rows = []
    for names, group in _groups(frame):
        found = {row["steps"]: f"{100 * row['agreement']:.1f}" for row in group.to_dicts()}
        rows.append([*names, *(found.get(at, "") for at in steps)])
    return table(head, rows)


def _costs(frame: pl.DataFrame) -> str:
    steps = sorted(frame["steps"].unique())
    head = ["network", "method", "thresholds", "on top", *(f"T = {at}" for at in steps)]
    rows = []
    for names, group in _groups(frame):
        cells = []
        for at in steps:
            own = group.filter(pl.col("steps") == at)
            if own.is_empty():
                cells.append("")
                continue
            operations, spikes = (own[name].to_numpy().mean() for name in ("synops", "spikes_per_neuron"))
            cells.append(f"{operations / 1e6:.1f} M, {spikes:.2f}")
        rows.append([*names, *cells])
    return table(head, rows)


def _differences(frame: pl.DataFrame) -> str:
    """int8 minus float32 in points, at T = 32."""
    last = frame.filter(pl.col("steps") == _COMPARED_AT)
    head = ["network", "method", "thresholds", "on top", "float32", "int8", "int8 - float32"]
    rows = []
    for names, group in _groups(last):
        found = [100 * group.filter(pl.col("precision") == kind)["accuracy"].to_numpy() for kind in ("float32", "int8")]
        if all(len(values) for values in found):
            single, integer = (values.mean() for values in found)
            rows.append([*names, f"{single:.2f}", f"{integer:.2f}", f"{integer - single:+.2f}"])
    return table(head, rows)


def _groups(frame: pl.DataFrame) -> list[tuple[list[str], pl.DataFrame]]:
    """Rows of one conversion together; small networks first."""
    keys = ["network", "method", "per_channel", "settings"]
    frame = frame.sort(pl.col("synops").max().over("network"), maintain_order=True)
    found = []
    for (network, method, per_channel, settings), group in frame.group_by(keys, maintain_order=True):
        known = json.loads(str(settings))
        on_top = " + ".join(known.pop("calibrate", []))
        named = str(method) + "".join(f", {name} {value}" for name, value in known.items())
        found.append(([str(network), named, "per channel" if per_channel else "per layer", on_top], group))
    return found


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote {PAGE}")
