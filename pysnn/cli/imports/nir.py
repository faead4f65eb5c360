"""The part of ``pysnn import`` that reads NIR files."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pysnn.cli.streams import one_line

if TYPE_CHECKING:
    from pysnn.files.saved import SavedNetwork

__all__ = ["Imported", "Meant", "import_nir"]


@dataclass(frozen=True)
class Imported:
    """What a file is to hold, and sentences for the user."""

    saved: "SavedNetwork"
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Meant:
    """How a network is meant to be run and read."""

    steps: int | None
    coding: str
    readout: str | None


def import_nir(path: Path, profile: str | None, options: Mapping[str, Any], meant: Meant) -> Imported:
    """Read a NIR file as a library means it; options that are ``None`` are not given."""
    from pysnn.files.saved import SavedNetwork
    from pysnn.files.settings import Settings
    from pysnn.importers.nir import PROFILES, load
    from pysnn.importers.spiking.readout import with_readout

    if profile is None:
        raise typer.BadParameter(f"--from: of a NIR file, expected who wrote it: {', '.join(PROFILES)}")

    given = {name: value for name, value in options.items() if value is not None}
    found = load(path, profile, **given)
    network = found.network if meant.readout is None else with_readout(found.network, meant.readout)
    settings = Settings(steps=meant.steps, coding=meant.coding, dt=found.dt)  # type: ignore[arg-type]
    provenance = {
        "import.kind": f"NIR, {profile}",
        "import.file": one_line(path.name),
        "import.sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        **{f"import.{name}": value if isinstance(value, str | float) else int(value) for name, value in given.items()},
    }
    return Imported(SavedNetwork(network, settings, provenance), found.notes)
