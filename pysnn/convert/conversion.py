"""A converted network, where it comes from, and what the conversion cost."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from pysnn.convert.agreement import Agreement, compare_with_ann, few_samples, to_try
from pysnn.convert.analysis.blame import FREE, blame_rows, check_free, layers_to_blame
from pysnn.convert.analysis.diagnosis import rank_layers
from pysnn.convert.analysis.error_table import NOT_FREE, error_rows
from pysnn.convert.calibration import Calibration, calibration_data, sorted_samples
from pysnn.convert.pair import ConvertedPair
from pysnn.convert.recovered_ann import ann_digest
from pysnn.errors import DataError
from pysnn.keywords import show_keywords
from pysnn.network import Network
from pysnn.notebook import object_page
from pysnn.simulation.options import RUN_KEYWORDS, RunKeywords
from pysnn.tables import make_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Conversion"]


@dataclass(frozen=True, eq=False)
class Conversion:
    """A converted network and where it comes from.

    Attributes
    ----------
    network
        The spiking network.
    ann
        The ANN that it was made of, node by node: the given one, or one of the same function whose max-pools have moved
        to where they read spikes.
    method, settings
        Name in :data:`pysnn.convert.METHODS`, and every setting of the method.
    calibration
        Thresholds, and the data that they came from.
    steps
        Number of time-steps that the conversion is meant for, or ``None``.
    window
        Steps of a window, where neurons spike once in windows; ``None`` where they take steps.
    corrections
        Names in :data:`pysnn.convert.CORRECTIONS` of what was calibrated behind the thresholds.
    int8_refusal
        Why the network runs in float32 only; ``None`` where it runs in int8 too.
    agreement
        How far it decides as the ANN does at ``steps``, on some of the calibration data; ``None`` if that was not measured.
    """

    network: Network
    ann: Network
    method: str
    settings: Mapping[str, Any]
    calibration: Calibration
    steps: int | None = None
    window: int | None = None
    corrections: tuple[str, ...] = ()
    int8_refusal: str | None = None
    agreement: Agreement | None = None

    def __repr__(self) -> str:
        span = "" if self.steps is None else f", T = {self.steps}"
        span = span if self.window is None else f", windows of {self.window} steps"
        known = "" if self.agreement is None else f", {self.agreement.sentence}"
        more = f" and {', '.join(self.corrections)}" if self.corrections else ""
        return f"Conversion({self.method}{more}{span}, {len(self.calibration.layers)} layers, {self.network!r}{known})"

    def _repr_html_(self) -> str:
        shown = ("layer", "neurons", "threshold", "threshold_min", "threshold_max", "clipped", "silent_channels")
        rows = [{name: row[name] for name in shown} for row in self.report.to_dicts()]
        facts = {
            "method": self.method,
            "corrections": ", ".join(self.corrections) or None,
            "steps": self.steps,
            "window": self.window,
            "calibration samples": self.calibration.samples,
        }
        known = [] if self.agreement is None else [self.agreement.sentence]
        refused = [] if self.int8_refusal is None else [f"It runs in float32 only: {self.int8_refusal}"]
        return object_page("Conversion", facts, rows, [*known, *refused])

    @property
    def report(self) -> "pl.DataFrame":
        """Thresholds: one row a layer, schema "thresholds"."""
        rows = [
            {
                "method": self.method,
                "layer": layer.layer,
                "depth": layer.depth,
                "neurons": layer.neurons,
                "threshold": float(layer.threshold.mean(dtype="float64")),
                "threshold_min": float(layer.threshold.min()),
                "threshold_max": float(layer.threshold.max()),
                "largest": layer.largest,
                "clipped": layer.clipped,
                "silent_channels": layer.silent_channels,
            }
            for layer in self.calibration.layers
        ]
        return make_table("thresholds", rows)

    @property
    def provenance(self) -> dict[str, str | int | float]:
        """What a saved network should say of its making: method, settings, calibration data."""
        return {
            "method": self.method,
            "ann.sha256": ann_digest(self.ann),
            **{f"method.{name}": _plain(value) for name, value in self.settings.items() if value is not None},
            **({"calibrate": ",".join(self.corrections)} if self.corrections else {}),
            "calibration.samples": self.calibration.samples,
            "calibration.sha256": self.calibration.digest,
            **({} if self.agreement is None else self.agreement.facts),
        }

    def compared(self, x: Any, steps: int | None = None, **options: Any) -> "Conversion":
        """Return the same conversion with its :attr:`agreement` with the ANN measured on ``x``.

        Parameters
        ----------
        x
            Data as :func:`pysnn.run` takes it; 256 samples of them are run, of large networks fewer, 16 at least.
        steps
            Number of time-steps; the conversion's own by default.
        **options
            Fields of :class:`pysnn.simulation.simulator.RunOptions`: ``backend``, ``precision``, ``threads``, ``progress``.

        Raises
        ------
        DataError
            The data do not fit, or nobody says how many steps.

        Warns
        -----
        UserWarning
            They agree in less than 90 % of the samples.
        """
        wanted = self._steps("compared", steps)
        last = int(wanted if isinstance(wanted, int | np.integer) else max(wanted))
        few = few_samples(self.ann, sorted_samples(calibration_data(self.ann, x))[0], last)
        found = compare_with_ann(self._pair, few, last, options)
        if self.window is not None:
            found = replace(found, window=self.window)
        if found.poor:
            warnings.warn(
                f"{found.sentence}; {to_try(self.method, self.settings, self.corrections)}", UserWarning, stacklevel=2
            )
        return replace(self, agreement=found)

    @show_keywords(item for item in RUN_KEYWORDS if item.name not in NOT_FREE)
    def errors(
        self, x: Any, steps: int | Sequence[int] | None = None, **options: Unpack[RunKeywords]
    ) -> "pl.DataFrame":
        """Say which layer lost what: one row a layer and a number of steps, schema "errors".

        Parameters
        ----------
        x
            Data as :func:`pysnn.run` takes it.
        steps
            Number of time-steps, or several; the conversion's own by default.
        **options
            Fields of :class:`pysnn.simulation.simulator.RunOptions`: ``backend``, ``precision``, ``threads``, ``progress``.

        Raises
        ------
        DataError
            The data do not fit, or nobody says how many steps.
        """
        wanted = self._steps("errors", steps)
        rows = error_rows(self._pair, x, wanted, options)
        return make_table("errors", [{"method": self.method, **row} for row in rows])

    @show_keywords(item for item in RUN_KEYWORDS if item.name in FREE)
    def blame(
        self,
        x: Any,
        steps: int | Sequence[int] | None = None,
        labels: Any = None,
        layers: int | str | Sequence[str] = 5,
        **options: Unpack[RunKeywords],
    ) -> "pl.DataFrame":
        """Put one layer at a time back to the ANN's exact values and measure what the output gains, schema "blame".

        Two experiments a layer, everything else spiking as before: its neurons get the ANN's exact current and spike
        (columns ``_input``), and the layers behind get the ANN's exact activations in place of its spikes (``_output``). From
        one to the other is what the layer does itself; before that, what it was given. ``error`` is the root mean square
        of the scores' difference to the ANN's, ``agreement`` the share of samples with the ANN's class.

        Parameters
        ----------
        x
            Data as :func:`pysnn.run` takes it.
        steps
            Number of time-steps, or several; the conversion's own by default.
        labels
            Classes, for the columns ``accuracy``.
        layers
            How many, the worst by their own errors first (which runs :meth:`errors` to know them); ``"all"``; or names.
        **options
            ``backend``, ``threads``, ``batch_size``, ``block``, ``progress`` as :func:`pysnn.run` takes them.

        Raises
        ------
        DataError
            The data do not fit, nobody says how many steps, or there is no such layer.
        """
        check_free(options)
        wanted = self._steps("blame", steps)
        last = wanted if isinstance(wanted, int | np.integer) else max(wanted)
        known: Any = {name: options[name] for name in ("backend", "threads") if name in options}
        names = layers_to_blame(layers, self.network, lambda: rank_layers(self.errors(x, last, **known)))
        rows = blame_rows(self._pair, x, labels, wanted, names, options)
        return make_table("blame", [{"method": self.method, **row} for row in rows])

    @property
    def _pair(self) -> ConvertedPair:
        return ConvertedPair(self.network, self.ann)

    def _steps(self, what: str, steps: int | Sequence[int] | None) -> int | Sequence[int]:
        if self.window is not None and steps not in (None, 1):
            raise DataError(
                f"{what}: a network of FirstSpike neurons has its window ({self.window}) and no steps, got steps={steps!r}"
            )
        wanted = 1 if self.window is not None else self.steps if steps is None else steps
        if wanted is None:
            raise DataError(f"{what}: expected a number of time-steps, here or in the conversion, got none")
        return wanted


def _plain(value: Any) -> str | int | float:
    return int(value) if isinstance(value, bool) else value
