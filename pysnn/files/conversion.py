"""A converted network to a file, with golden vectors and its provenance."""

import os
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

from pysnn.convert.conversion import Conversion
from pysnn.files.golden import make_golden
from pysnn.files.psnn import save
from pysnn.files.settings import Settings
from pysnn.network import Network

__all__ = ["powers_of_two", "save_conversion"]

_GOLDEN_SAMPLES = 4
_GOLDEN_STEPS = 4096
_COUNT_BYTES = 4


def powers_of_two(steps: int) -> list[int]:
    """Return 1, 2, 4, ... below a number of steps, and the number itself.

    Examples
    --------
    >>> powers_of_two(12), powers_of_two(1)
    ([1, 2, 4, 8, 12], [1])
    """
    return [1 << k for k in range((steps - 1).bit_length())] + [steps]


def save_conversion(
    path: str | os.PathLike[str],
    conversion: Conversion,
    x: Any,
    *,
    settings: Settings,
    provenance: Mapping[str, str | int | float] | None = None,
    golden_bytes: int = 8 << 20,
) -> Path:
    """Save a converted network with golden vectors, its settings, and where it comes from.

    Parameters
    ----------
    path
        The ``.psnn`` file; an existing one is replaced.
    conversion
        What :func:`pysnn.convert.convert` gave.
    x
        Samples, ``(samples, ...)``; the first few become golden vectors: up to 4, as many as ``golden_bytes`` allow, at least 1.
    settings
        How the network is meant to be run, steps included; the golden vectors are made in the same way, at most 4,096 steps.
    provenance
        What to say beside the conversion's own.
    golden_bytes
        Bytes of spike counts in the golden vectors, at most. Where one sample of all neurons takes more, there are those of the
        layers nearest to the output, as many as fit; scores are there always.

    Raises
    ------
    DataError, PlanError, RangeError
        The network cannot be run like that.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pysnn import Input, Linear, Output, ReLU
    >>> from pysnn.convert import convert
    >>> from pysnn.files.psnn import load
    >>> ann = Network.chain({"in": Input((1,)), "fc": Linear([[2.0]]), "relu": ReLU(), "out": Output()})
    >>> conversion = convert(ann, [[0.5], [1.0]], "max-norm")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     saved = load(save_conversion(Path(folder) / "net.psnn", conversion, [[0.5]], settings=Settings(steps=4)))
    >>> saved.golden.spikes["relu"].ravel().tolist()
    [2]
    """
    net = conversion.network
    nodes, sample = _last_neurons(net, golden_bytes)
    count = max(1, min(_GOLDEN_SAMPLES, golden_bytes // max(1, sample))) if len(nodes) == len(net.neurons) else 1
    steps = powers_of_two(min(settings.steps or 1, _GOLDEN_STEPS))
    golden = make_golden(net, x[:count], settings, steps=steps, nodes=nodes)
    known = {**conversion.provenance, **(provenance or {})}
    return save(path, net, settings=settings, provenance=known, golden=golden)


def _last_neurons(network: Network, limit: int) -> tuple[list[str], int]:
    """Return the neuron nodes, from the output backwards, whose spike counts for one sample fit, and how many bytes they take."""
    nodes: list[str] = []
    total = 0
    for name in reversed(network.neurons):
        size = _COUNT_BYTES * prod(network.shapes[name])
        if total + size > limit:
            break
        nodes.append(name)
        total += size
    return nodes, total
