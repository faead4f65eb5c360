"""From a trained spiking module to a network that gives its spikes."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric, is_finite
from pysnn.errors import DataError, MissingExtraError, NetworkError
from pysnn.importers.spiking.folding import Folded, fold_time
from pysnn.importers.spiking.library import Library, Parts
from pysnn.importers.spiking.playing import Play, play
from pysnn.importers.spiking.pools import settle_pools
from pysnn.importers.spiking.readout import with_readout
from pysnn.importers.spiking.tracing import traced_steps
from pysnn.importers.torch.importer import check_module, clean
from pysnn.importers.torch.walk import translate
from pysnn.network import Network
from pysnn.neurons import IF
from pysnn.nodes import Affine
from pysnn.plan.ops import MAX_COUNT

if TYPE_CHECKING:
    from pysnn.files.golden import Golden
    from pysnn.files.settings import Settings

__all__ = ["ImportedModule", "Request", "import_module"]

_LOG = logging.getLogger("pysnn")
_CODINGS = ("constant", "spikes", "frames")
_CLOSE = 1e-5
"""Largest difference of the potentials of neurons that never fire, relative to the largest one: sums in another order."""


@dataclass(frozen=True)
class Request:
    """What an import is told.

    Parameters
    ----------
    steps
        Number of time-steps; the data's own for coding "spikes" and "frames".
    coding
        "constant", "spikes" or "frames".
    readout
        "count", "potential", "first_spike", "mean_current", or "population:N": the spikes of N equal groups of neurons, one behind the other, are counted.
        By default counts, or potentials where the last neuron never fires.
    allow_differences
        Return the network also where spikes differ from the library's, and say how many.
    """

    steps: int | None = None
    coding: str = "constant"
    readout: str | None = None
    allow_differences: bool = False

    def __post_init__(self) -> None:
        if self.coding not in _CODINGS:
            raise DataError(f"coding must be one of {', '.join(_CODINGS)}, got {self.coding!r}")
        if self.coding == "constant" and self.steps is None:
            raise DataError("coding 'constant' needs steps, the number of time-steps")


@dataclass(frozen=True, eq=False)
class ImportedModule:
    """A module that was read.

    Attributes
    ----------
    network
        The network; nodes have the names of their modules.
    settings
        How it is meant to be run.
    golden
        The run on the given data, which every runtime must repeat. Where nothing differs it is the library's.
    differences
        By neuron: at how many of its (step, sample, neuron) values the network differs from the library.
    values
        How many values were compared.
    """

    network: Network
    settings: "Settings"
    golden: "Golden"
    differences: Mapping[str, int]
    values: int

    @property
    def sentence(self) -> str:
        """What the comparison found."""
        total = sum(self.differences.values())
        if not total:
            return f"all {self.values} values of {len(self.differences)} layers of neurons are the library's"
        first = next(name for name, count in self.differences.items() if count)
        return f"{total} of {self.values} values differ from the library's, {self.differences[first]} of them in '{first}', the first layer that differs"


def import_module(module: Any, x: Any, library: Library, request: Request) -> ImportedModule:
    """Read a library's module; see :func:`pysnn.importers.snntorch.from_module`."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("importing modules needs torch: pip install 'pysnn[torch]'") from error
    check_module(module)
    _check_hooks(module)
    sequence = request.coding != "constant"
    data = _data(x, sequence=sequence)
    steps = len(data) if sequence else int(request.steps or 0)
    if sequence and request.steps not in (None, steps):
        raise DataError(f"data: expected a map for each of {request.steps} steps, got {steps}")
    if Parts(library, module).find(module) is not None or library.opened(module) is not None:
        module = torch.nn.Sequential(module)
    library.reset(module)
    parts = Parts(library, module)
    network, folded = _traced(module, parts, data[0, :1] if sequence else data[:1], sequence=sequence)
    network = settle_pools(_folded_norms(network), spikes=request.coding == "spikes")
    network = with_readout(network, request.readout)
    names = tuple(name for name in network.order if isinstance(network.nodes[name], IF) and parts.is_named(name))
    theirs = play(Play(parts, folded, names, data, steps, sequence))
    return _compared(network, data, theirs, Request(steps, request.coding, request.readout, request.allow_differences))


def _check_hooks(module: Any) -> None:
    for name, part in module.named_modules():
        if any(getattr(part, hooks, None) for hooks in ("_forward_hooks", "_forward_pre_hooks")):
            raise NetworkError(
                f"{type(part).__name__} '{name}' has hooks, whose code the import cannot see: remove them first"
            )


def _data(x: Any, *, sequence: bool) -> NDArray[np.float32]:
    array = as_numeric(x, "data")
    least = 3 if sequence else 2
    form = "(steps, samples, ...)" if sequence else "(samples, ...)"
    if array.ndim < least or not array.size:
        raise DataError(f"data: expected {form} with at least one value, got the shape {array.shape}")
    if array.dtype == np.uint8 and not sequence:
        return array.astype(np.float32) / np.float32(255)
    found = array.astype(np.float32)
    if not is_finite(found):
        raise DataError("data: expected finite values")
    return found


def _traced(module: Any, parts: Parts, example: NDArray[np.float32], *, sequence: bool) -> tuple[Network, Folded]:
    """Trace a module as one that loops over a sequence, and if it does not, as one that takes a step."""
    import torch

    tensor = torch.from_numpy(example.copy())
    if sequence:
        # As many samples as steps: the module goes over either axis, and sees two rounds.
        pair = torch.cat([tensor, tensor])
        try:
            network, folded = _translated(module, parts, pair, (2, *pair.shape))
        except NetworkError:
            folded = Folded(None, repeats=False)
        if folded.axis is not None:
            return network, folded
    return _translated(module, parts, tensor, tuple(tensor.shape))


def _translated(module: Any, parts: Parts, tensor: Any, shape: tuple[int, ...]) -> tuple[Network, Folded]:
    before = set(vars(module))
    try:
        root, graph = traced_steps(module, parts, shape)
        folded = fold_time(graph, root, parts, tensor)
        network = translate(root, graph, tensor, parts.find)
        return network, folded if root is module else Folded(None, repeats=False)
    finally:
        clean(module, before)


def _folded_norms(network: Network) -> Network:
    """Fold batch normalisation into the weights, where there is any and no cycle is in the way."""
    from pysnn.convert.folding.fold import fold

    has_norms = any(isinstance(node, Affine) for node in network.nodes.values())
    try:
        return fold(network) if has_norms else network
    except NetworkError:
        return network


def _compared(
    network: Network, data: NDArray[np.float32], theirs: Mapping[str, NDArray[np.float32]], request: Request
) -> ImportedModule:
    """Run the network on the data and compare every value of every neuron."""
    from pysnn.files.golden import make_golden
    from pysnn.files.settings import Settings
    from pysnn.simulation.simulator import run

    how: dict[str, Any] = {"coding": request.coding, "steps": request.steps, "check_range": False}
    silent = [name for name in theirs if not network.nodes[name].fires]  # type: ignore[attr-defined]
    result = run(network, data, record=[name for name in theirs if name not in silent], record_potentials=silent, **how)
    ours = {**result.spikes, **result.potentials}
    found = {name: _differing(ours[name], values, name, network) for name, values in theirs.items()}
    settings = Settings(steps=request.steps, coding=request.coding)  # type: ignore[arg-type]
    imported = ImportedModule(
        network, settings, make_golden(network, data, settings), found, sum(value.size for value in theirs.values())
    )
    if any(found.values()) and not request.allow_differences:
        raise NetworkError(
            f"{imported.sentence}; with weights that are no multiples of a power of two, sums in another order can do this at thresholds: "
            "allow_differences=True (--allow-differences) imports it all the same"
        )
    _LOG.info("import: %s", imported.sentence)
    return imported


def _differing(ours: NDArray[Any], theirs: NDArray[np.float32], name: str, network: Network) -> int:
    if ours.size != theirs.size:
        raise NetworkError(f"'{name}': expected values of shape {ours.shape}, the library has {theirs.shape}")
    node = network.nodes[name]
    assert isinstance(node, IF)
    most = int(theirs.max()) if node.fires else 0
    if most > MAX_COUNT:
        raise NetworkError(f"'{name}': a neuron has {most} spikes in one step, and at most {MAX_COUNT} are counted")
    mine, other = ours.reshape(theirs.shape).astype(np.float64), theirs.astype(np.float64)
    if node.fires:
        return int(np.count_nonzero(mine != other))
    return int(np.count_nonzero(np.abs(mine - other) > _CLOSE * max(float(np.abs(other).max()), 1e-30)))
