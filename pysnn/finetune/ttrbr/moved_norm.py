"""Batch normalisation moved from the branches of an addition to behind it: the residual block A."""

from typing import Any

import torch
from torch import nn

from pysnn.errors import NetworkError
from pysnn.finetune.ttrbr.traced import Traced

__all__ = ["move_norms"]


def move_norms(traced: Traced, sums: list[Any], calibration: Any) -> None:
    """Let each sum be normalised before its activation, instead of its branches; the function stays the same.

    ``ReLU(bn2(conv2(h)) + s)`` becomes ``ReLU(bn(conv2'(h) + s))``: conv2' has the factor of bn2 in its weights, the shifts are
    bn's, and bn starts with the statistics of the sum on the calibration data and a factor that cancels them. In training it
    then normalises the sum, so that what a neuron gets through the shortcut is scaled too.
    """
    norms = [_move(traced, node) for node in sums]
    traced.finish()
    seen: dict[int, tuple[Any, Any]] = {}
    hooks = [norm.register_forward_pre_hook(_remember(seen)) for norm in norms]
    with torch.no_grad():
        traced.module(calibration)
        for hook, norm in zip(hooks, norms, strict=True):
            hook.remove()
            mean, variance = seen[id(norm)]
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.copy_((variance + norm.eps).sqrt())
            norm.bias.add_(mean)


def _move(traced: Traced, node: Any) -> Any:
    """Move the normalisation of both branches of one sum, and give the new one: so far with the shift only."""
    shift: Any = 0.0
    for source in list(node.all_input_nodes):
        if traced.kind(source) == "norm":
            shift = shift + _absorb(traced, source)
        elif not traced.from_neuron(source):
            raise NetworkError(
                f"restructure: block A moves the BatchNorm2d of a branch behind the sum '{node.name}' in "
                f"'{traced.owner(node)}'; the branch '{source.name}' ends with something else"
            )
    if not isinstance(shift, torch.Tensor):
        raise NetworkError(
            f"restructure: the sum '{node.name}' in '{traced.owner(node)}' has no branch with BatchNorm2d"
        )
    norm = nn.BatchNorm2d(len(shift), eps=1e-5).eval()
    with torch.no_grad():
        norm.running_var.fill_(1.0 - norm.eps)
        norm.bias.copy_(shift)
    owner = traced.owner(node)
    traced.insert_behind(node, f"{owner}.bn" if owner else "bn", norm)
    return norm


def _absorb(traced: Traced, node: Any) -> Any:
    """Take a normalisation out: its factor goes into the convolution before it, its shift is given back."""
    before, norm = node.all_input_nodes[0], traced.modules[node.target]
    if traced.kind(before) != "conv" or len(before.users) > 1 or len(node.users) > 1:
        raise NetworkError(f"restructure: '{node.target}' is not the one reader of a convolution before the sum")
    conv = traced.modules[before.target]
    with torch.no_grad():
        factor = (norm.running_var + norm.eps).rsqrt()
        if norm.affine:
            factor = factor * norm.weight
        shift = -norm.running_mean * factor
        if norm.affine:
            shift = shift + norm.bias
        if conv.bias is not None:
            shift = shift + conv.bias * factor
            conv.bias = None
        conv.weight.mul_(factor.reshape(-1, 1, 1, 1))
    traced.drop(node)
    return shift


def _remember(seen: dict[int, tuple[Any, Any]]) -> Any:
    def hook(norm: Any, inputs: tuple[Any, ...]) -> None:
        seen[id(norm)] = (inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3), unbiased=False))

    return hook
