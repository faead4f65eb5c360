"""Views, slices, padding, and questions about shapes."""

from typing import Any

from pysnn.errors import NetworkError
from pysnn.importers.torch.graph import Call, Value, settled
from pysnn.nodes import Crop, Pad, Subsample
from pysnn.nodes.base import spatial

__all__ = ["getitem", "identity", "pad", "pad_module", "split", "view"]

Pairs = list[tuple[int, int]]


def identity(_call: Call, x: Value, *_: Any, **__: Any) -> Value:
    """Translate what leaves values as they are."""
    return x


def view(call: Call, x: Value, *_: Any, **__: Any) -> Value:
    """Translate every change of shape that keeps the order: flatten, view, reshape, squeeze, unsqueeze.

    What shape was asked for, PyTorch has computed; here it only has to keep the samples apart.
    """
    return call.view(x)


def getitem(call: Call, x: Any, index: Any) -> Any:
    """Translate slices of channels, rows and columns, and take a part of a tuple."""
    if not isinstance(x, Value):
        return x[index]
    index = index if isinstance(index, tuple) else (index,)
    rank = len(x.shape) + 1
    if Ellipsis in index:
        at = index.index(Ellipsis)
        index = (*index[:at], *(slice(None),) * (rank - len(index) + 1), *index[at + 1 :])
    if len(index) > rank or not all(isinstance(part, slice) for part in index):
        raise NetworkError(f"the index {index} is not supported: only slices of channels, rows and columns")
    lengths = (call.batch, *x.shape)
    ranges = [range(*part.indices(size)) for part, size in zip(index, lengths, strict=False)]
    ranges += [range(size) for size in lengths[len(ranges) :]]
    if len(ranges[0]) != call.batch:
        raise NetworkError("it takes a part of the batch: keep the first axis whole")
    borders = [(part.start, size - part.stop) for part, size in zip(ranges[1:], x.shape, strict=True)]
    return _sliced(call, x, borders, [part.step for part in ranges[1:]])


def _sliced(call: Call, x: Value, borders: Pairs, steps: list[int]) -> Value:
    if not any(cut for border in borders for cut in border) and set(steps) == {1}:
        return x
    spatial(Crop(), call.name, settled(x).shape)
    (above, below), (left, right) = borders[1:]
    crop = Crop(channels=borders[0], space=(above, left, below, right))
    if set(steps) == {1}:
        return call.add(crop, x)
    if any(cut for border in borders for cut in border):
        x = call.add(crop, x, name=f"{call.name}.crop")
    return call.add(Subsample(space=(steps[1], steps[2]), channels=steps[0]), x)


def split(call: Call, tensor: Value, _size: Any, dim: int = 0) -> tuple[Value, ...]:
    """Translate ``chunk`` and ``split`` along the channels."""
    if dim % (len(tensor.shape) + 1) != 1:
        raise NetworkError(f"it splits along axis {dim}: only channels (dim=1) are supported")
    parts, start = [], 0
    for number, part in enumerate(call.result):
        end = start + part.shape[1]
        crop = Crop(channels=(start, tensor.shape[0] - end))
        parts.append(call.add(crop, tensor, name=f"{call.name}.{number}"))
        start = end
    return tuple(parts)


def pad(
    call: Call,
    x: Value,
    pad: Any,
    mode: str = "constant",
    value: Any = None,
) -> Value:
    """Translate ``torch.nn.functional.pad`` with zeros; negative numbers cut off."""
    if mode != "constant" or value not in (None, 0):
        raise NetworkError(f"padding with mode {mode!r} and value {value!r} is not supported: only zeros")
    given = [pad] * 4 if isinstance(pad, int) else list(pad)
    pairs = [(given[k], given[k + 1]) for k in range(0, len(given), 2)]
    if len(pairs) > len(x.shape):
        if any(pairs[-1]):
            raise NetworkError("it pads the batch: only channels, rows and columns can be padded")
        pairs.pop()
    spatial(Pad(), call.name, settled(x).shape)
    pairs += [(0, 0)] * (3 - len(pairs))
    for kind, sign in ((Crop, -1), (Pad, 1)):
        (left, right), (top, bottom), channels = ([max(0, sign * n) for n in pair] for pair in pairs)
        space = (top, left, bottom, right)
        if any(space) or any(channels):
            x = call.add(kind(channels=channels, space=space), x)
    return x


def pad_module(call: Call, module: Any, x: Value) -> Value:
    """Translate ``torch.nn.ZeroPad2d`` and ``ConstantPad2d``."""
    return pad(call, x, module.padding, value=module.value)
