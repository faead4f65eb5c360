"""The arithmetic of TrueNorth's rule on whole numbers: the reference, which the compiled core repeats with ``==``."""

from dataclasses import dataclass
from math import prod

__all__ = ["Block", "Blocks", "PatchLink", "best_block", "place_blocks"]

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class PatchLink:
    """What leads into a layer.

    Numbers of the layers whose spikes arrive, and of the layer; whether every input meets every neuron; inputs of a neuron;
    groups, inputs and outputs of a group; inputs of a pool on the way; kernel and stride.
    """

    sources: tuple[int, ...]
    target: int
    dense: bool
    fan_in: int
    groups: int
    inputs: int
    outputs: int
    pool: int
    kernel: tuple[int, int]
    stride: tuple[int, int]

    def numbers(self) -> list[int]:
        """Return the fields in the order in which the compiled core takes them."""
        head = [self.target, int(self.dense), self.fan_in, self.groups, self.inputs, self.outputs, self.pool]
        return [*head, *self.kernel, *self.stride]

    def edges(self, number: int) -> list[list[int]]:
        """Return a row for each layer whose spikes arrive: its number, and the link's."""
        return [[source, number] for source in self.sources]


@dataclass(frozen=True)
class Block:
    """What a core holds of a layer, ``(channels, rows, columns)``, and the axons that this takes."""

    size: Shape
    axons: int

    @property
    def neurons(self) -> int:
        """How many neurons it holds."""
        return prod(self.size)

    def cores(self, shape: Shape) -> int:
        """Return how many blocks a layer of this shape takes."""
        return prod(-(-whole // part) for whole, part in zip(shape, self.size, strict=True))


@dataclass(frozen=True)
class Blocks:
    """By layer: its block, ``None`` where it is not placed, and the cores that a spike of it goes to."""

    blocks: tuple[Block | None, ...]
    copies: tuple[int, ...]


def place_blocks(shapes: tuple[Shape | None, ...], links: tuple[PatchLink, ...], limits: tuple[int, int]) -> Blocks:
    """Return the block of each layer that has a shape here, within the axons and neurons of a core."""
    into = [[link for link in links if link.target == k] for k in range(len(shapes))]
    blocks = tuple(None if shape is None else best_block(shape, into[k], limits) for k, shape in enumerate(shapes))
    copies = [0] * len(shapes)
    for link in links:
        block, shape = blocks[link.target], shapes[link.target]
        if block is not None and shape is not None:
            met = _met_blocks(link, block, shape)
            for source in link.sources:
                copies[source] += met
    return Blocks(blocks, tuple(copies))


def best_block(shape: Shape, links: list[PatchLink], limits: tuple[int, int]) -> Block | None:
    """Return the block of the fewest cores; of equal ones the one with the fewest rows, then columns.

    Examples
    --------
    >>> conv = PatchLink((0,), 1, False, 36, 1, 4, 16, 1, (3, 3), (1, 1))
    >>> best_block((16, 12, 12), [conv], (256, 256))
    Block(size=(16, 4, 4), axons=144)
    """
    _, height, width = shape
    neurons = limits[1]
    found: Block | None = None
    for high in range(1, min(height, neurons) + 1):
        for wide in range(1, min(width, neurons // high) + 1):
            block = _deepest(shape, (high, wide), links, limits)
            if block is None:
                break
            if found is None or block.cores(shape) < found.cores(shape):
                found = block
    return found


def _deepest(shape: Shape, patch: tuple[int, int], links: list[PatchLink], limits: tuple[int, int]) -> Block | None:
    """Return the block with a patch of positions and the most channels, or ``None`` where its axons are too many."""
    axons, neurons = limits
    deep = min(shape[0], neurons // prod(patch))
    while deep >= 1:
        used = sum(_axons(link, patch, deep, shape[0]) for link in links)
        if used <= axons:
            return Block((deep, *patch), used)
        if all(link.groups == 1 for link in links):
            return None
        deep -= 1
    return None


def _axons(link: PatchLink, patch: tuple[int, int], deep: int, channels: int) -> int:
    """Return the inputs that a patch of positions of some channels sees."""
    if link.dense:
        return link.fan_in
    groups = -(-deep * link.groups // channels)
    return (
        groups
        * link.inputs
        * link.pool
        * prod((n - 1) * s + k for n, s, k in zip(patch, link.stride, link.kernel, strict=True))
    )


def _met_blocks(link: PatchLink, block: Block, shape: Shape) -> int:
    """Return the cores of the target that a spike goes to."""
    if link.dense:
        return block.cores(shape)
    deep = -(-link.outputs // block.size[0])
    return deep * prod(_met(*sides) for sides in zip(link.kernel, link.stride, block.size[1:], shape[1:], strict=True))


def _met(kernel: int, stride: int, block: int, outputs: int) -> int:
    """Return the most blocks, along an axis, whose windows hold one input."""
    windows = min(-(-kernel // stride), outputs)
    return min(-(-outputs // block), -(-(windows - 1) // block) + 1)
