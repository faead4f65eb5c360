"""``pysnn-run`` as tests run it."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn import Network
from pysnn.export import ExportOptions, export_network
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings


@dataclass(frozen=True)
class Program:
    """The program, by an emulator where it is another machine's, and a folder for its files."""

    command: tuple[str, ...]
    folder: Path

    def run(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run it."""
        return subprocess.run([*self.command, *words], input=stdin, capture_output=True, check=False, cwd=self.folder)

    def done(self, *words: str, stdin: bytes = b"") -> list[dict[str, Any]]:
        """Run it and return the objects that it prints."""
        found = self.run(*words, stdin=stdin)
        assert found.returncode == 0, found.stderr.decode()
        return [json.loads(line) for line in found.stdout.splitlines()]

    def scores(self, x: NDArray[Any], steps: int, *options: str) -> NDArray[np.float32]:
        """Return the scores of ``net.plan`` on data."""
        np.save(self.folder / "x.npy", x)
        self.done("infer", "net.plan", "--input", "x.npy", "--steps", str(steps), "--scores", "s.npy", *options)
        return np.asarray(np.load(self.folder / "s.npy"))

    def export(self, network: Network, **options: Any) -> None:
        """Write ``net.plan``."""
        wanted = ExportOptions(most_at_once=options.pop("most_at_once", 1), units=options.pop("units", "exact"))
        saved = SavedNetwork(network, Settings(**options))
        (self.folder / "net.plan").write_bytes(export_network(saved, wanted))


def same(ours: NDArray[Any], theirs: NDArray[Any]) -> None:
    assert ours.dtype == theirs.dtype == np.float32
    assert ours.shape == theirs.shape
    # The sign of a zero is not defined.
    assert ((ours + np.float32(0)).view(np.uint32) == (theirs + np.float32(0)).view(np.uint32)).all()


def scores_of(lines: list[dict[str, Any]]) -> NDArray[np.float32]:
    return np.array([line["scores"] for line in lines], dtype=np.float32)
