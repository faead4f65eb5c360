"""Residual networks for CIFAR from a state dict, without the code that trained them."""

import os
from typing import Any

from pysnn.convert.folding.fold import fold
from pysnn.errors import NetworkError
from pysnn.importers.state_dicts.safetensors import read_tensors
from pysnn.importers.state_dicts.state_dict import StateDict
from pysnn.network import Network
from pysnn.network_builder import NetworkBuilder
from pysnn.nodes import GlobalAvgPool, Input, Node, Output, Pad, ReLU, Subsample

__all__ = ["resnet_cifar"]

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


def resnet_cifar(path: str | os.PathLike[str], *, mean: Any = _MEAN, std: Any = _STD) -> Network:
    """Read a residual network for CIFAR of depth 6n + 2 (He et al. 2016, section 4.2), batch normalisation folded.

    Three stages of n blocks; where a stage halves the map, the shortcut takes every second row and column and fills the
    new channels with zeros, half of them before and half behind ("option A").

    Parameters
    ----------
    path
        A ``.safetensors`` file with the tensors ``conv1``, ``bn1``, ``layer1.0.conv1``, ``layer1.0.bn1``, ...,
        ``linear``, named as PyTorch names them.
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
    state = StateDict(read_tensors(path), f"resnet_cifar('{os.fspath(path)}')")
    builder = NetworkBuilder()
    last = builder.add("input", Input((3, 32, 32), mean, std))
    stem = {"conv1": state.conv("conv1", padding=1), "bn1": state.batch_norm("bn1"), "relu1": ReLU()}
    last = _follow(builder, last, stem)
    for stage in (1, 2, 3):
        blocks = state.count(f"layer{stage}.{{}}.conv1.weight")
        if not blocks:
            raise NetworkError(f"{state.model}: there is no tensor 'layer{stage}.0.conv1.weight'")
        for index in range(blocks):
            halves = stage > 1 and index == 0
            last = _block(state, builder, f"layer{stage}.{index}", last, halves=halves)
    _follow(builder, last, {"pool": GlobalAvgPool(), "linear": state.linear("linear"), "output": Output()})
    state.finish()
    return fold(builder.network())


def _follow(builder: NetworkBuilder, last: str, chain: dict[str, Node]) -> str:
    """Add nodes one behind the other, and return the last one's name."""
    for name, node in chain.items():
        last = builder.add(name, node, [last])
    return last


def _block(state: StateDict, builder: NetworkBuilder, block: str, start: str, *, halves: bool) -> str:
    """Add a block behind ``start``, and return its last node's name."""
    first = state.conv(f"{block}.conv1", stride=2 if halves else 1, padding=1)
    shortcut: dict[str, Node] = {}
    if halves:
        more, odd = divmod(first.weight.shape[0] - first.weight.shape[1], 2)
        if more < 0 or odd:
            raise NetworkError(f"{state.model}: '{block}': an option A shortcut adds an even number of channels")
        shortcut = {f"{block}.subsample": Subsample(space=2), f"{block}.pad": Pad(channels=(more, more))}
    body: dict[str, Node] = {
        f"{block}.conv1": first,
        f"{block}.bn1": state.batch_norm(f"{block}.bn1"),
        f"{block}.relu1": ReLU(),
        f"{block}.conv2": state.conv(f"{block}.conv2", padding=1),
        f"{block}.bn2": state.batch_norm(f"{block}.bn2"),
        f"{block}.relu2": ReLU(),
    }
    end = _follow(builder, start, body)
    builder.connect(_follow(builder, start, shortcut), end)
    return end
