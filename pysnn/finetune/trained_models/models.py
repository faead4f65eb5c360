"""PyTorch models by a short text: ``resnet20:FILE.safetensors``, ``torchvision:resnet18:FILE.pth``."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pysnn.errors import DataError, FileFormatError, MissingExtraError, NetworkError
from pysnn.importers.state_dicts.safetensors import read_tensors

__all__ = ["TorchModel", "load_torch_model"]

_CIFAR_MEAN, _CIFAR_STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True, eq=False)
class TorchModel:
    """A PyTorch model to start from: the module, the normalisation of its input, and the SHA-256 of its weights' file ("" for none)."""

    module: Any
    mean: tuple[float, ...]
    std: tuple[float, ...]
    sha256: str = ""


def load_torch_model(text: str, classes: int) -> TorchModel:
    """Read ``resnetN``, ``resnetN:FILE``, ``vgg11``, ``vgg11:FILE`` or ``torchvision:NAME``, ``torchvision:NAME:FILE``.

    ``resnet20``, ``resnet110`` and so on are CIFAR's (:class:`pysnn.finetune.ttrbr.CifarResNet`; ``resnet20b`` has 1x1 shortcuts), with
    the weights of a ``.safetensors`` file or drawn from PyTorch's seed 0; so is ``vgg11`` (:class:`pysnn.finetune.ttrbr.CifarVgg11`), whose
    input is normalised by CIFAR's own mean and deviation, the others' by ImageNet's. ``torchvision:resnet18`` is torchvision's, with weights of a
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
    mean, std = (_CIFAR_MEAN, _CIFAR_STD) if kind == "vgg11" else (_IMAGENET_MEAN, _IMAGENET_STD)
    name, _, file = rest.partition(":")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if kind == "torchvision" and name:
            module = _from_torchvision(name, classes, file)
        elif kind.startswith("resnet") and kind[6:].removesuffix("b").isdecimal():
            file = rest
            module = _cifar_resnet(kind, classes, file)
        elif kind == "vgg11":
            file = rest
            module = _vgg11(classes, file)
        else:
            raise DataError(
                f"model '{text}': expected resnet20[:FILE], resnet20b[:FILE], vgg11[:FILE] or torchvision:NAME[:FILE]"
            )
    digest = hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else ""
    return TorchModel(module.eval(), mean, std, digest)


def _cifar_resnet(kind: str, classes: int, file: str) -> Any:
    from pysnn.finetune.ttrbr import CifarResNet

    depth, shortcut = int(kind[6:].removesuffix("b")), "B" if kind.endswith("b") else "A"
    if not file:
        return CifarResNet(depth, classes, shortcut=shortcut)  # type: ignore[arg-type]
    module = CifarResNet.from_tensors(read_tensors(file))
    fresh = CifarResNet(depth, classes, shortcut=shortcut)  # type: ignore[arg-type]
    if module.linear.out_features != classes:
        raise NetworkError(f"'{file}': expected weights for {classes} classes, got {module.linear.out_features}")
    if len(module.layer1) != len(fresh.layer1) or module.state_dict().keys() != fresh.state_dict().keys():
        raise NetworkError(
            f"'{file}': expected the weights of {kind}, got those of a network of depth {6 * len(module.layer1) + 2}"
        )
    return module


def _vgg11(classes: int, file: str) -> Any:
    from pysnn.finetune.ttrbr import CifarVgg11

    module = CifarVgg11.from_tensors(read_tensors(file)) if file else CifarVgg11(classes)
    if module.linear.out_features != classes:
        raise NetworkError(f"'{file}': expected weights for {classes} classes, got {module.linear.out_features}")
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
        from pysnn.finetune.ttrbr.resnet import load_arrays

        load_arrays(module, read_tensors(file) if file.endswith(".safetensors") else _read_pth(file))
    return module


def _read_pth(file: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Read tensors that PyTorch saved; anything else in the file is refused, never run."""
    import pickle

    import torch

    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise FileFormatError(
            f"'{os.fspath(file)}': expected a file of tensors, and nothing else, from torch.save"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise FileFormatError(f"'{os.fspath(file)}': expected a dict of tensors (a state dict)")
    return {name: tensor.numpy() for name, tensor in state.items()}
