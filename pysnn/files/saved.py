"""What a ``.psnn`` file holds, as Python values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, FileFormatError
from pysnn.files.container import is_text
from pysnn.files.golden import Golden, check_golden, check_neurons
from pysnn.files.settings import Settings
from pysnn.frozen import FrozenDict
from pysnn.network import Network

__all__ = ["SavedNetwork", "checked_provenance"]

_MOST_INTEGER = (1 << 63) - 1


@dataclass(frozen=True, eq=False)
class SavedNetwork:
    """A network as a file has it.

    Parameters
    ----------
    network
        The network.
    settings
        How it is meant to be run.
    provenance
        Where it comes from: text or numbers by name.
    golden
        A run that every runtime must repeat, if the file has one.

    Raises
    ------
    DataError
        A part has the wrong type, or the golden vectors belong to another network.
    """

    network: Network
    settings: Settings = field(default_factory=Settings)
    provenance: Mapping[str, str | int | float] = field(default_factory=dict)
    golden: Golden | None = None

    def __post_init__(self) -> None:
        _check_kind("network", self.network, Network)
        _check_kind("settings", self.settings, Settings)
        object.__setattr__(self, "provenance", checked_provenance(self.provenance))
        if self.golden is not None:
            _check_golden(self.network, self.golden, self.settings)

    def verify(self, *, backend: str = "auto") -> None:
        """Run the golden input again and compare every score and every spike count that is there, to the bit.

        Raises
        ------
        FileFormatError
            There are no golden vectors, they cannot be run, or a value differs: the message names the first layer that
            differs, in the order of the network.
        BackendError, MissingExtraError
            The backend is not there.
        """
        if self.golden is None:
            raise FileFormatError("there are no golden vectors to verify; pysnn.files.golden.make_golden makes them")
        check_golden(self.network, self.golden, self.settings, backend)


def _check_golden(network: Network, golden: Golden, settings: Settings) -> None:
    """Check that golden vectors have the names and shapes of a network, whatever their values."""
    check_neurons("golden spikes", network, golden.spikes)
    axes = 2 if settings.coding in ("spikes", "frames") else 1
    samples = golden.scores.shape[1]
    expected: dict[str, tuple[NDArray[Any], tuple[int, ...]]] = {
        "input": (golden.input, (*golden.input.shape[: axes - 1], samples, *network.input.shape)),
        "scores": (golden.scores, (len(golden.steps), samples, prod(network.shapes[network.output_name]))),
    }
    for name, counts in golden.spikes.items():
        shape = network.shapes[name]
        expected[f"spikes of '{name}'"] = (counts, (samples, *shape, *(1,) * (3 - len(shape))))
    for name, (array, shape) in expected.items():
        if array.shape != shape:
            raise DataError(f"golden: {name}: expected shape {shape}, got {array.shape}")
    kind = np.float32 if network.input.scaling is None else np.float64
    if golden.input.dtype != kind:
        raise DataError(f"golden: input: expected {np.dtype(kind)} for this network's input, got {golden.input.dtype}")


def _check_kind(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise DataError(f"{name}: expected a {kind.__module__}.{kind.__qualname__}, got {type(value).__name__}")


def checked_provenance(provenance: Mapping[str, Any]) -> Mapping[str, str | int | float]:
    """Return provenance as a file holds it, or raise :class:`DataError`."""
    for name, value in provenance.items():
        _check_provenance(name, value)
    return FrozenDict(provenance)


def _check_provenance(name: object, value: object) -> None:
    if not isinstance(name, str) or type(value) not in (str, int, float):
        raise DataError(f"provenance: expected text or a number by name, got {name!r}: {type(value).__name__}")
    if isinstance(value, float) and not isfinite(value):
        raise DataError(f"provenance {name!r}: expected a finite number, got {value}")
    if isinstance(value, int) and abs(value) > _MOST_INTEGER:
        raise DataError(f"provenance {name!r}: expected an integer of 64 bits")
    for text in (name, value):
        if isinstance(text, str) and not is_text(text):
            raise DataError(f"provenance {name!r}: expected Unicode text")
