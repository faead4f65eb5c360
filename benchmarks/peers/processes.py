"""Programs in processes of their own, in the environments that they need."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["OURS", "PEERS", "PeerError", "Program", "Worker", "peer_python"]

ROOT = Path(__file__).parents[2]

_SHORT_S = 0.25


@dataclass(frozen=True)
class Program:
    """A module and a function of it that makes an engine; the claim it belongs to; the steps that it is limited to."""

    module: str
    maker: str
    claim: str
    steps: tuple[int, ...] = (4, 8, 16, 32)
    environment: dict[str, str] = field(default_factory=dict)


OURS: dict[str, Program] = {
    "float32": Program("pysnn_engine", "float32", "ours"),
    "int8": Program("pysnn_engine", "int8", "ours"),
    "int8_avx2": Program("pysnn_engine", "int8", "ours", environment={"PYSNN_SIMD": "avx2"}),
}
"""pysnn, by the name of its column: with everything that the machine has, and with AVX2 alone."""

PEERS: dict[str, Program] = {
    "SpikingJelly": Program("spikingjelly_engine", "float32", "libraries"),
    "SpikingJelly bfloat16": Program("spikingjelly_engine", "bfloat16", "bfloat16"),
    "sinabs": Program("sinabs_engine", "engine", "libraries"),
    "norse": Program("norse_engine", "engine", "libraries"),
    "snnTorch": Program("snntorch_engine", "engine", "libraries"),
    "PyTorch by hand": Program("hand_engine", "eager", "hand"),
    # Compiling takes a minute a cell, so it is done for the number of steps that the claim is about.
    "PyTorch by hand, compiled": Program("hand_engine", "compiled", "hand", steps=(16,)),
    "ANN PyTorch float32": Program("ann_engine", "float32", "ann"),
    "ANN PyTorch bfloat16": Program("ann_engine", "bfloat16", "ann"),
    "ANN ONNX Runtime float32": Program("onnx_engine", "float32", "ann"),
    "ANN ONNX Runtime int8": Program("onnx_engine", "int8", "ann"),
}
"""Every peer by the name that tables give it."""


class PeerError(RuntimeError):
    """A program's process ended."""


def peer_python() -> str:
    """Return the peers' Python, or end with a word on how to make their environment."""
    path = os.environ.get("PYSNN_PEERS_PYTHON", str(ROOT / ".venv-peers" / "bin" / "python"))
    if not Path(path).is_file():
        sys.exit(f"'{path}': no Python; `make peers` makes the peers' environment (benchmarks/peers/README.md)")
    return path


class Worker:
    """A program's process, bound to ``threads`` processors."""

    def __init__(self, name: str, program: Program, threads: int) -> None:
        self.name = name
        limits = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "MKL", "OPENBLAS", "NUMBA")}
        python = sys.executable if program.claim == "ours" else peer_python()
        # A fixed path: other variables of the caller that lead Python elsewhere are none of a peer's.
        environment = {**os.environ, **limits, **program.environment, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [python, "-W", "ignore", "-m", "benchmarks.peers.worker", program.module, program.maker, str(threads)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._short = False
        self.versions: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and wait for its answer.

        Raises
        ------
        PeerError
            The process ended; what it had to say is on stderr.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise PeerError(f"{self.name}: its process ended before {request}") from error
        line = self._process.stdout.readline()
        if not line:
            raise PeerError(f"{self.name}: its process ended at {request}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def prepare(self, **cell: Any) -> dict[str, Any]:
        """Get ready for a cell; give the set-up, the time of the first run and its result."""
        if not self.versions:
            self.versions = self.ask(do="versions")["versions"]
        answer = self.ask(do="prepare", **cell)
        self._short = answer["first_s"] < _SHORT_S
        return answer

    def run(self) -> list[tuple[float, float]]:
        """Run once, or several times if that is short; give wall and processor seconds of each."""
        runs: list[tuple[float, float]] = self.ask(do="run", short=self._short)["runs"]
        self._short = min(runs)[0] < _SHORT_S
        return runs

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
