"""From a saved network to the bytes of an exported one."""

import struct
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pysnn.errors import DataError, PlanError
from pysnn.export import layout
from pysnn.export.first_spike import first_spike_sections
from pysnn.export.golden_run import GoldenRun, golden_input, golden_run, own_steps
from pysnn.files.first_spike import SavedFirstSpike
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import PRECISIONS, check_choice, check_integer
from pysnn.nodes import Input
from pysnn.plan import PlanOptions, compile_plan
from pysnn.plan.file.layout import DIGEST, FIRST, SECTIONS_AT, aligned, digest
from pysnn.plan.ops import MAX_COUNT
from pysnn.plan.options import UNITS
from pysnn.plan.pixels import pixel_means

__all__ = ["ExportOptions", "export_network"]


@dataclass(frozen=True)
class ExportOptions:
    """How a network is exported.

    Parameters
    ----------
    precision
        "float32" or "int8"; ``None``: the network's own. Networks of single spikes have float32.
    most_at_once
        Events that one input takes in one step, at most, where given spikes enter.
    units
        Of int8 weights, as in :class:`pysnn.plan.PlanOptions`.
    source
        SHA-256 of the file that the network comes from, 32 bytes.

    Raises
    ------
    DataError
        A field has the wrong type or value.
    """

    precision: Literal["float32", "int8"] | None = None
    most_at_once: int = 1
    units: Literal["exact", "power_of_two"] = "exact"
    source: bytes = bytes(32)

    def __post_init__(self) -> None:
        if self.precision is not None:
            check_choice("precision", self.precision, PRECISIONS)
        check_choice("units", self.units, UNITS)
        check_integer("most_at_once", self.most_at_once, 1, MAX_COUNT)
        if len(self.source) != len(bytes(32)):
            raise DataError(f"source: expected the 32 bytes of a SHA-256, got {len(self.source)}")


def export_network(saved: SavedNetwork | SavedFirstSpike, options: ExportOptions | None = None) -> bytes:
    """Return the bytes of an exported network: its plan or layers, what its input means, and a golden run; the same for the same content.

    Raises
    ------
    PlanError, RangeError, CapacityError
        The network cannot be run so; the message names the node or layer.

    Examples
    --------
    >>> from pysnn import IF, Input, Linear, Network, Output
    >>> net = Network.chain({"in": Input((2,)), "fc": Linear([[1.0, -1.0]]), "if": IF(), "out": Output("count")})
    >>> export_network(SavedNetwork(net), ExportOptions(precision="int8"))[:8]
    b'PYSNNEXP'
    """
    options = options or ExportOptions()
    if isinstance(saved, SavedFirstSpike):
        if options.precision == "int8":
            raise PlanError("a network of single spikes runs in float32, got precision 'int8'")
        return _joined(layout.FIRST_SPIKE, first_spike_sections(saved, options.source))
    settings = saved.settings
    precision = options.precision or settings.precision
    first_layer = settings.first_layer if precision == "int8" else "float32"
    given, steps = golden_input(saved, first_layer)
    counted = settings.coding in ("spikes", "events")
    most = max(options.most_at_once, int(given.max())) if counted else 1
    coding = "events" if settings.coding == "spikes" else settings.coding
    plan = compile_plan(saved.network, PlanOptions(precision, coding, settings.dt, most, options.units, first_layer))
    golden = golden_run(saved, plan, given, steps)
    pixels = first_layer == "int8"
    operations, prepared = (
        (0, pixel_means(saved.network.input).tobytes()) if pixels else _input_operations(saved.network.input)
    )
    about = layout.ABOUT.pack(
        layout.CODINGS.index("pixels" if pixels else settings.coding) + 1,
        len(saved.network.input.shape),
        own_steps(saved) or 0,
        golden.samples,
        golden.steps,
        layout.DTYPES[golden.input.dtype.str],
        settings.seed,
        settings.dt or 0.0,
        operations,
        options.source,
    ).ljust(layout.ABOUT_SIZE, b"\0")
    return _joined(layout.CLOCKED, (plan.to_bytes(), about, prepared, *_golden_sections(golden)))


def _golden_sections(golden: GoldenRun) -> tuple[bytes, bytes, bytes]:
    given = golden.input.astype(golden.input.dtype.newbyteorder("<"), copy=False)
    return np.ascontiguousarray(given).tobytes(), golden.scores.astype("<f4").tobytes(), golden.spikes_record()


def _input_operations(node: Input) -> tuple[int, bytes]:
    """Return what is done to data: 0 for nothing, 1 and mean and std, or one more than the operations, each with its values."""
    if node.scaling is not None:
        parts = [
            np.uint64(layout.OPERATIONS.index(name) + 1).tobytes() + values.astype("<f8").tobytes()
            for name, values in node.scaling
        ]
        return 1 + len(parts), b"".join(parts)
    if node.mean is None:
        return 0, b""
    return 1, node.mean.astype("<f4").tobytes() + node.std.astype("<f4").tobytes()


def _joined(kind: int, sections: tuple[bytes, ...]) -> bytes:
    """Lay sections one behind the other, at multiples of 64."""
    data = bytearray(FIRST)
    places: list[int] = []
    for section in sections:
        data.extend(bytes(aligned(len(data)) - len(data)))
        places += [len(data), len(section)]
        data.extend(section)
    head = layout.HEAD.pack(layout.MAGIC, layout.VERSION, kind, len(data), len(sections), 0)
    data[: len(head)] = head
    struct.pack_into(f"<{len(places)}Q", data, SECTIONS_AT, *places)
    data[DIGEST] = digest([data])
    return bytes(data)
