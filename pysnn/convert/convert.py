"""From an ANN to a spiking network."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Literal, Unpack

import numpy as np
from numpy.typing import NDArray

from pysnn.ann import check_ann
from pysnn.convert.calibration import calibration_data, choose_thresholds, sorted_samples
from pysnn.convert.conversion import Conversion
from pysnn.convert.corrections import Correction, check_corrections, correct
from pysnn.convert.levels import choose_levels
from pysnn.convert.methods.first_spike import FirstSpikeLevels
from pysnn.convert.methods.registry import SETTING_KEYWORDS, MethodSettings, make_method
from pysnn.convert.methods.trained import TrainedThresholds
from pysnn.convert.plausible import known_range, warn_of_data
from pysnn.convert.pools import settle_pools
from pysnn.convert.rewrite import spiking_network
from pysnn.convert.runnable import check_convertible, check_runs, int8_refusal, ready_for_int8
from pysnn.errors import DataError, NetworkError
from pysnn.frozen import FrozenDict
from pysnn.keywords import show_keywords
from pysnn.network import Network
from pysnn.nodes import ReLU
from pysnn.plan.options import PRECISIONS

__all__ = ["convert"]


@show_keywords(SETTING_KEYWORDS)
def convert(  # noqa: PLR0913 - a network, data, a method, and what is asked of the result
    network: Network,
    calibration: Any,
    method: str = "percentile",
    *,
    steps: int | None = None,
    calibrate: Sequence[str] = (),
    compare: bool = True,
    precision: Literal["float32", "int8"] = "float32",
    progress: Callable[[int, int], None] | None = None,
    **settings: Unpack[MethodSettings],
) -> Conversion:
    """Convert an ANN into a spiking network.

    Every ReLU becomes an integrate-and-fire neuron with reset by subtraction, a threshold chosen by the method, and half
    of it as initial potential (by method ``"first-spike"`` a :class:`~pysnn.FirstSpike`); the weights stay as they are, but where
    ``fit_weights=True`` asks for others. A max-pool moves to where it reads spikes, if the function stays the same. ``calibrate`` corrects the mean error that is left.

    Parameters
    ----------
    network
        A network with ``ReLU`` nodes and without neurons. It is not changed.
    calibration
        Data, ``(samples, ...)``, to choose thresholds by; labels are not needed. Their order does not matter.
    method
        A name in :data:`pysnn.convert.METHODS`.
    steps
        Number of time-steps that the network is meant for. It can run for any other; what is fitted is fitted to this.
    calibrate
        ``"bias"``, ``"v_init"`` or both: shift each channel's current, or its initial potential, by its mean error at
        ``steps`` time-steps on the calibration data (:data:`pysnn.convert.CORRECTIONS`). Method ``"first-spike"`` shifts currents always.
    compare
        Where ``steps`` are given, measure how far the result agrees with the ANN: :meth:`Conversion.compared`.
    precision
        What the network is to run in. For ``"int8"`` weight layers without an activation between are merged, if the network runs only so
        (:func:`pysnn.convert.folding.merge_linear`).
    progress
        Called with (nodes done, nodes in all) while thresholds are chosen.
    **settings
        Settings of the method: ``per_channel=True`` for a threshold per channel, ``percentile=99.9``, ``window=16``, ``fit_weights=True``.

    Raises
    ------
    NetworkError
        The network has neurons already, or no ReLU, or what it would become cannot run: a maximum of currents, or what int8 refuses where that is asked for.
    DataError
        The data do not fit, or there is no such method or setting.

    Warns
    -----
    UserWarning
        A layer is never active on the calibration data (the warning names it); the data do not look like what the network,
        or its mean and std, are for; or the result agrees with the ANN in less than 90 % of some calibration samples.

    Examples
    --------
    >>> import numpy as np
    >>> from pysnn import Input, Linear, Output, run
    >>> ann = Network.chain({"in": Input((1,)), "fc": Linear([[2.0]]), "relu": ReLU(), "out": Output()})
    >>> conversion = convert(ann, np.float32([[0.5], [1.0]]), method="max-norm")
    >>> conversion.network.nodes["relu"].v_threshold
    2.0
    >>> run(conversion.network, np.float32([[0.5]]), steps=4, backend="reference").scores.item()
    1.0
    """
    if not isinstance(network, Network):
        raise DataError(_not_a_network(network))
    check_ann(network)
    if not any(isinstance(node, ReLU) for node in network.nodes.values()):
        raise NetworkError("convert: expected a network with ReLU nodes, got none; there is nothing to convert")
    if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1):
        raise DataError(f"convert: steps must be a positive integer, got {steps!r}")
    if not isinstance(precision, str) or precision not in PRECISIONS:
        raise DataError(f"convert: precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")
    rule = make_method(method, dict(settings), steps)
    window = rule.window if isinstance(rule, FirstSpikeLevels | TrainedThresholds) else None
    if window is not None and (steps is not None or calibrate):
        raise DataError(
            f"convert: method '{method}' has a window in place of steps, and 'first-spike' shifts currents itself; give window=S, "
            f"got steps={steps}, calibrate={calibrate!r}"
        )
    kinds = check_corrections(calibrate, steps)
    network, stuck = settle_pools(network)
    check_convertible(network, stuck, window)
    if precision == "int8":
        network = ready_for_int8(network, window)
    data = calibration_data(network, calibration)
    warn_of_data(network, data)
    samples, _ = sorted_samples(data)
    if isinstance(rule, FirstSpikeLevels):
        levels = choose_levels(network, data, rule, progress)
        found, correction, fitted = levels.calibration, levels.correction, network.replace(levels.layers)
    else:
        found, correction, fitted = choose_thresholds(network, data, rule, progress), Correction(), network
    thresholds = {layer.layer: _threshold(layer.threshold, window) for layer in found.layers}
    if kinds and steps is not None:
        correction = correct(network, samples, thresholds, int(steps), kinds)
    spiking = spiking_network(fitted, thresholds, correction, window=window)
    spiking = spiking.with_data_range(known_range(network, samples))
    check_runs(spiking, stuck)
    made = Conversion(
        network=spiking,
        ann=network,
        method=method,
        settings=FrozenDict(asdict(rule)),
        calibration=found,
        steps=steps,
        window=window,
        corrections=kinds,
        int8_refusal=int8_refusal(spiking),
    )
    if not compare or (steps is None and window is None):
        return made
    return made.compared(samples, precision=precision)


def _threshold(chosen: NDArray[np.float32], window: int | None) -> Any:
    """Return what a spike, or a level of a window, stands for: a number, or one per channel."""
    each = chosen / np.float32(window or 1)
    return float(each[0]) if each.size == 1 else each


def _not_a_network(value: object) -> str:
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    hint = "; pysnn.importers.sklearn.from_sklearn makes one of a fitted model" if kind.startswith("sklearn.") else ""
    return f"convert: expected a pysnn.Network, got {kind}{hint}"
