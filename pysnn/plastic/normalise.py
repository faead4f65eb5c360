"""Bring the weights of each target to one sum."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.plastic.expand import expand
from pysnn.plastic.lower import compile_plastic
from pysnn.plastic.network import PlasticNetwork
from pysnn.plastic.rules.base import check_positive
from pysnn.plastic.state import PlasticState

__all__ = ["normalise", "with_sum"]


def normalise(network: PlasticNetwork, state: PlasticState, projection: str, total: float) -> PlasticState:
    """Return a state in which the weights onto each target of a projection sum up to ``total``: ``w *= total / sum(w)``, ``w_max`` at most.

    Sums are taken in float64, sources ascending, and the factor is rounded to float32 once (Diehl & Cook 2015: 78 before each image). A target
    whose weights are all zero keeps them.

    Raises
    ------
    DataError
        There is no such projection, or the state is that of another network.

    Examples
    --------
    >>> from pysnn.plastic import AllToAll, LIFCells, PlasticSimulator, PoissonSource, Projection
    >>> wires = Projection(pre="a", post="b", connector=AllToAll(), weight=0.5)
    >>> net = PlasticNetwork.of(a=PoissonSource(4, rate=1.0), b=LIFCells(size=1), wires=wires)
    >>> state = PlasticSimulator(net, dt=1e-3, backend="reference").run(0.0).state
    >>> normalise(net, state, "wires", 1.0).arrays["wires.weights"].tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    name = f"{projection}.weights"
    if projection not in network.projections or name not in state.arrays:
        raise DataError(f"normalise: expected one of {', '.join(network.projections)}, got {projection!r}")
    wires = network.projections[projection]
    alone = {side: network.populations[side] for side in (wires.pre, wires.post)}
    plan = compile_plastic(PlasticNetwork(alone, {projection: replace(wires, rule=None)}), 1e-6, 0).projections[0]
    to, weights = expand(plan).to, state.arrays[name]
    if weights.shape != to.shape:
        raise DataError(f"normalise: expected {to.size} weights of '{projection}', got {weights.size}")
    top = np.inf if wires.rule is None else wires.rule.w_max
    return replace(state, arrays={**state.arrays, name: with_sum(weights, to, total, top)})


def with_sum(weights: NDArray[np.float32], to: NDArray[np.int64], total: float, top: float) -> NDArray[np.float32]:
    """Return weights whose sum over each target is ``total``, none above ``top``; ``to`` has the target of each.

    Examples
    --------
    >>> with_sum(np.array([1, 3, 1], np.float32), np.array([0, 0, 1]), 2.0, 10.0).tolist()
    [0.5, 1.5, 2.0]
    """
    check_positive(total, "normalise: total")
    sums = np.bincount(to, weights=weights)
    factors = np.divide(total, sums, out=np.ones_like(sums), where=sums > 0).astype(np.float32)
    scaled: NDArray[np.float32] = np.minimum(weights * factors[to], np.float32(top))
    return scaled
