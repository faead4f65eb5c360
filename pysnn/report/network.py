"""What a report says of a converted network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pysnn.encode import Events
from pysnn.errors import DataError, NetworkError
from pysnn.files.first_spike import SavedFirstSpike
from pysnn.plan.windows import window_of
from pysnn.report.page import Section, has_charts
from pysnn.simulation.simulator import Simulator

if TYPE_CHECKING:
    import polars as pl

    from pysnn.datasets.npz import Data
    from pysnn.files.saved import SavedNetwork
    from pysnn.simulation.result import Result

__all__ = ["ReportOptions", "network_report"]

_CODINGS = ("constant", "poisson", "spikes", "frames")
_MOST_SPIKES = 20_000
"""Spikes that a raster draws; more make a page that no browser likes."""


class _NotHereError(Exception):
    """Why a section cannot be written."""


@dataclass(frozen=True)
class ReportOptions:
    """How a network is run for its report.

    Parameters
    ----------
    steps
        Numbers of time-steps; the network's own where nothing is said.
    chips
        Chips to estimate the cost on, by name; none by default.
    sample
        The sample whose spikes are shown.
    backend
        "auto", "rust", "numba" or "reference".
    """

    steps: Sequence[int] = ()
    chips: Sequence[str] = ()
    sample: int = 0
    backend: str = "auto"


def network_report(
    saved: "SavedNetwork | SavedFirstSpike", data: "Data", options: ReportOptions | None = None
) -> tuple[Section, ...]:
    """Run a saved network on data and return what there is to say of it.

    Accuracy and operations by steps, spikes by layer, each layer's conversion error, the confusion matrix, the spikes of a sample,
    cost on chips, and where the network comes from. What cannot be said of this network is in the last section, with the reason.

    Parameters
    ----------
    saved
        A network as :func:`pysnn.files.psnn.load` reads it.
    data
        As :func:`pysnn.datasets.npz.load_data` reads it; labels may be missing.
    options
        :class:`ReportOptions`.

    Raises
    ------
    DataError
        The network is one of single spikes with event times; it does not say how many steps it is meant for and ``steps`` is empty; there is
        no such sample or chip; or the data do not fit.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output
    >>> from pysnn.datasets.npz import Data
    >>> from pysnn.files.saved import SavedNetwork
    >>> net = Network.chain({"in": Input((2,)), "if": IF(), "out": Output("count")})
    >>> data = Data(np.float32([[0.9, 0.1]]), np.array([0]), "")
    >>> [part.title for part in network_report(SavedNetwork(net), data, ReportOptions([4]))][:2]
    ['Accuracy and operations', 'Layers']
    """
    options = options or ReportOptions()
    if isinstance(saved, SavedFirstSpike):
        raise DataError(
            "a report is for networks of time-steps or windows, and this is a first-spike network with event times"
        )
    if isinstance(data.x, Events):
        raise DataError("a report is for arrays, and these data are events")
    steps = _steps(saved, options)
    simulator = _simulator(saved, options)
    result = simulator.run(data.x, steps=steps, labels=data.y)
    if not 0 <= options.sample < result.samples:
        raise DataError(f"expected a sample in 0..{result.samples - 1}, got {options.sample}")
    parts: dict[str, Callable[[], Section]] = {
        "Accuracy and operations": lambda: _accuracy(result),
        "Layers": lambda: _layers(result),
        "Conversion errors": lambda: _errors(saved, data, steps, options),
        "Confusion matrix": lambda: _confusion(result),
        "Spikes of a sample": lambda: _raster(simulator, data.x, steps[-1], options.sample),
        "Cost on chips": lambda: _costs(saved, result, options),
    }
    made, left = [], []
    for title, make in parts.items():
        try:
            made.append(make())
        except _NotHereError as error:
            left.append({"section": title, "why it is not here": str(error)})
    return (*made, _provenance(saved, result, data), *([_left_out(left)] if left else []))


def _steps(saved: "SavedNetwork", options: ReportOptions) -> list[int]:
    if saved.settings.coding not in _CODINGS:
        raise DataError(
            f"a report is for the codings {', '.join(_CODINGS)}, and this network takes '{saved.settings.coding}'"
        )
    if window_of(saved.network) is not None:
        return [1]
    steps = list(options.steps) or ([] if saved.settings.steps is None else [saved.settings.steps])
    if not steps:
        raise DataError("the network does not say for how many time-steps it is meant: give steps")
    return steps


def _simulator(saved: "SavedNetwork", options: ReportOptions) -> Simulator:
    settings = saved.settings
    return Simulator(
        saved.network,
        precision=settings.precision,
        backend=options.backend,
        coding=settings.coding,
        dt=settings.dt,
        seed=settings.seed,
        keep_state=False,
    )


def _chart(make: str, table: "pl.DataFrame") -> Mapping[str, Any] | None:
    """Return a chart of :mod:`pysnn.report.charts`, where charts can be made."""
    if not has_charts():
        return None
    from pysnn.report import charts

    found: Mapping[str, Any] = getattr(charts, make)(table)
    return found


def _accuracy(result: "Result") -> Section:
    table = result.table()
    shown = table.select(
        "precision", "steps", "samples", "accuracy", "undecided", "synops", "macs", "spikes_per_neuron", "ann_macs"
    )
    drawn = _chart("accuracy_chart", table) if result.labels is not None and result.plan.window is None else None
    return Section("Accuracy and operations", "Operations and spikes are those of one sample.", shown, drawn)


def _layers(result: "Result") -> Section:
    import polars as pl

    counted = result.layers()
    last = counted.filter((pl.col("steps") == counted["steps"].max()) & (pl.col("neurons") > 0))
    table = last.select(
        "layer",
        "neurons",
        (pl.col("spikes") / pl.col("neurons") / result.samples).alias("spikes per neuron"),
        (pl.col("silent") / pl.col("neurons") / result.samples).alias("silent"),
        (pl.col("saturated") / pl.col("neurons") / result.samples).alias("saturated"),
    )
    text = "At the largest number of steps; silent and saturated are shares of the neurons, over the samples."
    return Section("Layers", text, table, _chart("layer_chart", table))


def _errors(saved: "SavedNetwork", data: "Data", steps: list[int], options: ReportOptions) -> Section:
    from pysnn.convert.analysis.diagnosis import diagnose
    from pysnn.convert.analysis.error_table import error_rows
    from pysnn.convert.pair import ConvertedPair
    from pysnn.convert.recovered_ann import ann_digest, recovered_ann
    from pysnn.tables import make_table

    if saved.settings.coding != "constant":
        raise _NotHereError(f"the analysis is for the coding 'constant', and this runs '{saved.settings.coding}'")
    try:
        ann = recovered_ann(saved.network)
    except NetworkError as error:
        raise _NotHereError(str(error)) from error
    if ann_digest(ann) != saved.provenance.get("ann.sha256"):
        raise _NotHereError(
            "the file does not hold all of the ANN that it was converted from: pysnn diagnose --ann MODEL"
        )
    pair = ConvertedPair(saved.network, ann)
    rows = error_rows(pair, data.x, steps, {"backend": options.backend, "precision": saved.settings.precision})
    table = make_table("errors", [{**row, "method": str(saved.provenance.get("method", ""))} for row in rows])
    last = table.filter(table["steps"] == max(steps))
    shown = last.select("layer", "threshold", "signal", "e_p", "e_c", "e_q", "e_d", "e_total")
    return Section("Conversion errors", str(diagnose(last)), shown)


def _confusion(result: "Result") -> Section:
    if result.labels is None:
        raise _NotHereError("the data have no labels")
    table = result.confusion()
    text = "At the largest number of steps; -1: no output has spiked."
    return Section("Confusion matrix", text, table, _chart("confusion_chart", table))


def _raster(simulator: Simulator, x: Any, steps: int, sample: int) -> Section:
    import polars as pl

    by_step = simulator.options.coding in ("spikes", "frames")
    chosen = x[:, sample : sample + 1] if by_step else x[sample : sample + 1]
    result = simulator.run(chosen, steps=steps, record=list(simulator.network.neurons))
    rows, spikes = [], []
    for name, recorded in result.spikes.items():
        counts = recorded[:, 0].reshape(len(recorded), -1)
        when, where = np.nonzero(counts)
        first = np.where(counts.any(axis=0), counts.argmax(axis=0), -1)
        rows.append(
            {
                "layer": name,
                "spikes": int(counts.sum()),
                "silent": int((first < 0).sum()),
                "first spike": _earliest(first),
            }
        )
        spikes.append(pl.DataFrame({"layer": [name] * len(when), "step": when, "neuron": where}))
    found = pl.concat(spikes)
    text = f"Sample {sample}, which the network takes for {result.predictions[-1][0]}. Steps count from 0."
    drawn = _chart("raster_chart", found) if found.height <= _MOST_SPIKES else None
    if drawn is None and has_charts():
        text += f" It has {found.height:,} spikes, too many to draw."
    return Section("Spikes of a sample", text, pl.DataFrame(rows), drawn)


def _earliest(first: Any) -> int | None:
    spiked = first[first >= 0]
    return int(spiked.min()) if len(spiked) else None


def _costs(saved: "SavedNetwork", result: "Result", options: ReportOptions) -> Section:
    import polars as pl

    from pysnn.hardware import estimate

    if not options.chips:
        raise _NotHereError("no chip was named: --chips loihi1,truenorth")
    steps = None if result.plan.window else result.steps[-1]
    found = estimate(saved.network, result.activity, chips=options.chips, steps=steps)
    whole = found.table.filter((pl.col("layer") == "") & (pl.col("term") == "energy_total"))
    table = whole.select("network", "chip", "scope", "low", "value", "high", "unit", "grade")
    drawn = table.with_columns(
        what=pl.format("{} on {}: {}", "network", "chip", "scope"), high=pl.col("high").fill_null(pl.col("value"))
    )
    text = " ".join(("Energy of a sample; no high end: a lower bound.", *found.verdicts))
    return Section("Cost on chips", text, table, _chart("energy_chart", drawn))


def _provenance(saved: "SavedNetwork", result: "Result", data: "Data") -> Section:
    import polars as pl

    facts = {**saved.provenance, **result.meta, "data_sha256": data.digest}
    rows = [{"what": name, "value": str(value)} for name, value in facts.items()]
    return Section("Where it comes from", "How the network was made, and how it was run.", pl.DataFrame(rows))


def _left_out(rows: list[dict[str, str]]) -> Section:
    import polars as pl

    return Section(
        "What is not here", "Sections that this network, these data or these options do not give.", pl.DataFrame(rows)
    )
