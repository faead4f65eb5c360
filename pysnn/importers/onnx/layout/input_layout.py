"""How a network's input lies in a model's: the model may take vectors, or maps with channels last."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.encode.layout import laid_out
from pysnn.errors import NetworkError
from pysnn.importers.onnx.file.model import ModelInput
from pysnn.importers.onnx.layout.views import View, is_plain, order, plain, strided
from pysnn.nodes.base import Shape

__all__ = ["InputLayout"]


@dataclass(frozen=True)
class InputLayout:
    """The batch and the sizes of one sample in the model, and the shape that the network's input has instead.

    The model's values are those of the network's input read through ``view``, see :mod:`pysnn.importers.onnx.layout.views`.
    """

    batch: int
    sizes: Shape
    core: Shape
    view: View

    @classmethod
    def of(cls, found: ModelInput) -> "InputLayout":
        """Return the layout that an input has by itself: a vector or a map in the model's own order.

        Raises
        ------
        NetworkError
            A dimension other than the batch is open, or there are too many of them.
        """
        what = f"input '{found.name}'"
        assert found.dimensions is not None
        batch, *dimensions = found.dimensions or (None,)
        sizes = []
        for axis, size in enumerate(dimensions, start=1):
            if not isinstance(size, int):
                raise NetworkError(
                    f"{what}: dimension {axis} ({size or 'unnamed'}) is dynamic; export the model with it fixed "
                    "(only the batch may be dynamic)"
                )
            sizes.append(size)
        core = _core(tuple(sizes))
        if core is None:
            raise NetworkError(
                f"{what}: expected (batch, n) or (batch, channels, height, width), or as many sizes above 1, "
                f"got {found.dimensions}"
            )
        return cls(batch if isinstance(batch, int) else 1, tuple(sizes), core, plain(int(np.prod(core, dtype=object))))

    def turned(self, core: Shape, view: View) -> "InputLayout":
        """Return the layout with another shape of the network's input."""
        return InputLayout(self.batch, self.sizes, core, view)

    def channels_first(self) -> "InputLayout | None":
        """Return the layout of a model that takes (height, width, channels); ``None`` where it cannot be one."""
        if len(self.sizes) != 3:
            return None
        height, width, channels = self.sizes
        core = (channels, height, width)
        return self.turned(core, strided(core, (1, 2, 0)))

    @property
    def note(self) -> str | None:
        """A sentence on the data that the network takes, where those of the model are not simply the same."""
        fitting = laid_out(np.empty((0, *self.sizes)), self.core) is not None
        if fitting and is_plain(self.view):
            return None
        also = f" or, as the model does, {self.sizes}" if fitting else f", the model takes {self.sizes}"
        return f"the network takes samples of shape {self.core}, channels first{also}"

    def to_model(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return samples that the network takes as the model takes them."""
        flat = x.reshape(len(x), -1)
        if not is_plain(self.view):
            flat = flat[:, order(self.view)]
        return flat.reshape(len(x), *self.sizes)


def _core(sizes: Shape) -> Shape | None:
    if len(sizes) in (1, 3):
        return sizes
    large = tuple(size for size in sizes if size != 1)
    if not sizes or len(large) > 3:
        return None
    if len(large) == 2:
        return (1, *large)
    return large or (1,)
