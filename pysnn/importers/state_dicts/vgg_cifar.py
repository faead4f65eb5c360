"""VGG-11 for CIFAR from a state dict whose batch normalisation is folded."""

import os
from typing import Any

from pysnn.importers.state_dicts.safetensors import read_tensors
from pysnn.importers.state_dicts.state_dict import StateDict
from pysnn.network import Network
from pysnn.nodes import AvgPool2d, Flatten, Input, Node, Output, ReLU

__all__ = ["vgg11_cifar"]

_MEAN = (0.4914, 0.4822, 0.4465)
_STD = (0.2470, 0.2435, 0.2616)
_POOLED = (1, 2, 4, 6, 8)


def vgg11_cifar(path: str | os.PathLike[str], *, mean: Any = _MEAN, std: Any = _STD) -> Network:
    """Read a VGG-11 (Simonyan & Zisserman 2015) for CIFAR: eight convolutions with ReLU, average pools, a linear layer.

    Parameters
    ----------
    path
        A ``.safetensors`` file with the weights and biases ``conv1`` .. ``conv8`` and ``linear``.
    mean, std
        What the input subtracts and divides by, one value per channel, for colours in 0..1.

    Raises
    ------
    FileFormatError
        The file is damaged or no safetensors file.
    NetworkError
        Its tensors are not those of such a network.
    OSError
        There is no such file, or it cannot be read.
    """
    state = StateDict(read_tensors(path), f"vgg11_cifar('{os.fspath(path)}')")
    nodes: dict[str, Node] = {"input": Input((3, 32, 32), mean, std)}
    for index in range(1, 9):
        nodes[f"conv{index}"] = state.conv(f"conv{index}", bias=True, padding=1)
        nodes[f"relu{index}"] = ReLU()
        if index in _POOLED:
            nodes[f"pool{index}"] = AvgPool2d(2)
    nodes |= {"flatten": Flatten(), "linear": state.linear("linear"), "output": Output()}
    state.finish()
    return Network.chain(nodes)
