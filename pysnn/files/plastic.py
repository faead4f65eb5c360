"""Save and load plastic networks with their state: ``.psnn`` files with a graph of their own kind (``docs/psnn_format.md``)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, FileFormatError, PysnnError
from pysnn.files import psnn
from pysnn.files.aside import network_path, write_aside
from pysnn.files.container import canonical_json, write_container
from pysnn.files.graph_values import LONGEST, Reader, Writer, as_object, check_keys, check_same, parse
from pysnn.files.saved import checked_provenance
from pysnn.plastic.describe import describe, network_from
from pysnn.plastic.network import PlasticNetwork
from pysnn.plastic.simulator import PlasticSimulator
from pysnn.plastic.state import PlasticState

__all__ = ["PlasticGolden", "SavedPlastic", "load", "make_plastic_golden", "save"]

_ROOT_KEYS = ("golden", "plastic", "provenance", "state")
_STATE_KEYS = ("arrays", "learned", "step")
_GOLDEN_KEYS = ("arrays", "dt", "seconds", "seed")
_TENSOR, _EMPTY = "tensor", "empty"


@dataclass(frozen=True, eq=False)
class PlasticGolden:
    """A run from the start, and all arrays of the state behind it, which every engine must repeat to the bit."""

    dt: float
    seconds: float
    seed: int
    arrays: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class SavedPlastic:
    """A plastic network as a file has it: maybe with the state of a run, and with a run that proves what it computes."""

    network: PlasticNetwork
    state: PlasticState | None = None
    golden: PlasticGolden | None = None
    provenance: Mapping[str, str | int | float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.network, PlasticNetwork):
            raise DataError(f"network: expected a PlasticNetwork, got {type(self.network).__name__}")
        object.__setattr__(self, "provenance", checked_provenance(self.provenance))

    def verify(self, **options: Any) -> None:
        """Run the golden run again and compare the state behind it, to the bit; ``options`` are those of :class:`PlasticSimulator`.

        Raises
        ------
        FileFormatError
            There are no golden vectors, or an array differs; the message names it.
        """
        if self.golden is None:
            raise FileFormatError("there are no golden vectors to verify; make_plastic_golden makes them")
        golden = self.golden
        again = make_plastic_golden(self.network, dt=golden.dt, seconds=golden.seconds, seed=golden.seed, **options)
        for name in sorted(golden.arrays.keys() | again.arrays.keys()):
            both = name in golden.arrays and name in again.arrays
            if not (both and np.array_equal(golden.arrays[name], again.arrays[name])):
                raise FileFormatError(f"golden vectors: {name} is another on this machine")


def make_plastic_golden(
    network: PlasticNetwork, *, dt: float, seconds: float, seed: int = 0, **options: Any
) -> PlasticGolden:
    """Run a network from its start, and keep the state.

    Examples
    --------
    >>> from pysnn.plastic import PoissonSource
    >>> sorted(make_plastic_golden(PlasticNetwork.of(a=PoissonSource(3, rate=2.0)), dt=1e-3, seconds=0.01).arrays)
    ['a.draws', 'a.recent']
    """
    state = PlasticSimulator(network, dt=dt, seed=seed, **options).run(seconds).state
    assert state is not None
    return PlasticGolden(dt, seconds, seed, dict(state.arrays))


def save(path: str | os.PathLike[str], network: PlasticNetwork, **parts: Any) -> Path:
    """Write a network, and maybe its ``state``, ``golden`` and ``provenance``, to a file that is there in full or not at all.

    Raises
    ------
    FileFormatError, DataError
        A part cannot be held by a file, or the name says another format.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pysnn.plastic import AllToAll, LIFCells, PairSTDP, PoissonSource, Projection
    >>> wires = Projection(pre="a", post="b", connector=AllToAll(), weight=0.5, rule=PairSTDP(mu_plus=0.5))
    >>> net = PlasticNetwork.of(a=PoissonSource(4, rate=1.0), b=LIFCells(size=1), wires=wires)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load(save(Path(folder) / "net.psnn", net)).network.projections["wires"].rule.mu_plus
    0.5
    """
    target = network_path(path)
    data = write_container(*_encode(SavedPlastic(network, **parts)))
    return write_aside(target, lambda aside: aside.write_bytes(data))


def load(path: str | os.PathLike[str]) -> SavedPlastic:
    """Read a plastic network from a file; errors as in :func:`pysnn.files.psnn.load`."""
    return psnn.load_with(_decode, path)


def _encode(saved: SavedPlastic) -> tuple[str, dict[str, NDArray[Any]]]:
    writer = Writer()
    golden, state = saved.golden, saved.state
    root = {
        "golden": None
        if golden is None
        else {
            "arrays": _plain(writer, golden.arrays, "golden"),
            "dt": golden.dt,
            "seconds": golden.seconds,
            "seed": golden.seed,
        },
        # Names in the order in which they stand: projections add up in it.
        "plastic": {
            kind: [[name, part] for name, part in _plain(writer, parts, kind).items()]
            for kind, parts in describe(saved.network).items()
        },
        "provenance": dict(saved.provenance),
        "state": None
        if state is None
        else {"arrays": _plain(writer, state.arrays, "state"), "learned": state.learned, "step": state.step},
    }
    return canonical_json(root), writer.tensors


def _plain(writer: Writer, value: Any, path: str) -> Any:
    """Return values for JSON; arrays become tensors, named by where they stand."""
    if isinstance(value, Mapping):
        return {name: _plain(writer, held, f"{path}/{name}") for name, held in value.items()}
    if not isinstance(value, np.ndarray):
        return value
    return writer.tensor(path, value) if value.size else {_EMPTY: [str(value.dtype), *value.shape]}


def _filled(reader: Reader, value: Any, where: str) -> Any:
    if isinstance(value, dict) and set(value) == {_TENSOR}:
        return reader.tensor(value, where)
    if isinstance(value, dict) and set(value) == {_EMPTY}:
        dtype, *shape = value[_EMPTY]
        return np.zeros(shape, dtype=dtype)
    return (
        {name: _filled(reader, held, f"{where}.{name}") for name, held in value.items()}
        if isinstance(value, dict)
        else value
    )


def _decode(text: str, tensors: Mapping[str, NDArray[Any]]) -> SavedPlastic:
    root = parse(text)
    if "plastic" not in root:
        raise FileFormatError("it holds no plastic network; pysnn.files.psnn.load reads others")
    check_keys("the graph", root, _ROOT_KEYS)
    reader = Reader(tensors)
    try:
        parts = {
            kind: {pair[0]: _filled(reader, pair[1], pair[0]) for pair in pairs}
            for kind, pairs in as_object("plastic", root["plastic"]).items()
        }
        provenance = as_object("provenance", root["provenance"])
        saved = SavedPlastic(
            network_from(parts), _state(reader, root["state"]), _golden(reader, root["golden"]), provenance
        )
        check_same(*_encode(saved), text, tensors)
    except FileFormatError:
        raise
    # The constructors are given hostile values here; whatever they raise, the file is at fault.
    except (PysnnError, TypeError, ValueError, OverflowError, AttributeError, LookupError) as error:
        raise FileFormatError(str(error)[:LONGEST]) from error
    return saved


def _state(reader: Reader, value: Any) -> PlasticState | None:
    if value is None:
        return None
    check_keys("state", as_object("state", value), _STATE_KEYS)
    return PlasticState(int(value["step"]), int(value["learned"]), _filled(reader, value["arrays"], "state"))


def _golden(reader: Reader, value: Any) -> PlasticGolden | None:
    if value is None:
        return None
    check_keys("golden", as_object("golden", value), _GOLDEN_KEYS)
    return PlasticGolden(
        float(value["dt"]), float(value["seconds"]), int(value["seed"]), _filled(reader, value["arrays"], "golden")
    )
