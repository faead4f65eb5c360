"""From a trained PyTorch model to the ANN that converts."""

import copy
from typing import Any

import numpy as np

from pysnn.convert.folding.fold import fold
from pysnn.network import Network
from pysnn.nodes import Input

__all__ = ["trained_network"]


def trained_network(model: Any, shape: tuple[int, ...], *, mean: Any, std: Any, example: Any = None) -> Network:
    """Return the ANN of a trained model: each clip a ``ReLU(max=threshold)``, batch normalisation folded.

    Parameters
    ----------
    model
        What :func:`pysnn.finetune.restructure` made, trained or not. It is not changed.
    shape
        Of a sample.
    mean, std
        What the input subtracts and divides by, for colours in 0..1; they become the network's.
    example
        Normalised samples ``(samples, *shape)`` that both compute, to compare; random ones by default.

    Raises
    ------
    NetworkError
        A layer has no counterpart, or the results differ.
    """
    from pysnn.finetune.ttrbr import TrainableClip
    from pysnn.importers.torch import from_torch

    import_me = copy.deepcopy(model).to("cpu").float().eval()
    for module in import_me.modules():
        if isinstance(module, TrainableClip):
            module.levels = None
    if example is None:
        example = np.random.default_rng(0).standard_normal((2, *shape)).astype(np.float32)
    network = fold(from_torch(import_me, example))
    return network.replace({network.input_name: Input(network.input.shape, mean, std)})
