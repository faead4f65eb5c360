"""Save and load first-spike networks: ``.psnn`` files with a graph of their own kind (``docs/psnn_format.md``)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pysnn.errors import DataError, FileFormatError, PysnnError
from pysnn.files import graph_json, psnn
from pysnn.files.aside import network_path, write_aside
from pysnn.files.container import canonical_json, quote, write_container
from pysnn.files.first_spike_golden import SpikeGolden, check_shapes, check_spike_golden
from pysnn.files.graph_values import LONGEST, Reader, Writer, as_list, as_object, check_keys, check_same, parse
from pysnn.files.saved import SavedNetwork, checked_provenance
from pysnn.first_spike import FirstSpikeNetwork
from pysnn.first_spike.layers import LAYERS, Layer
from pysnn.plan.first_spike import WeightLayer

__all__ = ["SavedFirstSpike", "dumps", "load", "load_any", "loads", "save"]

_ROOT_KEYS = ("first_spike", "golden", "provenance")
_NETWORK_KEYS = ("compare", "input_shape", "layers", "neuron", "steps", "weights")
_GOLDEN_KEYS = ("input", "times", "winners")
# The root's keys are sorted, and no other kind of graph has this one first.
_BEGINNING = '{"first_spike":'


@dataclass(frozen=True, eq=False)
class SavedFirstSpike:
    """A first-spike network as a file has it, where it comes from, and the run that proves what it computes.

    Raises
    ------
    DataError
        A part has the wrong type, or the golden vectors belong to another network.
    """

    network: FirstSpikeNetwork
    provenance: Mapping[str, str | int | float] = field(default_factory=dict)
    golden: SpikeGolden | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.network, FirstSpikeNetwork):
            raise DataError(f"network: expected a FirstSpikeNetwork, got {type(self.network).__name__}")
        object.__setattr__(self, "provenance", checked_provenance(self.provenance))
        if self.golden is not None:
            check_shapes(self.network, self.golden)

    def verify(self, *, backend: str = "auto") -> None:
        """Run the golden input again and compare every spike time, to the bit.

        Raises
        ------
        FileFormatError
            There are no golden vectors, they cannot be run, or a value differs; the message names the layer.
        """
        if self.golden is None:
            raise FileFormatError("there are no golden vectors to verify; make_spike_golden makes them")
        check_spike_golden(self.network, self.golden, backend)


def save(
    path: str | os.PathLike[str],
    network: FirstSpikeNetwork,
    *,
    provenance: Mapping[str, str | int | float] | None = None,
    golden: SpikeGolden | None = None,
) -> Path:
    """Write a network to a file, which is there in full or not at all, and return its path.

    Parameters
    ----------
    path
        The file, ``.psnn``; an existing one is replaced.
    network
        What to save.
    provenance
        Where it comes from: text or numbers by name.
    golden
        A run that every runtime must repeat: :func:`pysnn.files.first_spike_golden.make_spike_golden`.

    Raises
    ------
    FileFormatError, DataError
        A part cannot be held by a file, or the name says another format.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pysnn.first_spike import Dense
    >>> network = FirstSpikeNetwork.draw((4,), [Dense(units=3)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     saved = load(save(Path(folder) / "net.psnn", network, provenance={"rule": "stdbp"}))
    >>> saved.network.layers == network.layers, saved.provenance["rule"]
    (True, 'stdbp')
    """
    target = network_path(path)
    data = dumps(network, provenance=provenance, golden=golden)
    return write_aside(target, lambda aside: aside.write_bytes(data))


def load(path: str | os.PathLike[str]) -> SavedFirstSpike:
    """Read a first-spike network from a file; errors as in :func:`pysnn.files.psnn.load`."""
    return psnn.load_with(_decode, path)


def load_any(path: str | os.PathLike[str]) -> SavedNetwork | SavedFirstSpike:
    """Read a network of any kind from a file; errors as in :func:`pysnn.files.psnn.load`."""
    return psnn.load_with(_decode_any, path)


def dumps(
    network: FirstSpikeNetwork,
    *,
    provenance: Mapping[str, str | int | float] | None = None,
    golden: SpikeGolden | None = None,
) -> bytes:
    """Return the bytes that :func:`save` writes: the same for the same content, always."""
    return write_container(*_encode(SavedFirstSpike(network, provenance or {}, golden)))


def loads(data: bytes) -> SavedFirstSpike:
    """Read a network from a file's bytes; see :func:`load`."""
    return psnn.loads_with(_decode, data)


def _decode_any(text: str, tensors: Mapping[str, NDArray[Any]]) -> SavedNetwork | SavedFirstSpike:
    return _decode(text, tensors) if text.startswith(_BEGINNING) else graph_json.decode(text, tensors)


def _encode(saved: SavedFirstSpike) -> tuple[str, dict[str, NDArray[Any]]]:
    writer, network = Writer(), saved.network
    names = [layer.name for layer in network.plan.layers if isinstance(layer, WeightLayer)]
    root = {
        "first_spike": {
            # Files from before there were other codings stay as they are.
            **({} if network.coding == "bright" else {"coding": network.coding}),
            "compare": network.compare,
            "input_shape": list(network.input_shape),
            "layers": [_layer_json(writer, layer) for layer in network.layers],
            "neuron": network.neuron,
            # Files from before networks knew the range of their data stay as they are.
            **(
                {} if network.data_range is None else {"data_range": writer.value(network.data_range, "data_range", "")}
            ),
            "steps": network.steps,
            "weights": [
                writer.weights(f"{name}.weight", f"{name}.unit", weight, own=1)
                for name, weight in zip(names, network.weights, strict=True)
            ],
        },
        "golden": None if saved.golden is None else _golden_json(writer, saved.golden),
        "provenance": dict(saved.provenance),
    }
    return canonical_json(root), writer.tensors


def _layer_json(writer: Writer, layer: Layer) -> dict[str, Any]:
    kind = type(layer).__name__
    if LAYERS.get(kind) is not type(layer):
        raise FileFormatError(f"layer type {type(layer).__qualname__} is not registered")
    values = {item.name: getattr(layer, item.name) for item in fields(layer)}  # type: ignore[arg-type]
    return {"fields": {n: writer.value(v, f"{kind}: {n}", n) for n, v in values.items()}, "type": kind}


def _golden_json(writer: Writer, golden: SpikeGolden) -> dict[str, Any]:
    return {
        "input": writer.tensor("golden/input", golden.input),
        "times": [writer.tensor(f"golden/times/{n}", times) for n, times in enumerate(golden.times)],
        "winners": writer.tensor("golden/winners", golden.winners),
    }


def _decode(text: str, tensors: Mapping[str, NDArray[Any]]) -> SavedFirstSpike:
    """Return what a graph's text and its tensors describe; encoded again it must be the same."""
    root = parse(text)
    if not text.startswith(_BEGINNING):
        raise FileFormatError("it holds no first-spike network; pysnn.files.psnn.load reads others")
    check_keys("the graph", root, _ROOT_KEYS)
    reader = Reader(tensors)
    try:
        golden = None if root["golden"] is None else _golden(reader, root["golden"])
        provenance = as_object("provenance", root["provenance"])
        saved = SavedFirstSpike(_network(reader, root["first_spike"]), provenance, golden)
        check_same(*_encode(saved), text, tensors)
    except FileFormatError:
        raise
    # The constructors are given hostile values here; whatever they raise, the file is at fault.
    except (PysnnError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise FileFormatError(str(error)[:LONGEST]) from error
    return saved


def _network(reader: Reader, value: Any) -> FirstSpikeNetwork:
    known = {"coding", "data_range"} & set(as_object("first_spike", value))
    check_keys("first_spike", value, (*_NETWORK_KEYS, *known))
    layers = tuple(_layer(reader, item) for item in as_list("layers", value["layers"]))
    weights = [reader.weights(item, "weights", own=1) for item in as_list("weights", value["weights"])]
    shape = tuple(as_list("input_shape", value["input_shape"]))
    steps = value["steps"]
    if not all(type(size) is int for size in (*shape, steps)):
        raise FileFormatError("first_spike: expected whole numbers for input_shape and steps")
    fields = {name: value[name] for name in ("neuron", "steps", "compare", *(known - {"data_range"}))}
    if "data_range" in known:
        fields["data_range"] = reader.value(value["data_range"], "data_range")
    return FirstSpikeNetwork(shape, layers, tuple(weights), **fields)


def _layer(reader: Reader, value: Any) -> Layer:
    check_keys("a layer", as_object("a layer", value), ("fields", "type"))
    kind = value["type"]
    if not isinstance(kind, str) or kind not in LAYERS:
        raise FileFormatError(f"a layer: unknown type {quote(kind)}; this pysnn has {', '.join(LAYERS)}")
    given = as_object(f"{kind}: fields", value["fields"])
    known = {item.name: item for item in fields(LAYERS[kind])}  # type: ignore[arg-type]
    check_keys(f"{kind}: fields", given, known)
    found = {name: reader.value(item, f"{kind}: {name}") for name, item in given.items()}
    for name, item in found.items():
        if type(item) is not int and type(item) is not type(known[name].default):
            raise FileFormatError(f"{kind}: {name}: expected a number like {known[name].default}, got {quote(item)}")
    return LAYERS[kind](**found)


def _golden(reader: Reader, value: Any) -> SpikeGolden:
    check_keys("golden", as_object("golden", value), _GOLDEN_KEYS)
    times = as_list("golden: times", value["times"])
    return SpikeGolden(
        reader.tensor(value["input"], "golden: input"),
        tuple(reader.tensor(item, f"golden: times of layer {n}") for n, item in enumerate(times)),
        reader.tensor(value["winners"], "golden: winners"),
    )
