"""Run a converted network beside its ANN and say which layer lost what."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pysnn.ann import ann_pass
from pysnn.backends.base import Probe
from pysnn.convert.analysis.errors import ErrorSums, SpikeUnit, error_terms
from pysnn.convert.analysis.extremes import warn_of_extremes
from pysnn.convert.pair import ConvertedPair
from pysnn.encode.batch import checked_data, input_values
from pysnn.errors import DataError, PlanError
from pysnn.keywords import check_keywords
from pysnn.network import Network
from pysnn.neurons import IF, FirstSpike
from pysnn.nodes import ReLU
from pysnn.plan.ops import NeuronOp, Plan
from pysnn.simulation.options import RUN_KEYWORDS
from pysnn.simulation.simulator import Simulator

__all__ = ["NOT_FREE", "error_rows"]

if TYPE_CHECKING:
    from pysnn.simulation.result import Result

# What probes, the ANN's pass and the parts of the error may take at a time.
_MOST_BYTES = 1 << 27
_BYTES_A_VALUE = 160
# Samples whose windows are simulated step by step.
_SIMULATED = 1
NOT_FREE = ("coding", "state", "probe", "count", "record", "record_potentials", "batch_size")


def error_rows(
    pair: ConvertedPair, x: Any, steps: int | Sequence[int], options: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Compare a converted network with its ANN on the same data, neuron by neuron.

    Of neurons with windows the first sample's windows are simulated step by step, and its levels are those of the spike times.

    Data go through in batches, so that memory does not depend on how many there are.

    Parameters
    ----------
    pair
        The spiking network and its ANN.
    x, steps, options
        As :func:`pysnn.run` takes them.

    Returns
    -------
    rows
        Of the schema "errors", all but the method: by number of steps, then along the network.

    Warns
    -----
    UserWarning
        A layer is all silent or all saturated at the last number of steps. The warning names it.
    """
    spiking, ann = pair.spiking, pair.ann
    check_keywords("errors", options, [parameter.name for parameter in RUN_KEYWORDS], ("steps",))
    for name in NOT_FREE:
        if name in options:
            raise DataError(f"errors: '{name}' is not free here, the analysis sets it itself")
    progress = options.get("progress")
    simulator = Simulator(spiking, **{**options, "progress": None, "count": False, "probe": True, "check_range": False})
    data = checked_data(x, spiking.input, spiking.input_name, "constant").data
    assert isinstance(data, np.ndarray)
    units = _spike_units(spiking, ann, simulator.plan())
    sums: dict[tuple[int, str], ErrorSums] = {}
    reads = 1 if isinstance(steps, int | np.integer) else len(steps)
    for start, part in _batches(data, spiking, reads):
        result = simulator.run(part, steps=steps)
        if start == 0 and result.plan.window is not None:
            _use_times(result, input_values(spiking.input, part[:_SIMULATED]))
        _, activations = ann_pass(ann, part, keep=units)
        _add_batch(sums, result, units, activations)
        if progress is not None:
            progress(start + len(part), len(data))
    rows = [
        {
            "layer": name,
            "depth": list(units).index(name) + 1,
            "steps": at,
            "window": units[name].levels,
            "samples": len(data),
            "threshold": float(np.mean(units[name].value)),
            **found.columns(),
        }
        for (at, name), found in sums.items()
    ]
    warn_of_extremes(rows)
    return rows


def _use_times(result: "Result", values: NDArray[np.float32]) -> None:
    """Put the levels of spike times that come of a simulation, step by step, in place of those of the pass."""
    from pysnn.backends.reference.windows import simulate_windows

    plan = result.plan
    simulated = simulate_windows(plan, values.reshape(len(values), *plan.ops[0].spec.shape))
    for name, k in plan.neurons.items():
        result.probes[name].spikes[0, : len(values)] = simulated.levels(k)


def _batches(data: NDArray[Any], network: Network, reads: int) -> Iterator[tuple[int, NDArray[Any]]]:
    neurons = sum(prod(network.shapes[name]) for name in network.neurons)
    size = max(1, min(256, _MOST_BYTES // (_BYTES_A_VALUE * max(1, reads * neurons))))
    for start in range(0, len(data), size):
        yield start, data[start : start + size]


def _spike_units(network: Network, ann: Network, plan: Plan) -> dict[str, SpikeUnit]:
    """Return the numbers of each layer of neurons, along the network."""
    units = {}
    for op in plan.ops:
        if isinstance(op, NeuronOp):
            node = network.nodes[op.node]
            levels = node.window if isinstance(node, FirstSpike) else None
            if levels is None and (type(node) is not IF or node.reset != "subtract" or node.compare != ">="):
                raise PlanError(
                    f"{node.title} '{op.node}': the error analysis is for IF neurons that reset by subtraction, and for FirstSpike neurons"
                )
            assert isinstance(node, IF)
            value: NDArray[Any] = np.broadcast_to(np.float32(node.v_threshold), op.threshold.shape)
            if levels is not None:
                # In int8 a level is worth the threshold as it was rounded.
                value = levels * op.threshold * op.unit
            relu = ann.nodes[op.node]
            assert isinstance(relu, ReLU)
            numbers = (value, op.threshold, op.v_init, op.unit, relu.ceiling(len(value)))
            value, threshold, v_init, unit, ceiling = (np.asarray(a, dtype=np.float64)[:, None, None] for a in numbers)
            units[op.node] = SpikeUnit(value, threshold, v_init, unit, ceiling, levels)
    return units


def _add_batch(
    sums: dict[tuple[int, str], ErrorSums],
    result: "Result",
    units: Mapping[str, SpikeUnit],
    activations: Mapping[str, NDArray[np.float32]],
) -> None:
    for i, at in enumerate(result.steps):
        for name, unit in units.items():
            _take(
                sums.setdefault((at, name), ErrorSums(at, unit.levels)), result.probes[name], i, unit, activations[name]
            )


def _take(sums: ErrorSums, probe: Probe, read: int, unit: SpikeUnit, ann: NDArray[np.float32]) -> None:
    spikes, current = probe.spikes[read], probe.current_sum[read]
    terms = error_terms(current, spikes, sums.steps, unit, ann.reshape(spikes.shape))
    mean = current / sums.steps
    variance = np.maximum(probe.current_square_sum[read] / sums.steps - mean * mean, 0.0)
    sums.add(terms, variance * (unit.unit / unit.value) ** 2, spikes)
