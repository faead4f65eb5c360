"""The part of ``pysnn import`` that reads NIR files."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysnn.cli.streams import one_line

if TYPE_CHECKING:
    from pysnn.files.saved import SavedNetwork
    from pysnn.files.settings import Settings

__all__ = ["Imported", "import_nir"]


@dataclass(frozen=True)
class Imported:
    """What a file is to hold, and sentences for the user."""

    saved: "SavedNetwork"
    notes: tuple[str, ...]


def import_nir(
    path: Path, profile: str, options: Mapping[str, Any], settings: "Settings", readout: str | None
) -> Imported:
    """Read a NIR file as a library means it; options that are ``None`` are not given."""
    from pysnn.files.saved import SavedNetwork
    from pysnn.importers.nir import load
    from pysnn.nodes import Output

    given = {name: value for name, value in options.items() if value is not None}
    found = load(path, profile, **given)
    network = found.network
    if readout is not None:
        network = network.replace({network.output_name: Output(readout)})
    provenance = {
        "import.kind": f"NIR, {profile}",
        "import.file": one_line(path.name),
        "import.sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        **{f"import.{name}": value if isinstance(value, str | float) else int(value) for name, value in given.items()},
    }
    return Imported(SavedNetwork(network, replace(settings, dt=found.dt), provenance), found.notes)
