"""The main jobs on bundled data: convert a small network and run it; train one on single spike times; write what came out."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysnn.convert import Conversion, ann_accuracy, convert
from pysnn.convert.analysis.precision import precision_table
from pysnn.datasets import Dataset, load_digits, load_digits_mlp
from pysnn.errors import MissingExtraError
from pysnn.files.aside import make_folder
from pysnn.first_spike import Dense, FirstSpikeNetwork, evaluate
from pysnn.first_spike.learn import STDBP, TrainingOptions, train
from pysnn.hardware import Estimate, estimate
from pysnn.progress import Progress
from pysnn.simulation.measure import measure
from pysnn.simulation.result import Result
from pysnn.simulation.simulator import Simulator
from pysnn.tables import metadata, write_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["STEPS", "QuickstartResult", "quickstart"]

STEPS = (1, 2, 4, 8, 16, 32)
"""Numbers of time-steps that the quickstart runs."""

_METHOD = "percentile"
_PLOTTED_STEPS = 8
_NAME = "converted MLP 64-64-64-10 on held-out 8x8 digits"
_TRAINED = "first-spike MLP 64-100-10 on held-out 8x8 digits"
_CHIPS = ("loihi1", "truenorth")


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
    first_spike
        Schema "first_spike": a network that was trained on single spike times, on the same held-out digits.
    estimate
        What the converted network would cost on two chips, beside ANNs of the same shape.
    meta
        How the tables were made.
    files
        What was written, by kind: "run", "errors", "quantisation", "network", "data", "plot", "first_spike",
        "first_spike_network", "first_spike_plot", "estimate", "estimate_plot".
    notes
        Sentences for the user: what was left out, and how to get it.
    """

    table: "pl.DataFrame"
    errors: "pl.DataFrame"
    quantisation: "pl.DataFrame"
    first_spike: "pl.DataFrame"
    estimate: Estimate
    meta: dict[str, Any]
    files: dict[str, Path]
    notes: tuple[str, ...]


def quickstart(out: str | os.PathLike[str] = "pysnn-quickstart", backend: str = "auto") -> QuickstartResult:
    """Convert the bundled digits network, run it in float32 and int8, and write tables, network, data and plot.

    Parameters
    ----------
    out
        Folder to write to; it is made if need be (not those around it), and files of an earlier quickstart are replaced.
    backend
        "auto", "rust", "numba" or "reference", for the converted network; training, which ends with the same network on every
        backend, takes the fastest that is there.

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
    ['precision', 'steps', 'window', 'samples']
    """
    import polars as pl

    folder = Path(out)
    make_folder(folder)
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
    network, first_spike, written = _first_spike(folder, digits)
    files |= written
    costs = estimate(conversion.network, full.activity, chips=_CHIPS, steps=_PLOTTED_STEPS)
    files["estimate"] = write_table(costs.table, folder / "estimate.parquet", {**meta, **costs.meta})
    notes = []
    try:
        from pysnn.plot import save_estimate, save_first_spikes, save_overview

        files["plot"] = save_overview(folder / "quickstart.png", table, errors, steps=_PLOTTED_STEPS, name=_NAME)
        files["first_spike_plot"] = save_first_spikes(folder / "first-spike.png", network, digits.x_test, name=_TRAINED)
        files["estimate_plot"] = save_estimate(folder / "estimate.png", costs, name=_NAME)
    except MissingExtraError as error:
        notes.append(f"No plot was written: {error}")
    return QuickstartResult(table, errors, quantisation, first_spike, costs, meta, files, tuple(notes))


def _first_spike(folder: Path, digits: Dataset) -> tuple[FirstSpikeNetwork, "pl.DataFrame", dict[str, Path]]:
    """Train a network on single spike times, count its decisions on the held-out digits, and save it."""
    from pysnn.files.first_spike import save
    from pysnn.files.first_spike_golden import make_spike_golden

    layers = [Dense(units=100), Dense(units=10, spread=1.4)]
    start = FirstSpikeNetwork.draw((digits.x_train.shape[1],), layers, seed=0)
    with Progress("training") as progress:
        options = TrainingOptions(epochs=20, batch_size=32, rate=5e-3, weight_decay=0.1, progress=progress)
        trained = train(start, STDBP(tau=0.1, min_slope=0.1), (digits.x_train, digits.y_train), options)
    found = evaluate(trained.network, digits.x_test, digits.y_test)
    table = found.table()
    known: dict[str, str | int | float] = {"rule": "STDBP", "data": digits.source, "accuracy": found.accuracy}
    golden = make_spike_golden(trained.network, digits.x_test[:4])
    path = save(folder / "digits-first-spike.psnn", trained.network, provenance=known, golden=golden)
    written = write_table(table, folder / "first_spike.parquet", metadata(**known, epochs=20, seed=0))
    return trained.network, table, {"first_spike": written, "first_spike_network": path}


def _measured(
    conversion: Conversion, digits: Dataset, precision: Any, backend: str
) -> tuple[Result, list[float | None]]:
    simulator = Simulator(conversion.network, precision=precision, backend=backend)
    with Progress(precision) as progress:
        times, result = measure(simulator, digits.x_test, STEPS, labels=digits.y_test, progress=progress)
    return result, times


def _save_network(folder: Path, conversion: Conversion, digits: Dataset, ann: float) -> dict[str, Path]:
    """Write the held-out digits and the network, which knows its ANN's accuracy on them."""
    from pysnn.datasets.npz import load_data, save_arrays
    from pysnn.files.conversion import save_conversion
    from pysnn.files.settings import Settings

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
