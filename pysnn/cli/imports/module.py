"""The part of ``pysnn import`` that reads trained modules."""

import hashlib
from pathlib import Path
from typing import Any

import typer

from pysnn.cli.errors import named
from pysnn.cli.imports.nir import Imported
from pysnn.cli.streams import one_line, say_note

__all__ = ["import_script"]


def import_script(place: tuple[Path, str], data: str | None, options: dict[str, Any], limit: int | None) -> Imported:
    """Run a file of Python and read the module that its function makes; ``options``: those of a request."""
    from pysnn.datasets.source import parse_source
    from pysnn.files.saved import SavedNetwork
    from pysnn.importers.spiking.importer import Request, import_module
    from pysnn.importers.spiking.script import library_of, made_by

    file, function = place
    if data is None:
        raise typer.BadParameter("--data: a module is compared with its library on data; give --data FILE.npz")
    if options["coding"] is None:
        raise typer.BadParameter("--coding: expected constant, frames or spikes: what of the data enters the module")
    request = Request(**options)
    given = parse_source(data).load(limit, axis=0 if request.coding == "constant" else 1)
    say_note(f"running the code of '{file}'")
    module = made_by(file, function)
    library = library_of(module)
    with named(f"data '{data}'"):
        found = import_module(module, given.x, library, request)
    provenance: dict[str, str | int | float] = {
        "import.kind": f"{library.name} module",
        "import.file": one_line(f"{file.name}:{function}"),
        "import.sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "import.data_sha256": given.digest,
        "import.values": found.values,
        "import.differences": sum(found.differences.values()),
    }
    return Imported(SavedNetwork(found.network, found.settings, provenance, found.golden), (found.sentence,))
