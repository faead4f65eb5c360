"""From a file with an ordinary network to a file with a spiking one: read, compare with its source, convert, save."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysnn.ann import check_ordinary
from pysnn.convert import Conversion, resnet_cifar, vgg11_cifar
from pysnn.convert.fold import fold
from pysnn.convert.safetensors import read_tensors
from pysnn.encode.batch import checked_data, input_values
from pysnn.errors import DataError, FileFormatError, NetworkError
from pysnn.io.settings import Settings
from pysnn.network import Network
from pysnn.nodes import Input

if TYPE_CHECKING:
    from pysnn.io.onnx import ImportedModel

__all__ = ["Comparison", "ModelFile", "load_ann", "powers_of_two", "save_conversion"]

_PYTORCH = (".pt", ".pth", ".th", ".ckpt", ".bin", ".pkl")
_GOLDEN_SAMPLES = 4
_GOLDEN_STEPS = 4096
_COUNT_BYTES = 4
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Comparison:
    """What an imported network was compared with, and the largest relative difference of the results."""

    reference: str
    difference: float
    samples: int


@dataclass(frozen=True, eq=False)
class ModelFile:
    """An ordinary network that was read from a file.

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
            The difference is above :data:`pysnn.io.check.TOLERANCE`, or the other software cannot compute the model.
        DataError
            The samples do not fit the input, or a result is not finite.
        """
        if self.source is None:
            return None
        from pysnn.io.check import check_import
        from pysnn.io.onnx.reference import reference_name, reference_outputs

        net = self.network
        data = checked_data(x, net.input, net.input_name, "constant").data
        values = input_values(net.input, data)  # type: ignore[arg-type]
        expected = reference_outputs(self.path, self.source.layout.to_model(values), self.output)
        difference = check_import(net, x, expected, reference_name(), self.source.tolerance)
        return Comparison(reference_name(), difference, len(values))


def load_ann(
    path: str | os.PathLike[str], *, output: str | None = None, mean: Any = None, std: Any = None
) -> ModelFile:
    """Read an ordinary network, ready for a conversion.

    Parameters
    ----------
    path
        An ONNX model (``.onnx``, needs the extra ``onnx``), the weights of a CIFAR ResNet or VGG-11
        (``.safetensors``, see :func:`pysnn.convert.resnet_cifar` and :func:`pysnn.convert.vgg11_cifar`), or an ordinary
        network that pysnn saved (``.psnn``).
    output
        Name of the value to read, for an ONNX model with several outputs.
    mean, std
        What the network's input subtracts and divides by, one value a channel, for data in 0..1; they stay in the
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
    import the module with pysnn.io.torch.from_torch, or export it to ONNX
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if output is not None and suffix != ".onnx":
        raise DataError(f"{file}: an output can be chosen in ONNX models only")
    normalisation = {} if mean is None and std is None else {"mean": mean, "std": std}
    source = None
    if suffix == ".onnx":
        from pysnn.io.onnx import read_onnx

        source = read_onnx(file, output, **normalisation)
        network, kind = source.network, "ONNX"
    elif suffix == ".safetensors":
        network, kind = _from_tensors(file, normalisation)
    elif suffix == ".psnn":
        network, kind = _from_psnn(file, normalisation), "pysnn"
    elif suffix in _PYTORCH:
        raise FileFormatError(
            f"{file}: a PyTorch file holds Python objects, which are not read; load it in Python and import the module "
            "with pysnn.io.torch.from_torch, or export it to ONNX"
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
    from pysnn.io.psnn import load

    network = load(file).network
    try:
        check_ordinary(network)
    except NetworkError as error:
        raise NetworkError(f"{file}: {error}") from error
    if not normalisation:
        return network
    if network.input.scaling is not None:
        raise NetworkError(
            f"{file}: Input '{network.input_name}': expected no mean and std beside its scaling, got both"
        )
    return network.replace({network.input_name: Input(network.input.shape, **normalisation)})


def powers_of_two(steps: int) -> list[int]:
    """Give 1, 2, 4, ... below a number of steps, and the number itself.

    Examples
    --------
    >>> powers_of_two(12), powers_of_two(1)
    ([1, 2, 4, 8, 12], [1])
    """
    return [1 << k for k in range((steps - 1).bit_length())] + [steps]


def save_conversion(  # noqa: PLR0913 - what is saved, what goes with it, and how much of that
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
    >>> from pysnn import Linear, Output, ReLU
    >>> from pysnn.convert import convert
    >>> from pysnn.io.psnn import load
    >>> ann = Network.chain({"in": Input((1,)), "fc": Linear([[2.0]]), "relu": ReLU(), "out": Output()})
    >>> conversion = convert(ann, [[0.5], [1.0]], "max-norm")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     saved = load(save_conversion(Path(folder) / "net.psnn", conversion, [[0.5]], settings=Settings(steps=4)))
    >>> saved.golden.spikes["relu"].ravel().tolist()
    [2]
    """
    from pysnn.io.golden import make_golden
    from pysnn.io.psnn import save

    net = conversion.network
    nodes, sample = _last_neurons(net, golden_bytes)
    count = max(1, min(_GOLDEN_SAMPLES, golden_bytes // max(1, sample))) if len(nodes) == len(net.neurons) else 1
    steps = powers_of_two(min(settings.steps or 1, _GOLDEN_STEPS))
    golden = make_golden(net, x[:count], settings, steps=steps, nodes=nodes)
    known = {**conversion.provenance, **(provenance or {})}
    return save(path, net, settings=settings, provenance=known, golden=golden)


def _last_neurons(network: Network, limit: int) -> tuple[list[str], int]:
    """Give the neuron nodes, from the output backwards, whose spike counts for one sample fit, and how many bytes they take."""
    nodes: list[str] = []
    total = 0
    for name in reversed(network.neurons):
        size = _COUNT_BYTES * prod(network.shapes[name])
        if total + size > limit:
            break
        nodes.append(name)
        total += size
    return nodes, total
