"""From the error table to two sentences: which layer broke, by which kind of error, and what to try."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pysnn.convert.analysis.advice import advice
from pysnn.errors import DataError
from pysnn.schemas import SCHEMAS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Diagnosis", "diagnose", "rank_layers"]

KINDS = {"clipping": "c", "quantisation": "q", "deviation": "d"}
"""What a layer does to its own signal, and the letter of its columns."""

# Shares of neurons, and errors over signals, from which on a sentence changes.
_ALL = 0.999
_STANDS_OUT = 0.5
_LITTLE = 0.1

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Diagnosis:
    """What the error table says at one number of steps. ``str()`` gives both sentences.

    Attributes
    ----------
    steps
        Number of time-steps, T.
    layer, depth, layers
        The layer that dominates, its place from the input (1 for the first), and how many layers of neurons there are.
    kind
        "clipping", "quantisation" or "deviation"; "silent" or "saturated" where a whole layer is; "none" where no layer's
        error reaches a tenth of its signal.
    ratio
        Root mean square of that error in the layer, over that of the ANN's activation (its signal); for "none" of the
        largest one.
    share
        The layer's part of the squared own errors of all layers, each over its signal.
    larger_from
        The first layer whose whole error is larger than its signal, or ``None``.
    finding, advice
        The two sentences.
    """

    steps: int
    layer: str
    depth: int
    layers: int
    kind: str
    ratio: float
    share: float
    larger_from: str | None
    finding: str
    advice: str

    def __str__(self) -> str:
        return f"{self.finding} {self.advice}"


def diagnose(errors: "pl.DataFrame", steps: int | None = None) -> Diagnosis:
    """Say which layer of a conversion dominates the error, by which kind, and what to try.

    A layer's *own* errors are those that it adds to what it was given: clipping, quantisation and deviation, not the
    inherited ``e_p``. Each is taken over the layer's signal, the root mean square of the ANN's activation there, so that
    layers of any scale compare. A layer *dominates* if it has at least half of the sum of all squared own ratios; else the
    sentence says that the error is spread and names the layer that adds the most.

    The sum stands for the output as far as noise passes through the layers behind as the signal does. In a residual network
    what a block adds to its shortcut may weigh more or less than the shortcut itself, and the table does not know how much:
    :meth:`pysnn.convert.Conversion.blame` measures it.

    Parameters
    ----------
    errors
        Schema "errors", of one conversion.
    steps
        Which number of steps; the largest of the table by default.

    Raises
    ------
    DataError
        The table is empty, is of another schema or of several methods, or has no such number of steps.

    Examples
    --------
    >>> from pysnn.schemas import SCHEMAS
    >>> from pysnn.tables import make_table
    >>> row = {name: 0.0 for name in SCHEMAS["errors"]}
    >>> row |= {"method": "percentile", "layer": "relu1", "depth": 1, "steps": 4, "window": None, "samples": 10, "threshold": 0.5}
    >>> found = diagnose(make_table("errors", [row | {"signal": 1.0, "e_c": 0.4, "e_total": 0.4}]))
    >>> found.finding
    "At T = 4, clipping in 'relu1' (layer 1 of 1) dominates: 40 % of its signal, 100 % of all own errors squared."
    """
    rows = _rows(errors, steps)
    whole = _whole_layer(rows)
    if whole is not None:
        return whole
    if max(_over_signal(row, "e_total") for row in rows) < _LITTLE:
        return _harmless(rows)
    squares = [sum(ratio**2 for ratio in _ratios(row).values()) for row in rows]
    total = sum(squares)
    worst = squares.index(max(squares))
    share = squares[worst] / total if total else 0.0
    if share >= _STANDS_OUT:
        kind = max(KINDS, key=_ratios(rows[worst]).__getitem__)
        start = f"{kind} in {_place(rows, worst)} dominates: {_percent(_ratios(rows[worst])[kind])} of its signal, "
        return _make(rows, worst, kind, share, f"{start}{_percent(share)} of all own errors squared.")
    parts = {kind: sum(_ratios(row)[kind] ** 2 for row in rows) for kind in KINDS}
    kind = max(parts, key=parts.__getitem__)
    worst = max(range(len(rows)), key=lambda place: _ratios(rows[place])[kind])
    ratio = _ratios(rows[worst])[kind]
    start = (
        f"no layer dominates, the error adds up: {_percent(parts[kind] / total)} of all own errors squared is {kind}, "
    )
    share = squares[worst] / total
    return _make(
        rows, worst, kind, share, f"{start}the most in {_place(rows, worst)}: {_percent(ratio)} of its signal."
    )


def rank_layers(errors: "pl.DataFrame", steps: int | None = None) -> list[str]:
    """Return the layers by their own errors over their signals, the worst first."""
    rows = _rows(errors, steps)
    return [row["layer"] for row in sorted(rows, key=lambda row: -sum(r**2 for r in _ratios(row).values()))]


def _rows(errors: "pl.DataFrame", steps: int | None) -> list[dict[str, Any]]:
    missing = [name for name in SCHEMAS["errors"] if name not in errors.columns]
    if missing:
        raise DataError(f"diagnose: expected a table of the schema 'errors', got one without '{missing[0]}'")
    if errors.is_empty():
        raise DataError("diagnose: the table is empty")
    methods = errors["method"].unique(maintain_order=True).to_list()
    if len(methods) > 1:
        raise DataError(f"diagnose: expected the table of one conversion, got several methods: {', '.join(methods)}")
    known = sorted(set(errors["steps"].to_list()))
    wanted = known[-1] if steps is None else steps
    if wanted not in known:
        raise DataError(f"diagnose: expected one of the steps {known}, got {wanted}")
    return errors.filter(errors["steps"] == wanted).sort("depth").to_dicts()


def _whole_layer(rows: Sequence[Row]) -> Diagnosis | None:
    """Find the first layer that is all silent or all saturated, and should not be."""
    for place, row in enumerate(rows):
        if row["silent"] >= _ALL and row["signal"] > 0:
            text = "is silent: none of its neurons fires, and the layers behind get nothing from it."
            return _make(rows, place, "silent", _share(rows, place), f"{_place(rows, place)} {text}")
        if row["saturated"] >= _ALL and row["e_c"] > 0:
            text = "is saturated: its neurons fire at every step, and what is above the threshold is lost."
            return _make(rows, place, "saturated", _share(rows, place), f"{_place(rows, place)} {text}")
    return None


def _harmless(rows: Sequence[Row]) -> Diagnosis:
    worst = max(range(len(rows)), key=lambda place: _over_signal(rows[place], "e_total"))
    text = (
        f"no layer loses much: the largest error is {_percent(_over_signal(rows[worst], 'e_total'))} of the signal, in "
    )
    return _make(rows, worst, "none", _share(rows, worst), f"{text}{_place(rows, worst)}.")


def _make(rows: Sequence[Row], place: int, kind: str, share: float, text: str) -> Diagnosis:
    row, steps = rows[place], int(rows[place]["steps"])
    larger = next((place for place, row in enumerate(rows) if _over_signal(row, "e_total") > 1), None)
    if larger is not None and kind in KINDS:
        text += f" In {_place(rows, larger)} the error is larger than the signal for the first time."
    ratio = _ratios(row)[kind] if kind in KINDS else _over_signal(row, "e_total")
    return Diagnosis(
        steps=steps,
        layer=row["layer"],
        depth=int(row["depth"]),
        layers=len(rows),
        kind=kind,
        ratio=ratio,
        share=share,
        larger_from=None if larger is None else rows[larger]["layer"],
        finding=f"{_when(row)}, {text}",
        advice=advice(kind, row, ratio),
    )


def _when(row: Row) -> str:
    return f"At T = {row['steps']}" if row["window"] is None else f"With windows of {row['window']} steps"


def _share(rows: Sequence[Row], place: int) -> float:
    squares = [sum(ratio**2 for ratio in _ratios(row).values()) for row in rows]
    total = sum(squares)
    return squares[place] / total if total else 0.0


def _over_signal(row: Row, column: str) -> float:
    """Return an error over the layer's signal; over its threshold in a layer that the ANN never uses."""
    return float(row[column] / (row["signal"] or row["threshold"]))


def _ratios(row: Row) -> dict[str, float]:
    return {kind: _over_signal(row, f"e_{letter}") for kind, letter in KINDS.items()}


def _place(rows: Sequence[Row], place: int) -> str:
    return f"'{rows[place]['layer']}' (layer {rows[place]['depth']} of {len(rows)})"


def _percent(value: float) -> str:
    """Return a share in per cent, two digits at least: "0.31 %", "4.2 %", "40 %", "180 %"."""
    return f"{100 * value:.0f} %" if value >= 0.0995 else f"{100 * value:.2g} %"
