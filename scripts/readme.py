"""Make the README's picture and its table of figures again: ``python -m scripts.readme``.

The figures are those of docs/performance.md, whose tables ``make bench-peers`` and ``make bench`` measure.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from pysnn.files.aside import write_aside

__all__ = ["PICTURE", "README", "figures_table", "with_table"]

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "overview.png"
LIBRARIES = ("snnTorch", "SpikingJelly", "norse", "sinabs")
_SHOWN = re.compile(r"<!-- table: libraries -->\n.*?<!-- end -->", re.DOTALL)


def rows_of(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of docs/performance.md."""
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- table: {re.escape(name)} -->\n.*?\n(\|.*?)<!-- end -->", text, re.DOTALL)
    if not found:
        raise ValueError(f"docs/performance.md has no table '{name}'")
    head, _, *body = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in found[1].strip().split("\n")]
    return [dict(zip(head, line, strict=True)) for line in body]


def _span(values: list[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:.2g}" if f"{low:.2g}" == f"{high:.2g}" else f"{low:.2g} to {high:.2g}"


def figures_table() -> str:
    """Return how many times as fast each library's networks run here, as Markdown."""
    converted = [row for row in rows_of("peers") if row["threads"] == "1"]
    trained = rows_of("claim neurons")

    def faster(rows: list[dict[str, str]], library: str) -> str:
        return _span([float(row[library]) / float(row["pysnn int8"]) for row in rows if row[library]])

    def same(rows: list[Mapping[str, str]], library: str) -> str:
        return _span([float(row["times as fast"]) for row in rows if row["library"].lower() == library.lower()])

    lines = ["| | " + " | ".join(LIBRARIES) + " |", "| --- |" + " --- |" * len(LIBRARIES)]
    for batch in ("1", "64"):
        part = [row for row in converted if row["batch"] == batch]
        cells = " | ".join(faster(part, library) for library in LIBRARIES)
        lines.append(
            f"| converted ResNet-20 and VGG-11, int8, {batch} image{'s' * (batch != '1')} at once: times as fast | {cells} |"
        )
    cells = " | ".join(same(list(trained), library) for library in LIBRARIES)
    lines.append(f"| networks trained there, equal spikes, float32, 1 sample at once: times as fast | {cells} |")
    return "\n".join(lines)


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
