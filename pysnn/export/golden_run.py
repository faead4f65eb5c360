"""The golden run of an exported network: what enters, and what comes out of the plan."""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pysnn.backends import get_backend
from pysnn.backends.base import RunOutput, RunRequest
from pysnn.encode import Events
from pysnn.encode.batch import Batches
from pysnn.files.golden import as_pixels
from pysnn.files.saved import SavedNetwork
from pysnn.nodes import Input
from pysnn.plan.limits import check_potentials
from pysnn.plan.ops import InputOp, Plan
from pysnn.plan.windows import window_of
from pysnn.random import philox
from pysnn.simulation.encoded import encoded
from pysnn.simulation.options import RunOptions

__all__ = ["GoldenRun", "golden_input", "golden_run", "own_steps", "uniform"]

_MOST_STEPS, _USUAL_STEPS = 32, 16
_WHITE = 255
_SPIKING = 0.125
"""Share of the inputs that spike in a step of drawn spikes."""


@dataclass(frozen=True, eq=False)
class GoldenRun:
    """A run that every runtime must repeat to the bit.

    ``input``: float32, float64 or uint8 ``(samples, ...)``, frames or uint8 counts ``(steps, samples, ...)``. ``scores``: float32 ``(samples, classes)``.
    ``spikes``: by the number of each operation with neurons, int32 ``(samples, C, H, W)``.
    """

    input: NDArray[Any]
    steps: int
    scores: NDArray[np.float32]
    spikes: dict[int, NDArray[np.int32]]

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return len(self.scores)

    def spikes_record(self) -> bytes:
        """Return the bytes of the spikes: operation, spikes of each sample, and the SHA-256 of all counts."""
        record = bytearray()
        for k, counts in self.spikes.items():
            record += np.uint64(k).tobytes()
            record += counts.reshape(len(counts), -1).sum(axis=1, dtype="<u8").tobytes()
            record += hashlib.sha256(counts.astype("<i4").tobytes()).digest()
        return bytes(record)


def golden_input(saved: SavedNetwork, first_layer: str) -> tuple[NDArray[Any], int]:
    """Return what enters a golden run, uint8 pictures where the first layer is in int8, and for how many steps: the first golden sample of the network's file, or one that is drawn."""
    counted = saved.settings.coding in ("spikes", "events")
    wanted = own_steps(saved) or (saved.golden.steps[-1] if saved.golden is not None else _USUAL_STEPS)
    steps = min(wanted, _MOST_STEPS)
    if saved.golden is None:
        node = saved.network.input
        if first_layer == "int8":
            return np.rint(_WHITE * uniform((1, *node.shape))).astype(np.uint8), steps
        return _drawn(node, saved.settings.coding, steps), steps
    given = saved.golden.input
    if first_layer == "int8":
        return as_pixels(given[:1]), steps
    if saved.settings.coding == "frames":
        return given[:steps, :1], min(steps, len(given))
    if counted:
        return given[:steps, :1].astype(np.uint8), min(steps, len(given))
    return given[:1], steps


def own_steps(saved: SavedNetwork) -> int | None:
    """Return for how many steps a network is meant; neurons with windows run in one pass."""
    return saved.settings.steps if window_of(saved.network) is None else 1


def golden_run(saved: SavedNetwork, plan: Plan, given: NDArray[Any], steps: int) -> GoldenRun:
    """Run the golden input with a plan."""
    settings = saved.settings
    counted = settings.coding in ("spikes", "events")
    data = Batches(Events.from_dense(given) if counted else given, frames=settings.coding == "frames")
    pixels = isinstance(plan.ops[0], InputOp) and plan.ops[0].coding == "pixels"
    first_layer: Literal["float32", "int8"] = "int8" if pixels else "float32"
    options = RunOptions(coding=settings.coding, dt=settings.dt, seed=settings.seed, first_layer=first_layer)
    check_potentials(plan, steps, None)
    request = RunRequest(
        encoded(saved.network.input, data, (0, data.samples), spec=plan.ops[0].spec, steps=steps, options=options),
        steps,
        (steps,),
        count=False,
        probe=True,
        keep_state=False,
    )
    output: RunOutput = get_backend("auto").compile(plan).run(request)
    spikes = {k: np.ascontiguousarray(output.probes[k].spikes[-1], dtype=np.int32) for k in sorted(output.probes)}
    return GoldenRun(given, steps, output.scores[-1], spikes)


def _drawn(node: Input, coding: str, steps: int) -> NDArray[Any]:
    """Draw one sample, the same each time: values over the range of the data, rates, or spikes."""
    if coding in ("spikes", "events"):
        return (uniform((steps, 1, *node.shape)) < _SPIKING).astype(np.uint8)
    values = uniform((steps, 1, *node.shape) if coding == "frames" else (1, *node.shape))
    if coding != "poisson" and node.data_range is not None:
        spread = (-1,) + (1,) * (len(node.shape) - 1)
        low, high = (
            np.asarray(bound, dtype=np.float64).reshape(spread)
            for bound in (node.data_range.least, node.data_range.most)
        )
        values = low + values * (high - low)
    return values.astype(np.float32 if node.scaling is None else np.float64)


def uniform(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return numbers in [0, 1), the same on every machine."""
    number = np.arange(np.prod(shape), dtype=np.uint64)
    zero = np.zeros_like(number)
    return np.asarray(philox((number, zero, zero, zero), seed=0)[0].astype(np.float64) * 2.0**-32).reshape(shape)
