"""Residual networks rewritten for few time-steps: a trainable clip for every ReLU, and residual blocks of another form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pysnn.errors import DataError, NetworkError
from pysnn.finetune.ttrbr.clip import LEAST_THRESHOLD, HeldCurrent, SpikingMaxPool2d, TrainableClip
from pysnn.finetune.ttrbr.clock import Clock, running
from pysnn.finetune.ttrbr.moved_norm import move_norms
from pysnn.finetune.ttrbr.norm import TrainableNorm2d
from pysnn.finetune.ttrbr.traced import Traced

__all__ = ["BLOCKS", "Block", "Clips", "Rule", "rewrite"]

Block = Literal["none", "A", "B", "C"]

BLOCKS: tuple[Block, ...] = ("none", "A", "B", "C")

Rule = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""From activations ``(groups, values)`` to a threshold for each group; 0 for a group that is never active."""

# Of a group's activations at most so many, evenly spread, decide on its first threshold.
_MOST_VALUES = 200_000


@dataclass(frozen=True)
class Clips:
    """What the clips of a model have in common: how the first threshold is chosen, levels, a threshold per channel or one."""

    rule: Rule
    levels: int | None = None
    per_channel: bool = False


def rewrite(model: Any, block: Block, calibration: Any, clips: Clips) -> Any:
    """Rewrite a network; :func:`pysnn.finetune.restructure` is what callers want.

    Parameters
    ----------
    model
        A ``torch.nn.Module`` with ReLUs; it is not changed.
    block
        One of :data:`BLOCKS`.
    calibration
        A tensor of samples, normalised as the model expects it.
    clips
        What takes the place of the ReLUs.
    """
    if block not in BLOCKS:
        raise DataError(f"restructure: block must be one of {', '.join(BLOCKS)}, got {block!r}")
    traced = Traced(model)
    traced.module.eval()
    sums = _residual_sums(traced) if block != "none" else []
    if block == "A":
        move_norms(traced, sums, calibration)
    if block == "B":
        _activate_branches(traced, sums)
    clock = Clock()
    if block == "C":
        _pass_currents(traced, sums, clock)
    _replace(traced, calibration, clips, clock)
    if not traced.nodes("clip"):
        raise NetworkError("restructure: expected a network with ReLUs, got none")
    result = traced.finish()
    _start_thresholds(result, calibration, clips.rule)
    return result.train(model.training)


def _replace(traced: Traced, calibration: Any, clips: Clips, clock: Clock) -> None:
    """Put a clip in the place of every ReLU, the pool of spikes in that of every max-pool, and normalisation that is faster."""
    sizes = _channels(traced, calibration)
    for node in traced.nodes("relu"):
        owner = traced.owner(node)
        clip = TrainableClip(sizes[node.name] if clips.per_channel else None, levels=clips.levels, clock=clock)
        traced.replace(node, f"{owner}.clip" if owner else "clip", clip)
    for node in traced.nodes("max_pool"):
        pool = SpikingMaxPool2d.of(traced.modules[node.target], clock)
        traced.replace(node, f"{node.target}_spiking", pool)
    for node in traced.nodes("norm"):
        traced.exchange(node, TrainableNorm2d.of(traced.modules[node.target]))


def _residual_sums(traced: Traced) -> list[Any]:
    """Return the additions of residual blocks, each with an activation behind it.

    Raises
    ------
    NetworkError
        There is none, or a sum goes on without an activation.
    """
    found = traced.nodes("add")
    if not found:
        raise NetworkError(
            "restructure: expected residual blocks, found no addition; block='none' is for other networks"
        )
    for node in found:
        readers = [traced.kind(reader) for reader in node.users]
        if readers != ["relu"]:
            raise NetworkError(
                f"restructure: the sum '{node.name}' in '{traced.owner(node)}' is not read by its activation alone: blocks A, B "
                "and C are made of blocks with a ReLU behind the addition (a pre-activation network takes block='none')"
            )
    return found


def _activate_branches(traced: Traced, sums: list[Any]) -> None:
    """Put an activation before the addition into each branch that does not come from one: only spikes meet."""
    for node in sums:
        for source in list(node.all_input_nodes):
            if not traced.from_neuron(source):
                owner = traced.owner(node)
                new = traced.insert_behind(source, f"{owner}.branch" if owner else "branch", nn.ReLU(), node)
                new.meta = dict(node.meta)


def _pass_currents(traced: Traced, sums: list[Any], clock: Clock) -> None:
    """Let shortcuts without weights carry what the neuron before the block gets, and not what it gives."""
    for node in sums:
        for source in node.all_input_nodes:
            reader, behind = node, source
            while traced.kind(behind) != "relu" and traced.from_neuron(behind):
                reader, behind = behind, behind.all_input_nodes[0]
            if traced.kind(behind) == "relu":
                current, owner = behind.all_input_nodes[0], traced.owner(node)
                reader.replace_input_with(behind, current)
                traced.insert_behind(current, f"{owner}.held" if owner else "held", HeldCurrent(clock), reader)


def _channels(traced: Traced, calibration: Any) -> dict[str, int]:
    """Return the number of channels at every ReLU."""
    found: dict[str, int] = {}

    class Shapes(torch.fx.Interpreter):  # type: ignore[misc]
        def run_node(self, n: Any) -> Any:
            value = super().run_node(n)
            if traced.kind(n) == "relu":
                found[n.name] = int(value.shape[1])
            return value

    with torch.no_grad():
        Shapes(traced.finish()).run(calibration[:1])
    return found


def _start_thresholds(model: Any, calibration: Any, rule: Rule) -> None:
    """Choose each clip's first threshold from what its ReLU gives on calibration data."""
    with torch.no_grad(), running(model, "observe"):
        model(calibration)
        for name, module in model.named_modules():
            if isinstance(module, TrainableClip):
                module.threshold.copy_(_first(name, module, rule))
                module.kept = None


def _first(name: str, module: Any, rule: Rule) -> Any:
    groups = module.threshold.numel()
    values = module.kept.movedim(1, 0).reshape(groups, -1)
    values = values[:, :: max(1, values.shape[1] // _MOST_VALUES)]
    found = torch.from_numpy(np.asarray(rule(values.cpu().numpy()))).float()
    if not torch.isfinite(found).all() or not (found > 0).any():
        raise DataError(f"restructure: '{name}' is never active on the calibration data; give more or other samples")
    found = torch.where(found > 0, found, found.max()).clamp(min=LEAST_THRESHOLD)
    return found.reshape(module.threshold.shape)
