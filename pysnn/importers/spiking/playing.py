"""The library's own run on data: what each neuron gives at each step."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, NetworkError
from pysnn.importers.spiking.folding import Folded
from pysnn.importers.spiking.library import Layout, Library, Parts
from pysnn.importers.spiking.tracing import as_it_was

__all__ = ["Play", "play"]


@dataclass(frozen=True, eq=False)
class Play:
    """What is to be run.

    Parameters
    ----------
    parts
        The module.
    folded
        What its trace did with time.
    names
        Its neurons.
    x
        float32 ``(samples, ...)``, or ``(steps, samples, ...)`` where ``sequence``.
    steps
        Number of steps.
    sequence
        Whether ``x`` has a map for each step.
    """

    parts: Parts
    folded: Folded
    names: tuple[str, ...]
    x: NDArray[np.float32]
    steps: int
    sequence: bool

    @property
    def module(self) -> Any:
        """The module."""
        return self.parts.module

    @property
    def library(self) -> Library:
        """Whose module it is."""
        return self.parts.library

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return len(self.x[0]) if self.sequence else len(self.x)

    @property
    def layout(self) -> Layout:
        """What its neurons take at once, which is one thing for all of them."""
        found = {self.library.layout(self.module.get_submodule(name)) for name in self.names}
        if len(found) > 1:
            raise NetworkError(
                f"expected neurons that all take one step, or all take all steps, got {' and '.join(sorted(found))}"
            )
        return found.pop()


def play(what: Play) -> Mapping[str, NDArray[np.float32]]:
    """Return the values of each neuron, ``(steps, samples, ...)``; hidden states are set back before and behind.

    Raises
    ------
    DataError
        The module cannot compute the data.
    NetworkError
        A neuron did not run once a step.
    """
    import torch

    layout = what.layout
    what.library.reset(what.module)
    sizes = _set_batch(what)
    collected: dict[str, list[Any]] = {name: [] for name in what.names}
    handles = []
    for name in what.names:
        keep, at = collected[name].append, what.parts.neuron(name).read
        handles.append(
            what.module.get_submodule(name).register_forward_hook(
                lambda *call, keep=keep, at=at: keep(_one(call[2], at))
            )
        )
    try:
        with torch.no_grad(), as_it_was(what.module, what.parts):
            _feed(what, layout)
    # The module's own code can raise anything.
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{type(what.module).__name__} cannot compute the data of shape {what.x.shape}: {reason}"
        ) from error
    finally:
        for handle in handles:
            handle.remove()
        for part, size in sizes:
            part.batch_size = size
        what.library.reset(what.module)
    return {name: _by_step(what, name, values) for name, values in collected.items()}


def _one(result: Any, at: int) -> Any:
    import torch

    if isinstance(result, list):
        return torch.stack(result).detach()
    return (result[at] if isinstance(result, tuple) else result).detach().clone()


def _set_batch(what: Play) -> list[tuple[Any, int]]:
    """Let modules that know the size of a batch, or the number of steps, take the data's; return what is to be set back."""
    parts = [part for part in what.module.modules() if hasattr(part, "batch_size") and hasattr(part, "num_timesteps")]
    for part in parts:
        if part.num_timesteps not in (-1, what.steps):
            raise DataError(f"{type(part).__name__} takes {part.num_timesteps} steps, and the data have {what.steps}")
    sizes = [(part, part.batch_size) for part in parts]
    for part in parts:
        part.batch_size = what.samples
    return sizes


def _feed(what: Play, layout: Layout) -> None:
    import torch

    x = torch.from_numpy(what.x.copy())
    alone = what.folded.repeats and not what.sequence
    if alone:
        what.module(x)
        return
    whole = x if what.sequence else x.unsqueeze(0).repeat(what.steps, *(1,) * x.ndim)
    if layout == "time" or (layout == "step" and what.folded.axis == 0):
        what.module(whole)
    elif layout == "flat" and not _unflattens(what):
        what.module(whole.transpose(0, 1).flatten(0, 1))
    elif layout in ("batch_time", "flat") or what.folded.axis == 1:
        what.module(whole.transpose(0, 1))
    else:
        _step_by_step(what, whole)


def _unflattens(what: Play) -> bool:
    return any(type(part).__name__ == "FlattenTime" for part in what.module.modules())


def _step_by_step(what: Play, whole: Any) -> None:
    """Call the module once a step; what it returns behind its first value is its state, and goes into the next call."""
    states = max(0, len(inspect.signature(what.module.forward).parameters) - 1)
    given: tuple[Any, ...] = (None,) * states
    needed = [
        part
        for part in list(inspect.signature(what.module.forward).parameters.values())[1:]
        if part.default is part.empty
    ]
    first = not needed
    for frame in whole:
        result = what.module(frame) if first else what.module(frame, *given)
        if states and isinstance(result, tuple | list) and len(result) > 1:
            given, first = tuple(result[1 : states + 1]), False


def _by_step(what: Play, name: str, values: list[Any]) -> NDArray[np.float32]:
    """Return a neuron's values ``(steps, samples, ...)``."""
    layout = what.library.layout(what.module.get_submodule(name))
    if layout == "step":
        if len(values) != what.steps:
            raise NetworkError(
                f"'{name}' ran {len(values)} times, and the data have {what.steps} steps: give steps={len(values)}"
            )
        return np.stack([value.numpy() for value in values])
    if len(values) != 1:
        raise NetworkError(f"'{name}' ran {len(values)} times, and takes all steps at once")
    array = values[0].numpy()
    if layout == "flat":
        array = array.reshape(what.samples, -1, *array.shape[1:])
    return np.asarray(array if layout == "time" else array.swapaxes(0, 1))
