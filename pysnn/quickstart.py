"""The main job on bundled data: convert a small network, run it event by event, and write what came out."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysnn.convert import Conversion, ann_accuracy, convert
from pysnn.convert.precision import precision_table
from pysnn.datasets import Dataset, load_digits, load_digits_mlp
from pysnn.errors import MissingExtraError
from pysnn.measure import measure
from pysnn.progress import Progress
from pysnn.result import Result
from pysnn.simulate import Simulator
from pysnn.tables import write_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["STEPS", "QuickstartResult", "quickstart"]

STEPS = (1, 2, 4, 8, 16, 32)
"""Numbers of time-steps that the quickstart runs."""

_METHOD = "percentile"
_PLOTTED_STEPS = 8


@dataclass(frozen=True, eq=False)
class QuickstartResult:
    """What the quickstart made.

    Attributes
    ----------
    table
        Schema "run": each precision at each number of steps, on the held-out digits.
    errors
        Schema "errors": which layer lost what, in float32.
    quantisation
        Schema "quantisation": what int8 cost.
    meta
        How the tables were made.
    files
        What was written, by kind: "run", "errors", "quantisation", "network", "data", "plot".
    notes
        Sentences for the user: what was left out, and how to get it.
    """

    table: "pl.DataFrame"
    errors: "pl.DataFrame"
    quantisation: "pl.DataFrame"
    meta: dict[str, Any]
    files: dict[str, Path]
    notes: tuple[str, ...]


def quickstart(out: str | os.PathLike[str] = "pysnn-quickstart", backend: str = "auto") -> QuickstartResult:
    """Convert the bundled digits network, run it in float32 and int8, and write tables, network, data and plot.

    Parameters
    ----------
    out
        Folder to write to; it is made if need be, and files of an earlier quickstart are replaced.
    backend
        "auto", "rust", "numba" or "reference".

    Raises
    ------
    BackendError
        There is no such backend here.
    OSError
        The folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = quickstart(folder, backend="reference")
    >>> result.table.columns[:4]
    ['precision', 'steps', 'samples', 'accuracy']
    """
    import polars as pl

    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    conversion = convert(load_digits_mlp(), digits.x_train, _METHOD, steps=STEPS[-1], per_channel=True)
    ann = ann_accuracy(conversion.ann, digits.x_test, digits.y_test)
    full, full_times = _measured(conversion, digits, "float32", backend)
    small, small_times = _measured(conversion, digits, "int8", backend)
    with Progress("layer errors") as progress:
        errors = conversion.errors(digits.x_test, STEPS, backend=backend, progress=progress)
    table = pl.concat([full.table(ann, full_times), small.table(ann, small_times)])
    quantisation = precision_table(full, small)
    meta = {**full.meta, **conversion.provenance, "precision": "float32, int8", "data": digits.source}
    del meta["wall_s"]
    frames = {"run": table, "errors": errors, "quantisation": quantisation}
    files = {name: write_table(frame, folder / f"{name}.parquet", meta) for name, frame in frames.items()}
    files |= _save_network(folder, conversion, digits, ann)
    notes = []
    try:
        from pysnn.plot import save_overview

        files["plot"] = save_overview(folder / "quickstart.png", table, errors, steps=_PLOTTED_STEPS)
    except MissingExtraError as error:
        notes.append(f"No plot was written: {error}")
    return QuickstartResult(table, errors, quantisation, meta, files, tuple(notes))


def _measured(
    conversion: Conversion, digits: Dataset, precision: Any, backend: str
) -> tuple[Result, list[float | None]]:
    simulator = Simulator(conversion.network, precision=precision, backend=backend)
    with Progress(precision) as progress:
        times, result = measure(simulator, digits.x_test, STEPS, labels=digits.y_test, progress=progress)
    return result, times


def _save_network(folder: Path, conversion: Conversion, digits: Dataset, ann: float) -> dict[str, Path]:
    """Write the held-out digits and the network, which knows its ANN's accuracy on them."""
    from pysnn.io.npz import load_data, save_arrays
    from pysnn.io.settings import Settings
    from pysnn.model_files import save_conversion

    data = save_arrays(folder / "digits-test.npz", x=digits.x_test, y=digits.y_test)
    settings = Settings(steps=STEPS[-1])
    provenance: dict[str, str | int | float] = {
        "ann": "MLP 64-64-64-10 on 8x8 digits",
        "ann_accuracy": ann,
        "ann_accuracy_data": load_data(data).digest,
    }
    path = folder / "digits.psnn"
    network = save_conversion(path, conversion, digits.x_test, settings=settings, provenance=provenance)
    return {"network": network, "data": data}
