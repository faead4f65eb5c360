"""Compiled clips beside PyTorch's, and how they refuse arrays."""

from typing import Any, NamedTuple

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

from pysnn import _core
from pysnn.errors import DataError
from pysnn.finetune.ttrbr import simulate
from pysnn.finetune.ttrbr.clipped import clip_gradients, clipped
from tests.unit.finetune.ttrbr.small import torch


class Arrays(NamedTuple):
    current: Any
    noise: Any
    value: Any


@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
@pytest.mark.parametrize(("levels", "noisy"), [(None, False), (4, False), (3, True)])
@pytest.mark.parametrize(("shape", "per_channel"), [((7,), False), ((7,), True), ((5, 6, 9), False), ((5, 6, 9), True)])
def test_compiled_clips_are_pytorchs(
    kind: str,
    levels: int | None,
    noisy: bool,
    shape: tuple[int, ...],
    per_channel: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Values and their gradients to the bit; gradients of thresholds are sums, in another order."""
    generator = torch.Generator().manual_seed(5)
    z, noise, gradient = (
        (torch.randn(11, *shape, generator=generator) * 0.8 + 0.3).to(getattr(torch, kind)) for _ in range(3)
    )
    if len(shape) == 3:
        z = z.contiguous(memory_format=torch.channels_last)
    spread = (1, -1, *(1,) * (len(shape) - 1))
    th = torch.linspace(0.3, 1.7, shape[0]).reshape(spread) if per_channel else torch.tensor(0.83)
    found = []
    for compiled in (True, False):
        if not compiled:
            monkeypatch.setattr(simulate, "_core", None)
        value = clipped(z, th, levels, noise if noisy else None)
        found.append((value, *clip_gradients(z, value, th, gradient, levels is not None)))
    (value, of_z, of_threshold), expected = found
    assert torch.equal(value, expected[0])
    assert torch.equal(of_z, expected[1])
    assert (of_threshold.shape, of_threshold.dtype) == (th.shape, torch.float32)
    assert torch.allclose(of_threshold, expected[2], rtol=1e-5, atol=1e-5)
    assert 0.1 < float((value > 0).float().mean()) < 0.9
    assert float(expected[2].abs().max()) > 0.1


@pytest.mark.parametrize("sizes", [(12, None, 8), (12, 6, 12), (10, None, 10)])
def test_arrays_that_do_not_fit_are_refused(sizes: tuple[int | None, ...]) -> None:
    arrays = Arrays(*(None if size is None else np.zeros(size, dtype=np.float32) for size in sizes))
    with pytest.raises(DataError, match=rf"currents of 4 channels .* got {sizes[0]} currents"):
        _core.clip(arrays, np.ones(4, dtype=np.float32), levels=4, threads=1)


def test_arrays_that_share_memory_are_refused() -> None:
    shared = np.zeros(12, dtype=np.uint16)
    with pytest.raises(DataError, match="values: expected a contiguous array that shares nothing"):
        _core.clip(Arrays(shared, None, shared), np.ones(4, dtype=np.float32), levels=4, threads=1)
