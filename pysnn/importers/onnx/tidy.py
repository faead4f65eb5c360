"""Small rewrites of an assembled graph that change no result: layers that nothing reads, biases, averages over the map."""

from dataclasses import replace

import numpy as np

from pysnn.arrays import per_channel
from pysnn.importers.onnx.assembly import Assembly
from pysnn.nodes import Affine, AvgPool2d, Conv2d, Flatten, GlobalAvgPool, Linear

__all__ = ["tidy"]


def tidy(assembly: Assembly) -> None:
    """Rewrite in place: a shift behind a weight layer is its bias; an average over the map and a Flatten are one node."""
    _drop_unread(assembly)
    readers: dict[str, list[str]] = {name: [] for name in assembly.nodes}
    sources: dict[str, list[str]] = {name: [] for name in assembly.nodes}
    for source, target in assembly.edges:
        readers[source].append(target)
        sources[target].append(source)
    taken: dict[str, str] = {}
    for name, node in list(assembly.nodes.items()):
        if len(sources[name]) != 1 or len(readers[sources[name][0]]) != 1:
            continue
        before = taken.get(sources[name][0], sources[name][0])
        first = assembly.nodes[before]
        if isinstance(node, Affine) and isinstance(first, Conv2d | Linear) and np.all(node.scale == 1.0):
            shift = per_channel(node.shift, first.weight.shape[0], f"Affine '{name}': shift")
            assembly.nodes[before] = replace(first, bias=first.bias + shift)
        elif isinstance(node, Flatten) and isinstance(first, AvgPool2d) and _covers(assembly, first, before, sources):
            assembly.nodes[before] = GlobalAvgPool()
        else:
            continue
        taken[name] = before
        del assembly.nodes[name]
    assembly.edges = [(taken.get(source, source), target) for source, target in assembly.edges if target not in taken]


def _drop_unread(assembly: Assembly) -> None:
    """Drop layers that the last one, the output, does not depend on."""
    sources: dict[str, list[str]] = {name: [] for name in assembly.nodes}
    for source, target in assembly.edges:
        sources[target].append(source)
    waiting, read = [next(reversed(assembly.nodes))], set()
    while waiting:
        name = waiting.pop()
        if name not in read:
            read.add(name)
            waiting += sources[name]
    assembly.nodes = {name: node for name, node in assembly.nodes.items() if name in read}
    assembly.edges = [(source, target) for source, target in assembly.edges if target in read]


def _covers(assembly: Assembly, pool: AvgPool2d, name: str, sources: dict[str, list[str]]) -> bool:
    return pool.kernel == assembly.shapes[sources[name][0]][1:] and not any(pool.padding)
