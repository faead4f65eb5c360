"""Networks that a sweep converts: where they and their data are."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pysnn.datasets import load_digits_mlp
from pysnn.datasets.source import DataSource
from pysnn.errors import DataError
from pysnn.importers.model_files import load_ann
from pysnn.network import Network
from pysnn.sweep.points import point_json

__all__ = ["SHIPPED", "NetworkSource"]

SHIPPED = {"digits-mlp": load_digits_mlp}
"""Networks that come with pysnn, by the name that stands in place of a file."""


@dataclass(frozen=True)
class NetworkSource:
    """An ANN in a file, and its data.

    Attributes
    ----------
    file
        What :func:`pysnn.importers.model_files.load_ann` reads, or a name in :data:`SHIPPED`.
    train, test
        Where calibration data, and test data come from.
    mean, std
        What the input subtracts and divides by, where the file does not say it.
    output
        The value to read, of an ONNX model.
    """

    file: Path
    train: DataSource
    test: DataSource
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    output: str | None = None

    def __post_init__(self) -> None:
        if (self.mean is None) != (self.std is None):
            raise DataError("mean, std: expected both or none")
        if self.shipped and (self.mean is not None or self.output is not None):
            raise DataError(f"'{self.file}' comes with pysnn and has neither mean, std nor output to choose")

    @property
    def shipped(self) -> bool:
        """Whether the network comes with pysnn."""
        return str(self.file) in SHIPPED

    def load(self) -> Network:
        """Read the network, its batch normalisation folded."""
        if self.shipped:
            return SHIPPED[str(self.file)]()
        return load_ann(self.file, output=self.output, mean=self.mean, std=self.std).network

    def digest(self) -> str:
        """Return the SHA-256 of all that a result depends on, beside the settings of a run."""
        content = str(self.file) if self.shipped else self._file_digest()
        parts = [content, self.mean, self.std, self.output, self.train.digest(), self.test.digest()]
        return hashlib.sha256(point_json(parts).encode()).hexdigest()

    def files(self) -> dict[str, str]:
        """Return the digests of the network's file and of the data."""
        own = {} if self.shipped else {f"file '{self.file}'": self._file_digest()}
        return {
            **own,
            **{f"data '{source.path}' ({source.kind})": source.digest() for source in (self.train, self.test)},
        }

    def _file_digest(self) -> str:
        with self.file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
