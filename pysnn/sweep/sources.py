"""Networks that a sweep converts: where they are, and how each kind of file is read."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pysnn.convert.fold import fold
from pysnn.convert.resnet_cifar import resnet_cifar
from pysnn.convert.vgg_cifar import vgg11_cifar
from pysnn.datasets import load_digits_mlp
from pysnn.errors import DataError
from pysnn.io.images import DataSource
from pysnn.network import Network
from pysnn.sweep.points import canonical_json

__all__ = ["ARCHITECTURES", "SHIPPED", "NetworkSource"]

ARCHITECTURES = {"resnet_cifar": resnet_cifar, "vgg11_cifar": vgg11_cifar}
"""What a ``.safetensors`` file may hold, by the name of its reader in :mod:`pysnn.convert`."""

SHIPPED = {"digits-mlp": load_digits_mlp}
"""Networks that come with pysnn, by the name that stands in place of a file."""

_ENDINGS = (".onnx", ".psnn", ".safetensors")


@dataclass(frozen=True)
class NetworkSource:
    """An ordinary network (ANN) in a file, and its data.

    Attributes
    ----------
    file
        ``.onnx``, ``.safetensors`` or ``.psnn``, or a name in :data:`SHIPPED`.
    train, test
        Where calibration data, and test data come from.
    architecture
        A name in :data:`ARCHITECTURES`, for ``.safetensors``.
    mean, std
        What the input subtracts and divides by, where the file does not say it.
    """

    file: Path
    train: DataSource
    test: DataSource
    architecture: str | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        kind = self.file.suffix
        if str(self.file) not in SHIPPED and kind not in _ENDINGS:
            raise DataError(f"file: expected {', '.join(_ENDINGS)} or {', '.join(SHIPPED)}, got '{self.file}'")
        if (kind == ".safetensors") != (self.architecture is not None):
            raise DataError(
                f"architecture: '.safetensors' files need one of {', '.join(ARCHITECTURES)}, other files have none"
            )
        if (self.mean is None) != (self.std is None):
            raise DataError("mean, std: expected both or none")
        if self.mean is not None and kind not in {".onnx", ".safetensors"}:
            raise DataError("mean, std: the network has its own; only .onnx and .safetensors files need them")

    def load(self) -> Network:
        """Read the network, its batch normalisation folded."""
        if str(self.file) in SHIPPED:
            return SHIPPED[str(self.file)]()
        normalisation: dict[str, Any] = {} if self.mean is None else {"mean": self.mean, "std": self.std}
        if self.architecture is not None:
            return ARCHITECTURES[self.architecture](self.file, **normalisation)
        if self.file.suffix == ".onnx":
            from pysnn.io import onnx

            return fold(onnx.load(self.file, **normalisation))
        from pysnn.io.psnn import load

        return fold(load(self.file).network)

    def digest(self) -> str:
        """Give the SHA-256 of all that the network's results depend on but the settings of a run."""
        if str(self.file) in SHIPPED:
            name = str(self.file)
        else:
            with self.file.open("rb") as stream:
                name = hashlib.file_digest(stream, "sha256").hexdigest()
        parts = [name, self.architecture, self.mean, self.std, self.train.digest(), self.test.digest()]
        return hashlib.sha256(canonical_json(parts).encode()).hexdigest()
