"""From a PyTorch model's name to one that trains for few time-steps, and from the trained one to a network and its file."""

import copy
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.convert import Conversion, convert
from pysnn.convert.fold import fold
from pysnn.convert.safetensors import read_tensors
from pysnn.errors import DataError, FileFormatError, MissingExtraError, NetworkError
from pysnn.network import Network
from pysnn.nodes import Input

__all__ = ["TorchModel", "convert_trained", "load_torch_model", "trained_network"]

_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True, eq=False)
class TorchModel:
    """A PyTorch model to start from: the module, the normalisation of its input, and the SHA-256 of its weights' file ("" for none)."""

    module: Any
    mean: tuple[float, ...]
    std: tuple[float, ...]
    sha256: str = ""


def load_torch_model(text: str, classes: int) -> TorchModel:
    """Read ``resnetN``, ``resnetN:FILE`` or ``torchvision:NAME``, ``torchvision:NAME:FILE``.

    ``resnet20``, ``resnet110`` and so on are CIFAR's (:class:`pysnn.ttrbr.CifarResNet`; ``resnet20b`` has 1x1 shortcuts), with
    the weights of a ``.safetensors`` file or drawn from PyTorch's seed 0. ``torchvision:resnet18`` is torchvision's, with weights of a
    ``.safetensors`` file, or of a ``.pth`` file that holds tensors only.

    Parameters
    ----------
    text
        The model.
    classes
        How many classes the data have.

    Raises
    ------
    DataError
        It is none of these.
    NetworkError
        The weights are another model's, or another number of classes'.
    FileFormatError
        The file is damaged.
    MissingExtraError
        PyTorch or torchvision is not installed.
    """
    import torch

    kind, _, rest = text.partition(":")
    name, _, file = rest.partition(":")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if kind == "torchvision" and name:
            module = _from_torchvision(name, classes, file)
        elif kind.startswith("resnet") and kind[6:].removesuffix("b").isdecimal():
            file = rest
            module = _cifar_resnet(kind, classes, file)
        else:
            raise DataError(f"model '{text}': expected resnet20[:FILE], resnet20b[:FILE] or torchvision:NAME[:FILE]")
    digest = hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else ""
    return TorchModel(module.eval(), _IMAGENET_MEAN, _IMAGENET_STD, digest)


def _cifar_resnet(kind: str, classes: int, file: str) -> Any:
    from pysnn.ttrbr import CifarResNet

    depth, shortcut = int(kind[6:].removesuffix("b")), "B" if kind.endswith("b") else "A"
    if not file:
        return CifarResNet(depth, classes, shortcut=shortcut)  # type: ignore[arg-type]
    module = CifarResNet.from_tensors(read_tensors(file))
    fresh = CifarResNet(depth, classes, shortcut=shortcut)  # type: ignore[arg-type]
    if module.linear.out_features != classes:
        raise NetworkError(f"'{file}': expected weights for {classes} classes, got {module.linear.out_features}")
    if len(module.layer1) != len(fresh.layer1) or module.state_dict().keys() != fresh.state_dict().keys():
        raise NetworkError(f"'{file}': expected the weights of {kind}, got those of a network of depth {6 * len(module.layer1) + 2}")
    return module


def _from_torchvision(name: str, classes: int, file: str) -> Any:
    try:
        import torchvision
    except ImportError as error:
        raise MissingExtraError(f"model 'torchvision:{name}' needs torchvision: pip install torchvision") from error
    try:
        module = torchvision.models.get_model(name, weights=None, num_classes=classes)
    except ValueError as error:
        raise DataError(f"model 'torchvision:{name}': torchvision has no such model") from error
    if file:
        from pysnn.ttrbr.resnet import load_arrays

        load_arrays(module, read_tensors(file) if file.endswith(".safetensors") else _read_pth(file))
    return module


def _read_pth(file: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Read tensors that PyTorch saved; anything else in the file is refused, never run."""
    import pickle

    import torch

    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise FileFormatError(f"'{os.fspath(file)}': expected a file of tensors, and nothing else, from torch.save") from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise FileFormatError(f"'{os.fspath(file)}': expected a dict of tensors (a state dict)")
    return {name: tensor.numpy() for name, tensor in state.items()}


def trained_network(model: Any, shape: tuple[int, ...], *, mean: Any, std: Any, example: Any = None) -> Network:
    """Give the ordinary network of a trained model: each clip a ``ReLU(max=threshold)``, batch normalisation folded.

    Parameters
    ----------
    model
        What :func:`pysnn.convert.restructure` made, trained or not. It is not changed.
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
    from pysnn.io.torch import from_torch
    from pysnn.ttrbr import TrainableClip

    import_me = copy.deepcopy(model).to("cpu").float().eval()
    for module in import_me.modules():
        if isinstance(module, TrainableClip):
            module.levels = None
    if example is None:
        example = np.random.default_rng(0).standard_normal((2, *shape)).astype(np.float32)
    network = fold(from_torch(import_me, example))
    return network.replace({network.input_name: Input(network.input.shape, mean, std)})


def convert_trained(network: Network, x: Any, steps: int | None = None) -> Conversion:
    """Convert the network of a trained model: thresholds as they were trained, half of them as initial potentials.

    Parameters
    ----------
    network
        What :func:`trained_network` gave.
    x
        Some samples, not normalised; nothing is fitted to them.
    steps
        Number of time-steps that it is meant for.
    """
    return convert(network, x, "trained", steps=steps)


def weights_of(path: Path, model: Any) -> Mapping[str, Any]:
    """Load the weights that another training has kept into a restructured model, and give its names and arrays.

    Raises
    ------
    NetworkError
        They are another model's, or another block's.
    """
    from pysnn.ttrbr.resnet import load_arrays
    from pysnn.ttrbr.state import kept_weights

    arrays = kept_weights(path)
    try:
        load_arrays(model, arrays)
    except NetworkError as error:
        raise NetworkError(f"'{path}' is of a training with another model, block, or kind of thresholds: {error}") from error
    return arrays
