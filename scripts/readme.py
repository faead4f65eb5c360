"""Make the README's picture and its table of figures again: ``python -m scripts.readme``.

The figures are those of docs/performance.md, whose tables ``make bench-peers`` and ``make bench`` measure.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from pysnn.files.aside import write_aside

__all__ = ["PICTURE", "README", "figures_table", "with_table"]

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "overview.png"
LIBRARIES = ("snnTorch", "SpikingJelly", "sinabs", "Norse")
ABILITIES = (
    ("trains through time by surrogate gradients, on GPUs", "no", "yes", "yes", "yes", "yes"),
    ("converts ANNs", "yes, and says each layer's error", "no", "yes", "yes", "no"),
)
"""What there is, pysnn first, then :data:`LIBRARIES`."""
_SHOWN = re.compile(r"<!-- table: libraries -->\n.*?<!-- end -->", re.DOTALL)


def rows_of(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of docs/performance.md."""
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- table: {re.escape(name)} -->\n[^|]*(\|.*?)<!-- end -->", text, re.DOTALL)
    if not found:
        raise ValueError(f"docs/performance.md has no table '{name}'")
    head, _, *body = [[cell.strip() for cell in line.split("|")[1:-1]] for line in found[1].strip().split("\n")]
    return [dict(zip(head, line, strict=True)) for line in body]


def _span(ratios: list[float]) -> str:
    low, high = f"{min(ratios):.2g}", f"{max(ratios):.2g}"
    return low if low == high else f"{low} to {high}"


def _converted(table: str, columns: Sequence[str]) -> list[str]:
    """Return the time of each column over that of pysnn, both int8 where there is a choice, on one thread and one image at a time."""
    rows = [row for row in rows_of(table) if row["threads"] == row["batch"] == "1"]
    return [_span([float(row[column]) / float(row["pysnn int8"]) for row in rows]) for column in columns]


def _trained(rows: Sequence[dict[str, str]]) -> list[str]:
    """Return the time of each library's networks over that of pysnn."""
    return [_span([float(row["times as fast"]) for row in rows if row["library"] == name]) for name in LIBRARIES]


def figures_table() -> str:
    """Return what pysnn does beside the libraries, and how many times the library's time its own is, as Markdown."""
    peers = _converted("libraries", [name.lower() if name == "Norse" else name for name in LIBRARIES])
    trained = [row for row in rows_of("claim neurons") if row["equal"] == "True"]
    own = {batch: _trained([row for row in trained if row["batch"] == batch]) for batch in ("1", "64")}
    [ann] = _converted("ann", ["ANN ONNX Runtime int8"])
    rows = [
        ("", "pysnn", *LIBRARIES),
        ("---",) * 6,
        *ABILITIES,
        ("time of converted ResNet-20 and VGG-11, T = 4 to 32, over pysnn's in int8", "1", *peers),
        ("time of networks trained in the library, equal spikes, over pysnn's in float32, one sample", "1", *own["1"]),
        ("the same, 64 samples", "1", *own["64"]),
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{table}\n\nThe ANN itself, in ONNX Runtime's int8, takes {ann} of the time of the converted network."


def with_table(text: str) -> str:
    """Return the README with the table in its place."""
    return _SHOWN.sub(f"<!-- table: libraries -->\n{figures_table()}\n<!-- end -->", text)


def draw(path: Path) -> None:
    """Draw the spikes of one digit, and accuracy against steps."""
    from matplotlib.figure import Figure

    from pysnn import run
    from pysnn.convert import ann_accuracy, convert
    from pysnn.datasets import load_digits, load_digits_mlp
    from pysnn.plot import accuracy_against_steps, raster

    digits, ann = load_digits(), load_digits_mlp()
    conversion = convert(ann, digits.x_train, "error-min", per_channel=True, steps=8, compare=False)
    steps = [1, 2, 4, 8, 16, 32]
    result = run(
        conversion.network, digits.x_test, steps=steps, labels=digits.y_test, precision="int8", record=["relu1"]
    )
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    image, spikes, accuracy = figure.subplots(1, 3, width_ratios=[0.7, 1.4, 1.4])
    image.imshow(digits.x_test[3].reshape(8, 8), cmap="gray_r")
    image.set_title("a digit")
    image.set_axis_off()
    raster(result, "relu1", sample=3, ax=spikes)
    spikes.set_title("its spikes in the first layer")
    accuracy_against_steps(result.table(ann_accuracy(ann, digits.x_test, digits.y_test)), ax=accuracy)
    accuracy.set_title("500 held-out digits")
    figure.savefig(path, format="png", dpi=110)


if __name__ == "__main__":
    print(write_aside(PICTURE, draw))
    text = with_table(README.read_text(encoding="utf-8"))
    print(write_aside(README, lambda path: path.write_text(text, encoding="utf-8")))
