"""``pysnn info``: this installation, or a network in a file."""

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from pysnn.backends import BACKENDS, available_backends
from pysnn.cli.show import show_rows
from pysnn.network import Network
from pysnn.result import ann_macs
from pysnn.tables import metadata

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
        typer.echo(f"{key}: {json.dumps(value) if isinstance(value, dict) else value}")
    typer.echo()
    show_rows(rows)


def _installation() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    from pysnn.simulate import usable_threads

    there = available_backends()
    rows = [{"backend": name, "there": name in there, "needs": entry.module} for name, entry in BACKENDS.items()]
    levels: dict[str, Any] = {"simd_levels": [], "simd_used": None}
    if "rust" in there:
        from pysnn.backends.rust import simd_level, simd_levels

        levels = {"simd_levels": simd_levels(), "simd_used": simd_level()}
    return rows, metadata(backend=there[0], threads=usable_threads(), **levels)


def _network(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    from dataclasses import asdict

    from pysnn.io.psnn import load

    saved = load(path)
    net = saved.network
    meta = {
        "file": str(path),
        "parameters": net.parameters,
        "neurons": sum(int(np.prod(net.shapes[name])) for name in net.neurons),
        "ann_macs": ann_macs(net),
        "settings": asdict(saved.settings),
        "provenance": dict(saved.provenance or {}),
    }
    return [_node_row(net, name) for name in net.order], meta


def _node_row(net: Network, name: str) -> dict[str, Any]:
    node = net.nodes[name]
    return {
        "node": name,
        "type": node.title,
        "shape": "x".join(map(str, net.shapes[name])),
        "parameters": sum(getattr(node, f).size for f in ("weight", "bias") if hasattr(node, f)),
        "from": ", ".join(net.sources[name]),
    }
