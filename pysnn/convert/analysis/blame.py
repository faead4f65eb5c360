"""Put one layer at a time back to the ANN's exact values, and see what the output gains."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pysnn.ann import ann_pass
from pysnn.convert.analysis.hybrid import exact_layer
from pysnn.convert.pair import ConvertedPair
from pysnn.errors import DataError
from pysnn.keywords import check_keywords
from pysnn.network import Network
from pysnn.simulation.options import RUN_KEYWORDS, check_integer
from pysnn.simulation.simulator import Simulator

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FREE", "blame_rows", "check_free", "layers_to_blame", "summarise_blame"]

FREE = ("backend", "threads", "batch_size", "block", "progress")

Predictions = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Expected:
    """What a run is measured against: the ANN's scores, and labels if there are any."""

    scores: NDArray[np.float64]
    labels: Predictions | None

    def measure(self, scores: NDArray[np.float32], ending: str) -> dict[str, float | None]:
        """Return the columns of one network at one number of steps."""
        found = scores.argmax(axis=1)
        error = float(np.sqrt(np.mean((scores - self.scores) ** 2)))
        return {
            f"error{ending}": error,
            f"agreement{ending}": float(np.mean(found == self.scores.argmax(axis=1))),
            f"accuracy{ending}": None if self.labels is None else float(np.mean(found == self.labels)),
        }


def blame_rows(
    pair: ConvertedPair,
    x: Any,
    labels: Any,
    steps: int | Sequence[int],
    layers: Sequence[str],
    options: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Run the converted network as it is, and with each of some layers exact in turn.

    Parameters
    ----------
    pair
        The spiking network, read as the mean of its output's current, and its ANN.
    x, labels
        As :func:`pysnn.run` takes them.
    steps
        As :func:`pysnn.run` takes them.
    layers
        Names of neurons.
    options
        ``backend``, ``threads``, ``batch_size``, ``block``, ``progress`` as :func:`pysnn.run` takes them.

    Returns
    -------
    rows
        Of the schema "blame", all but the method: by number of steps, then along the network.
    """
    order = pair.spiking.neurons
    progress = _Parts(options.get("progress"), 1 + 2 * len(layers))
    how = {**options, "count": False, "keep_state": False, "check_range": False}
    result = Simulator(pair.spiking, **{**how, "progress": progress.next()}).run(x, steps=steps, labels=labels)
    expected = _Expected(ann_pass(pair.ann, x)[0].astype(np.float64), result.labels)
    rows = []
    for layer in sorted(layers, key=_place(order)):
        given, exact = (
            _scores(exact_layer(pair, layer, where), x, result.steps, {**how, "progress": progress.next()})
            for where in ("input", "output")
        )
        for i, at in enumerate(result.steps):
            row = {"layer": layer, "depth": order.index(layer) + 1, "steps": at, "samples": result.samples}
            measured = expected.measure(result.scores[i], "") | expected.measure(given[i], "_input")
            rows.append({**row, **measured, **expected.measure(exact[i], "_output")})
    return sorted(rows, key=lambda row: (row["steps"], row["depth"]))


def check_free(options: Mapping[str, Any]) -> None:
    """Refuse options that are unknown, or that the experiment sets itself."""
    check_keywords("blame", options, [parameter.name for parameter in RUN_KEYWORDS], ("steps", "labels", "layers"))
    for name in options:
        if name not in FREE:
            raise DataError(f"blame: '{name}' is not free here, the experiment sets it itself (it runs in float32)")


def layers_to_blame(layers: Any, network: Network, rank: Callable[[], Sequence[str]]) -> list[str]:
    """Return the names for a number of layers (the first of ``rank()``), for ``"all"``, or for names.

    Examples
    --------
    >>> from pysnn import IF, Input, Output
    >>> net = Network.chain({"in": Input((1,)), "a": IF(), "b": IF(), "out": Output()})
    >>> layers_to_blame("all", net, list), layers_to_blame(1, net, lambda: ["b", "a"])
    (['a', 'b'], ['b'])
    """
    if isinstance(layers, str):
        if layers != "all":
            raise DataError(f"blame: layers: expected a number, names or 'all', got {layers!r}")
        return list(network.neurons)
    if not isinstance(layers, int):
        return list(layers)
    check_integer("blame: layers", layers, 1, 2**31 - 1)
    return list(rank())[:layers]


def summarise_blame(blame: "pl.DataFrame", steps: int | None = None) -> str:
    """Say in one sentence which of the layers tried adds the most by itself.

    Parameters
    ----------
    blame
        Schema "blame".
    steps
        Which number of steps; the largest of the table by default.

    Examples
    --------
    >>> from pysnn.schemas import SCHEMAS
    >>> from pysnn.tables import make_table
    >>> row = dict.fromkeys(SCHEMAS["blame"], 0.5) | {"method": "m", "layer": "relu1", "depth": 1, "steps": 4, "samples": 8}
    >>> summarise_blame(make_table("blame", [row | {"error": 2.0, "error_input": 1.5, "agreement_output": 0.75}]))
    "Of 1 layer tried, 'relu1' does the most harm itself: ..."
    """
    if blame.is_empty():
        raise DataError("blame: the table is empty")
    wanted = max(blame["steps"].to_list()) if steps is None else steps
    rows = blame.filter(blame["steps"] == wanted).to_dicts()
    if not rows:
        raise DataError(f"blame: the table has no row for {wanted} steps")
    tried = f"Of {len(rows)} layer{'s' if len(rows) > 1 else ''} tried, "
    # Errors may cancel: a layer whose exact values make the output worse than it was explains nothing.
    helped = [row for row in rows if row["error_output"] < min(row["error"], row["error_input"])]
    if not helped:
        return f"{tried}none does harm by itself: exact values in its place do not lower the output's error."
    worst = max(helped, key=lambda row: row["error_input"] - row["error_output"])
    exact, given, unchanged = (
        f"{worst[f'error{end}']:.3g} ({100 * worst[f'agreement{end}']:.1f} % agree)"
        for end in ("_output", "_input", "")
    )
    return (
        f"{tried}'{worst['layer']}' does the most harm itself: the output's error is {unchanged} unchanged, "
        f"{given} with exact currents into the layer, {exact} with its exact values."
    )


def _scores(
    network: Network, x: Any, steps: Sequence[int], options: Mapping[str, Any]
) -> NDArray[np.float32] | list[NDArray[np.float32]]:
    """Return the scores at each read. Behind the last neuron what is left is an ANN."""
    if not network.neurons:
        scores = ann_pass(network, x)[0]
        if options["progress"] is not None:
            options["progress"](len(scores), len(scores))
        return [scores] * len(steps)
    return Simulator(network, **options).run(x, steps=steps).scores


def _place(order: Sequence[str]) -> Callable[[str], int]:
    def place(name: str) -> int:
        if name not in order:
            raise DataError(f"blame: there is no layer of neurons '{name}'; there are {', '.join(order)}")
        return order.index(name)

    return place


class _Parts:
    """Progress over several runs on the same samples."""

    def __init__(self, progress: Callable[[int, int], None] | None, runs: int) -> None:
        self.progress, self.runs, self.done = progress, runs, -1

    def next(self) -> Callable[[int, int], None] | None:
        """Return what the next run takes."""
        self.done += 1
        done, progress = self.done, self.progress
        if progress is None:
            return None
        return lambda samples, total: progress(done * total + samples, self.runs * total)
