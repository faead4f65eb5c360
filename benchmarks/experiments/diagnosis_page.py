"""Write the tables and sentences of docs/diagnosis.md: ResNet-20 on CIFAR-10's training images, a few minutes.

python -m benchmarks.experiments.diagnosis_page --save    # measures, and writes benchmarks/tables/diagnosis_*.parquet
python -m benchmarks.experiments.diagnosis_page           # writes the page from them
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import TABLES, data_folder, machine
from benchmarks.markdown import fill, table
from benchmarks.peers.networks import read_source
from pysnn import run
from pysnn.convert import convert, diagnose
from pysnn.datasets.cifar import load_cifar10
from pysnn.tables import metadata, write_table

__all__ = ["PAGE", "page"]

PAGE = Path(__file__).parents[2] / "docs" / "diagnosis.md"

_CALIBRATION, _FIRST, _LAST = 1_000, 10_000, 10_500
_LAYERS = ("relu1", "layer1.0.relu1", "layer2.0.relu2", "layer3.2.relu1")
_TRIED: tuple[dict[str, Any], ...] = (
    {"method": "max-norm"},
    {"method": "max-norm", "calibrate": ["v_init"]},
    {"method": "max-norm", "calibrate": ["bias"]},
    {"method": "percentile"},
    {"method": "percentile", "per_channel": True},
    {"method": "ltb"},
    {"method": "error-min"},
    {"method": "error-min", "per_channel": True},
    {"method": "error-min", "calibrate": ["bias"]},
    {"method": "error-min", "calibrate": ["v_init"]},
    {"method": "error-min", "per_channel": True, "calibrate": ["bias"]},
    {"method": "error-min", "per_channel": True, "calibrate": ["bias", "v_init"]},
)
_LONGER = (4, 16, 32, 64, 128)


def measure() -> dict[str, pl.DataFrame]:
    """Convert, run and diagnose; return the tables of the page by name."""
    folder = data_folder() / "cifar10"
    images, labels = load_cifar10(folder, "train", _LAST)
    calibration, images, labels = images[:_CALIBRATION], images[_FIRST:], labels[_FIRST:]
    ann = read_source("resnet20")
    broken = convert(ann, calibration, "max-norm", steps=4)
    errors, blame = broken.errors(images), broken.blame(images, labels=labels, layers="all")
    longer = run(broken.network, images, steps=_LONGER, labels=labels)
    slow = diagnose(broken.errors(images[:50], steps=180))
    said = [{"what": "max-norm at T = 180", "text": str(slow), "ratio": slow.ratio}]
    said += [{"what": "max-norm for T = 4", "text": str(diagnose(errors)), "ratio": diagnose(errors).ratio}]
    helped = []
    for options in _TRIED:
        network = convert(ann, calibration, steps=4, **options).network
        accuracy = run(network, images, steps=(4, 32), labels=labels).accuracy
        helped.append({"options": _options(options), "T = 4": float(accuracy[0]), "T = 32": float(accuracy[1])})
    late = []
    for steps in (4, 64):
        conversion = convert(ann, calibration, "error-min", steps=steps)
        found = conversion.errors(images[:100], steps=64)
        last = conversion.blame(images[:100], labels=labels[:100], steps=64, layers=1).row(0, named=True)
        sentence = diagnose(found)
        said.append({"what": f"error-min for T = {steps}", "text": str(sentence), "ratio": sentence.ratio})
        late.append({"converted for T": steps, "error": last["error"], "agreement": last["agreement"]})
    at = pl.DataFrame({"T": list(_LONGER), "accuracy": np.asarray(longer.accuracy).tolist()})
    tables = {"errors": errors, "blame": blame, "longer": at, "helped": pl.DataFrame(helped)}
    return tables | {"late": pl.DataFrame(late), "said": pl.DataFrame(said)}


def page(text: str, tables: Path = TABLES) -> str:
    """Return the page with its tables made again."""
    return fill(text, lambda key: _MADE[key](lambda name: pl.read_parquet(tables / f"diagnosis_{name}.parquet")))


def _options(options: dict[str, Any]) -> str:
    words = [f"--method {options['method']}"]
    words += ["--per-channel"] if options.get("per_channel") else []
    words += [f"--calibrate {','.join(options['calibrate'])}"] if "calibrate" in options else []
    return f"`{' '.join(words)}`"


def _errors(read: Any) -> str:
    frame = read("errors").filter(pl.col("layer").is_in(_LAYERS))
    columns = ["threshold", "signal", "e_p", "e_c", "e_q", "e_d", "e_total"]
    rows = [
        [row["layer"], *(f"{row[name]:.3f}" for name in columns), _percent(row["silent"])] for row in frame.to_dicts()
    ]
    return table(["layer", *columns, "silent"], rows)


def _blame(read: Any) -> str:
    rows = []
    for row in read("blame").sort("depth").to_dicts():
        errors = [f"{row[name]:.2f}" for name in ("error_input", "error_output")]
        rows.append([row["layer"], *errors, *(_percent(row[f"agreement_{side}"]) for side in ("input", "output"))])
    return table(["layer", "error_input", "error_output", "agreement_input", "agreement_output"], rows)


def _unchanged(read: Any) -> str:
    row = read("blame").row(0, named=True)
    return table(["error", "agreement"], [[f"{row['error']:.2f}", _percent(row["agreement"])]])


def _helped(read: Any) -> str:
    rows = [[row["options"], _percent(row["T = 4"]), _percent(row["T = 32"])] for row in read("helped").to_dicts()]
    return table(["options", "T = 4", "T = 32"], rows)


def _longer(read: Any) -> str:
    found = read("longer").to_dicts()
    return table([f"T = {row['T']}" for row in found], [[_percent(row["accuracy"]) for row in found]])


def _late(read: Any) -> str:
    rows = [
        [str(row["converted for T"]), f"{row['error']:.2f}", _percent(row["agreement"])]
        for row in read("late").to_dicts()
    ]
    return table(["converted for T", "error of the output at T = 64", "agreement"], rows)


def _said(read: Any) -> str:
    return table(["network", "what it says"], [[row["what"], row["text"]] for row in read("said").to_dicts()])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


_MADE = {
    "errors": _errors,
    "blame": _blame,
    "unchanged": _unchanged,
    "helped": _helped,
    "longer": _longer,
    "late": _late,
    "said": _said,
}


def main() -> None:
    """Measure where asked to, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--save", action="store_true", help="measure, and write the tables")
    if parser.parse_args().save:
        for name, frame in measure().items():
            write_table(frame, TABLES / f"diagnosis_{name}.parquet", metadata(**machine()))
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
