"""Fold factors and shifts into the layers around them: batch normalisation disappears, the function stays.

Behind a weight layer, ``scale * (W x + b) + shift = (scale W) x + (scale b + shift)``; before one,
``W (scale x + shift) + b = (W scale) x + (W shift + b)`` as long as no padding puts zeros beside shifted values; behind an
addition every branch takes the scale and one the shift. Pools, Flatten and cuts pass both on where they are linear.
"""

from collections.abc import Callable
from functools import partial

from pysnn.convert.folding.ahead import fold_ahead
from pysnn.convert.folding.behind import fold_behind
from pysnn.convert.folding.passing import CannotFoldError
from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.network_builder import NetworkBuilder
from pysnn.nodes import Affine

__all__ = ["fold"]

# In this order: what leaves no trace, then what leaves a Scale.
_WAYS: tuple[Callable[[NetworkBuilder, str], None], ...] = (
    partial(fold_behind, insert=False),
    fold_ahead,
    partial(fold_behind, insert=True),
)


def fold(network: Network) -> Network:
    """Return a network that computes the same with as few :class:`~pysnn.Affine` nodes as possible.

    What cannot be folded exactly stays: a shift before a padded convolution, a layer between two activations, or one on a layer
    that others read too. A branch of an addition that has no weights of its own (an identity shortcut) gets a
    :class:`~pysnn.Scale`, or an :class:`~pysnn.Affine` where a factor is not positive.

    Examples
    --------
    >>> from pysnn import Affine, Input, Linear, Network, Output
    >>> net = Network.chain({"in": Input((1,)), "fc": Linear([[1.0]]), "bn": Affine(2.0, 0.5), "out": Output()})
    >>> folded = fold(net)
    >>> list(folded.nodes), folded.nodes["fc"].weight.item(), folded.nodes["fc"].bias.item()
    (['in', 'fc', 'out'], 2.0, 0.5)
    """
    if network.cycle:
        return network
    graph = NetworkBuilder.of(network)
    changed = True
    while changed:
        changed = False
        for name in network.order:
            if isinstance(graph.nodes.get(name), Affine):
                found = _without(graph, name)
                if found is not None:
                    graph, changed = found, True
    return graph.network()


def _without(graph: NetworkBuilder, name: str) -> NetworkBuilder | None:
    """Return the graph without one Affine, or ``None`` where it has to stay."""
    for way in _WAYS:
        trial = graph.copy()
        try:
            way(trial, name)
        # A NetworkError: the folded weights leave the range of float32, or an edge would be there twice.
        except (CannotFoldError, NetworkError):
            continue
        return trial
    return None
