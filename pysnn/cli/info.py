"""``pysnn info``: this installation, or a network in a file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from pysnn.ann import ann_macs
from pysnn.backends import BACKENDS, available_backends
from pysnn.cli.show import show_rows
from pysnn.cli.streams import one_line
from pysnn.network import Network
from pysnn.tables import metadata

if TYPE_CHECKING:
    from pysnn.files.first_spike import SavedFirstSpike

__all__ = ["info"]


def info(
    network: Annotated[Path | None, typer.Argument(metavar="[NET.psnn]", help="A network; none: this pysnn.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show version, backends, SIMD levels and threads, or a network's nodes, shapes and provenance."""
    rows, meta = _installation() if network is None else _network(network)
    if as_json:
        typer.echo(json.dumps({"rows": rows, "meta": meta}))
        return
    for key, value in meta.items():
        typer.echo(f"{key}: {json.dumps(value) if isinstance(value, dict) else one_line(str(value))}")
    typer.echo()
    show_rows(rows)


def _installation() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    from pysnn.processors import usable_threads

    there = available_backends()
    rows = [{"backend": name, "there": name in there, "needs": entry.module} for name, entry in BACKENDS.items()]
    levels: dict[str, Any] = {"simd_levels": [], "simd_used": None}
    if "rust" in there:
        from pysnn.backends.rust import simd_level, simd_levels

        levels = {"simd_levels": simd_levels(), "simd_used": simd_level()}
    return rows, metadata(backend=there[0], threads=usable_threads(), **levels)


def _network(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    from dataclasses import asdict

    from pysnn.files.first_spike import SavedFirstSpike, load_any
    from pysnn.plan.windows import window_of, window_timing

    saved = load_any(path)
    if isinstance(saved, SavedFirstSpike):
        return _first_spike(path, saved)
    net = saved.network
    meta = {
        "file": str(path),
        "parameters": net.parameters,
        "neurons": sum(int(np.prod(net.shapes[name])) for name in net.neurons),
        "ann_macs": ann_macs(net),
        "settings": asdict(saved.settings),
        "provenance": dict(saved.provenance or {}),
    }
    if window_of(net) is not None:
        meta["windows"] = asdict(window_timing(net))
    return [_node_row(net, name) for name in net.order], meta


def _first_spike(path: Path, saved: "SavedFirstSpike") -> tuple[list[dict[str, Any]], dict[str, Any]]:
    from pysnn.first_spike.counts import dense_macs
    from pysnn.plan.first_spike import WeightLayer

    net = saved.network
    meta = {
        "file": str(path),
        "parameters": sum(weight.size for weight in net.weights),
        "neurons": net.neurons,
        "ann_macs": dense_macs(net.plan),
        "settings": {"neuron": net.neuron, "steps": net.steps, "compare": net.compare},
        "provenance": dict(saved.provenance),
    }
    rows: list[dict[str, Any]] = []
    before, weights = "input", iter(net.weights)
    for given, layer in zip(net.layers, net.plan.layers, strict=True):
        height, width, channels = layer.out_shape
        parameters = next(weights).size if isinstance(layer, WeightLayer) else 0
        shape = f"{channels}x{height}x{width}" if height * width > 1 else str(channels)
        rows.append(
            {"node": layer.name, "type": type(given).__name__, "shape": shape, "parameters": parameters, "from": before}
        )
        before = layer.name
    return rows, meta


def _node_row(net: Network, name: str) -> dict[str, Any]:
    node = net.nodes[name]
    return {
        "node": name,
        "type": node.title,
        "shape": "x".join(map(str, net.shapes[name])),
        "parameters": sum(getattr(node, f).size for f in ("weight", "bias") if hasattr(node, f)),
        "from": ", ".join(net.sources[name]),
    }
