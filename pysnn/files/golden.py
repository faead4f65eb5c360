"""Golden vectors: a run that is kept in a file, so that every runtime can prove that it computes the same."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric
from pysnn.encode.layout import laid_out
from pysnn.errors import BackendError, DataError, FileFormatError, MissingExtraError, PysnnError
from pysnn.files.settings import PRECISIONS, Settings, check_choice, check_integer
from pysnn.frozen import FrozenDict
from pysnn.network import Network

__all__ = ["Golden", "as_pixels", "check_golden", "check_neurons", "make_golden"]

# Verifying a file from anyone must end soon.
_MOST_STEPS = 4096


@dataclass(frozen=True, eq=False)
class Golden:
    """A run that every runtime must repeat to the bit.

    Parameters
    ----------
    input
        What enters, float32 (float64 where the input has scaling): ``(samples, ...)``, or ``(steps, samples, ...)`` if the coding is "spikes" or "frames".
    scores
        float32 ``(len(steps), samples, classes)``.
    spikes
        By neuron node, all of them or some: int32 spike counts after the last step, ``(samples, C, H, W)``.
    steps
        Step counts at which the scores were read, ascending.
    precision
        "float32" or "int8". Coding, ``dt`` and seed are those of the settings.

    Raises
    ------
    DataError
        The arrays do not fit together.
    """

    input: NDArray[np.float32] | NDArray[np.float64]
    scores: NDArray[np.float32]
    spikes: Mapping[str, NDArray[np.int32]]
    steps: tuple[int, ...]
    precision: Literal["float32", "int8"] = "float32"

    def __post_init__(self) -> None:
        check_choice("golden precision", self.precision, PRECISIONS)
        for value in self.steps:
            check_integer("golden steps", value, 1, _MOST_STEPS)
        if not self.steps or list(self.steps) != sorted(set(self.steps)):
            raise DataError(f"golden: steps must ascend, got {self.steps}")
        wide = isinstance(self.input, np.ndarray) and self.input.dtype == np.float64
        _check_array("input", self.input, np.float64 if wide else np.float32, 2)
        _check_array("scores", self.scores, np.float32, 3)
        if self.scores.ndim != 3 or len(self.scores) != len(self.steps):
            raise DataError(f"golden: scores must be ({len(self.steps)}, samples, classes), got {self.scores.shape}")
        for name, counts in self.spikes.items():
            _check_array(f"spikes of '{name}'", counts, np.int32, 2)
        object.__setattr__(self, "spikes", FrozenDict(self.spikes))


def check_golden(network: Network, golden: Golden, settings: Settings, backend: str) -> None:
    """Run the golden input again and compare every score and every spike count that is there, to the bit.

    Raises
    ------
    FileFormatError
        The vectors cannot be run, or a value differs: the message names the first layer that differs.
    BackendError, MissingExtraError
        The backend is not there.
    """
    try:
        found = _run(network, golden, settings, backend, golden.spikes)
    except (BackendError, MissingExtraError):
        raise
    except PysnnError as error:
        raise FileFormatError(f"the golden vectors cannot be run: {error}") from error
    for name, ours, theirs in _compared(network, found, golden):
        if ours.shape != theirs.shape:
            raise FileFormatError(f"golden vectors: {name}: shape {theirs.shape} in the file, {ours.shape} here")
        if not np.array_equal(ours, theirs):
            at = tuple(int(i) for i in np.argwhere(ours != theirs)[0])
            raise FileFormatError(f"golden vectors: {name}: {theirs[at]} in the file, {ours[at]} here, at {at}")


def make_golden(
    network: Network,
    x: Any,
    settings: Settings,
    *,
    steps: Sequence[int] = (),
    backend: str = "auto",
    nodes: Collection[str] | None = None,
) -> Golden:
    """Run a few samples and keep what came out.

    Parameters
    ----------
    x
        Samples as :func:`pysnn.simulation.simulator.run` takes them; for coding "events" there are no golden vectors, give the same
        spikes as an array to coding "spikes".
    steps
        Step counts to read, ascending; those of the settings by default.
    nodes
        Names of the neuron nodes whose spike counts are kept; ``None``: all. Scores are always kept.

    Raises
    ------
    DataError
        ``x`` does not fit, nobody says how many steps, or the network has no such neuron node.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output
    >>> network = Network.chain({"in": Input((1,)), "if": IF(), "out": Output("count")})
    >>> golden = make_golden(network, [[0.5]], Settings(steps=4), backend="reference")
    >>> golden.spikes["if"].ravel().tolist()
    [2]
    >>> len(make_golden(network, [[0.5]], Settings(steps=4), backend="reference", nodes=()).spikes)
    0
    """
    kept = network.neurons if nodes is None else tuple(nodes)
    check_neurons("golden nodes", network, kept)
    read_at = tuple(int(value) for value in steps) or ((settings.steps,) if settings.steps else ())
    if not read_at:
        raise DataError("golden: steps are needed, here or in the settings")
    if settings.coding == "events":
        raise DataError("golden: events cannot be kept; give the same spikes as an array to coding 'spikes'")
    given = as_numeric(x, "golden input")
    fitting = laid_out(given, network.input.shape)
    # What does not fit is refused with the network's own words when it is run.
    array = given if fitting is None else fitting
    values: NDArray[Any] = array.astype(np.float32 if network.input.scaling is None else np.float64)
    if array.dtype == np.uint8 and network.input.scaling is None:
        values /= np.float32(255)
    empty = np.zeros((len(read_at), 1, 1), dtype=np.float32)
    request = Golden(values, empty, {}, read_at, settings.precision)
    return _run(network, request, settings, backend, kept)


def check_neurons(what: str, network: Network, names: Collection[str]) -> None:
    """Refuse names that no neuron node of the network has, with :class:`DataError`."""
    known = dict.fromkeys(network.neurons)
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        # The name first: the list may be cut off.
        raise DataError(f"{what}: got {unknown!r:.200}, expected neurons of the network: {', '.join(known) or 'none'}")


def _run(network: Network, golden: Golden, settings: Settings, backend: str, nodes: Collection[str]) -> Golden:
    """Run the input of ``golden`` and give what comes out, spikes of some neuron nodes."""
    from pysnn.simulation.simulator import run

    options = settings.options | {"precision": golden.precision, "check_range": False}
    given: NDArray[Any] = golden.input
    if golden.precision != "int8":
        options["first_layer"] = "float32"
    elif settings.first_layer == "int8":
        given = as_pixels(given)
    result = run(network, given, steps=golden.steps, backend=backend, probe=bool(nodes), count=False, **options)
    spikes = {name: np.ascontiguousarray(result.probes[name].spikes[-1], dtype=np.int32) for name in nodes}
    return Golden(golden.input, result.scores, spikes, golden.steps, golden.precision)


def as_pixels(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the pixels that values over 255 were."""
    pixels = np.clip(np.rint(255 * values.astype(np.float64)), 0, 255).astype(np.uint8)
    if not np.array_equal(pixels.astype(np.float32) / np.float32(255), values):
        raise DataError("golden input: first_layer 'int8' reads uint8 pixels, and these are other values")
    return pixels


def _compared(network: Network, ours: Golden, theirs: Golden) -> Iterator[tuple[str, NDArray[Any], NDArray[Any]]]:
    for name in (name for name in network.neurons if name in theirs.spikes):
        title = network.nodes[name].title
        yield f"spikes of {title} '{name}'", ours.spikes[name], theirs.spikes[name]
    yield f"scores of Output '{network.output_name}'", ours.scores, theirs.scores


def _check_array(name: str, array: object, dtype: type, ndim: int) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim < ndim or array.size == 0:
        kind = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise DataError(f"golden: {name} must be {np.dtype(dtype)} with at least {ndim} axes, got {kind}")
