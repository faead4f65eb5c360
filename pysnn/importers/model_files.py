"""An ANN from a file, ready for a conversion, and compared with what other software computes from the same file."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysnn.ann import check_ann
from pysnn.convert.folding.fold import fold
from pysnn.encode.batch import checked_data, input_values
from pysnn.errors import DataError, FileFormatError, NetworkError
from pysnn.importers.state_dicts.resnet_cifar import resnet_cifar
from pysnn.importers.state_dicts.safetensors import read_tensors
from pysnn.importers.state_dicts.vgg_cifar import vgg11_cifar
from pysnn.network import Network
from pysnn.nodes import Input

if TYPE_CHECKING:
    from pysnn.importers.onnx import ImportedModel

__all__ = ["Comparison", "ModelFile", "load_ann"]

_PYTORCH = (".pt", ".pth", ".th", ".ckpt", ".bin", ".pkl")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Comparison:
    """What an imported network was compared with, and the largest relative difference of the results."""

    reference: str
    difference: float
    samples: int


@dataclass(frozen=True, eq=False)
class ModelFile:
    """An ANN that was read from a file.

    Attributes
    ----------
    network
        The network, batch normalisation folded into its layers as far as that changes no result.
    path
        The file.
    kind
        What it is: "ONNX", "CIFAR ResNet", "CIFAR VGG-11" or "pysnn".
    sha256
        Of the file, and of the files beside it that an ONNX model has its weights in, one behind the other.
    output
        Name of the value that an ONNX model is read at.
    notes
        Sentences for the user: what of an ONNX model was left out, and which shape of data the network takes.
    source
        What else an ONNX model was found to be.
    """

    network: Network
    path: Path
    kind: str
    sha256: str
    output: str | None = None
    notes: tuple[str, ...] = ()
    source: "ImportedModel | None" = None

    def compare(self, x: Any) -> Comparison | None:
        """Compare the network with what other software computes from the file; ``None`` where there is none that reads it.

        Parameters
        ----------
        x
            ``(samples, ...)`` as :func:`pysnn.run` takes it.

        Raises
        ------
        NetworkError
            The difference is above :data:`pysnn.importers.check.TOLERANCE`, or the other software cannot compute the model.
        DataError
            The samples do not fit the input, or a result is not finite.
        """
        if self.source is None:
            return None
        from pysnn.importers.check import check_import
        from pysnn.importers.onnx.reference import reference

        net = self.network
        data = checked_data(x, net.input, net.input_name, "constant").data
        values = input_values(net.input, data)  # type: ignore[arg-type]
        expected, name = reference(self.path, self.source.layout.to_model(values), self.output)
        difference = check_import(net, x, expected, name, self.source.tolerance)
        return Comparison(name, difference, len(values))


def load_ann(
    path: str | os.PathLike[str], *, output: str | None = None, mean: Any = None, std: Any = None
) -> ModelFile:
    """Read an ANN, ready for a conversion.

    Parameters
    ----------
    path
        An ONNX model (``.onnx``, needs the extra ``onnx``), the weights of a CIFAR ResNet or VGG-11
        (``.safetensors``, see :func:`pysnn.importers.state_dicts.resnet_cifar` and :func:`pysnn.importers.vgg11_cifar`), or an ANN
        that pysnn saved (``.psnn``).
    output
        Name of the value to read, for an ONNX model with several outputs.
    mean, std
        What the network's input subtracts and divides by, one value per channel, for data in 0..1; they stay in the
        network. By default those of the file (the CIFAR networks and ``.psnn`` have them), or none.

    Raises
    ------
    FileFormatError
        The file is damaged, or none of these.
    NetworkError
        The model has layers that are not supported (all of them are listed), or spikes already.
    MissingExtraError
        The package onnx is not installed.
    OSError
        There is no such file, or it cannot be read.

    Examples
    --------
    >>> load_ann("model.pt")
    Traceback (most recent call last):
    pysnn.errors.FileFormatError: model.pt: a PyTorch file holds Python objects, which are not read; load it in Python and
    import the module with pysnn.importers.torch.from_torch, or export it to ONNX
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if output is not None and suffix != ".onnx":
        raise DataError(f"{file}: an output can be chosen in ONNX models only")
    normalisation = {} if mean is None and std is None else {"mean": mean, "std": std}
    source = None
    if suffix == ".onnx":
        from pysnn.importers.onnx import read_onnx

        source = read_onnx(file, output, **normalisation)
        network, kind = source.network, "ONNX"
    elif suffix == ".safetensors":
        network, kind = _from_tensors(file, normalisation)
    elif suffix == ".psnn":
        network, kind = _from_psnn(file, normalisation), "pysnn"
    elif suffix in _PYTORCH:
        raise FileFormatError(
            f"{file}: a PyTorch file holds Python objects, which are not read; load it in Python and import the module "
            "with pysnn.importers.torch.from_torch, or export it to ONNX"
        )
    else:
        raise FileFormatError(f"{file}: expected .onnx, .safetensors (CIFAR ResNet, VGG-11) or .psnn")
    digest = _digest([file] if source is None else [file, *source.files])
    if source is None:
        return ModelFile(fold(network), file, kind, digest)
    return ModelFile(fold(network), file, kind, digest, source.output, source.notes, source)


def _digest(files: Sequence[Path]) -> str:
    """Return the SHA-256 of files, one behind the other."""
    found = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                found.update(block)
    return found.hexdigest()


def _from_tensors(file: Path, normalisation: Mapping[str, Any]) -> tuple[Network, str]:
    names = read_tensors(file).keys()
    if "layer1.0.conv1.weight" in names:
        return resnet_cifar(file, **normalisation), "CIFAR ResNet"
    if "conv8.weight" in names:
        return vgg11_cifar(file, **normalisation), "CIFAR VGG-11"
    listed = ", ".join(f"'{name[:60]}'" for name in sorted(names)[:4]) or "none"
    raise NetworkError(
        f"{file}: its tensors are not those of a CIFAR ResNet ('layer1.0.conv1.weight') or VGG-11 ('conv8.weight'), it has "
        f"{listed}; weights alone do not say what the network is: export it to ONNX"
    )


def _from_psnn(file: Path, normalisation: Mapping[str, Any]) -> Network:
    from pysnn.files.psnn import load

    network = load(file).network
    try:
        check_ann(network)
    except NetworkError as error:
        raise NetworkError(f"{file}: {error}") from error
    if not normalisation:
        return network
    if network.input.scaling is not None:
        raise NetworkError(
            f"{file}: Input '{network.input_name}': expected no mean and std beside its scaling, got both"
        )
    return network.replace({network.input_name: Input(network.input.shape, **normalisation)})
