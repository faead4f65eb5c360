"""Initial potentials of a restructured model: calibrated before a training, and carried over into the spiking network."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.convert import convert
from pysnn.finetune.trained_models.network import trained_network
from pysnn.network import Network
from pysnn.neurons import IF

__all__ = ["calibrate_potentials", "with_potentials"]


def calibrate_potentials(model: Any, images: NDArray[Any], steps: int, *, mean: Any, std: Any) -> None:
    """Let the neurons of a model start from potentials that take away the mean error of each channel.

    That is the correction "v_init" of :func:`pysnn.convert.convert` (Li et al. 2021), layer after layer; training through steps
    goes on from it.

    Parameters
    ----------
    model
        What :func:`pysnn.finetune.restructure` made, with weights that are trained already. It is changed in place.
    images
        Calibration data ``(samples, channels, height, width)``, training images.
    steps
        T, at which the mean error is measured.
    mean, std
        As :func:`trained_network` takes them.

    Raises
    ------
    NetworkError, DataError
        The model cannot be converted, or the data do not fit.
    """
    network = trained_network(model, images.shape[1:], mean=mean, std=std)
    found = convert(network, images, "trained", steps=steps, calibrate=["v_init"], compare=False).network
    for name, node in found.nodes.items():
        if isinstance(node, IF):
            model.get_submodule(name).start_from(node.v_init - _half(node))


def with_potentials(network: Network, model: Any) -> Network:
    """Return the spiking network of a model with the initial potentials that its clips have."""
    changed = {}
    for name, node in network.nodes.items():
        if isinstance(node, IF) and (potential := model.get_submodule(name).potential) is not None:
            changed[name] = replace(node, v_init=_half(node) + potential.detach().cpu().numpy())
    return network.replace(changed) if changed else network


def _half(node: IF) -> NDArray[np.float32]:
    return np.asarray(np.float32(0.5) * np.asarray(node.v_threshold, dtype=np.float32))
