"""Batch normalisation with a compiled backward pass: beside PyTorch's."""

import copy
from typing import Any, NamedTuple

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

from pysnn import _core
from pysnn.errors import DataError
from pysnn.finetune import restructure
from pysnn.finetune.ttrbr import simulate
from pysnn.finetune.ttrbr.norm import TrainableNorm2d
from pysnn.importers.torch import from_torch
from tests.unit.finetune.ttrbr.small import torch


class Arrays(NamedTuple):
    values: Any
    arriving: Any
    leaving: Any


class OfChannels(NamedTuple):
    mean: Any
    inverse: Any
    weight: Any


def norm_of(channels: int, *, frozen: bool = False, **fields: Any) -> Any:
    norm = torch.nn.BatchNorm2d(channels, **fields)
    generator = torch.Generator().manual_seed(channels)
    with torch.no_grad():
        for values in [*norm.parameters(), norm.running_mean, norm.running_var]:
            if values is not None:
                values.copy_(torch.rand(channels, generator=generator) + 0.5)
    return norm.train(not frozen)


def results(norm: Any, x: Any, arriving: Any) -> list[Any]:
    """Return what a normalisation gives, the gradients of values, weights and biases, and its statistics."""
    own = x.clone().requires_grad_()
    output = norm(own)
    output.backward(arriving)
    return [output, own.grad, norm.weight.grad, norm.bias.grad, *norm.buffers()]


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("channels", [3, 16, 80])
@pytest.mark.parametrize("order", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize(("kind", "tolerance"), [(torch.float32, 2e-6), (torch.bfloat16, 1 / 128)])
def test_it_is_pytorchs(frozen: bool, channels: int, order: Any, kind: Any, tolerance: float) -> None:
    generator = torch.Generator().manual_seed(1)
    x, arriving = (torch.randn(9, channels, 6, 5, generator=generator).to(kind) for _ in range(2))
    x, arriving = x.contiguous(memory_format=order) * 0.7 + 0.4, arriving.contiguous(memory_format=order)
    norm = norm_of(channels, frozen=frozen)
    expected = results(copy.deepcopy(norm), x, arriving)
    got = results(TrainableNorm2d.of(norm), x, arriving)
    assert torch.equal(got[0], expected[0])
    for own, other in zip(got[4:], expected[4:], strict=True):
        assert torch.equal(own, other)
    for own, other in zip(got[1:4], expected[1:4], strict=True):
        assert (own.shape, own.dtype) == (other.shape, other.dtype)
        assert float((own.float() - other.float()).abs().max()) <= tolerance * float(other.abs().max())
        assert float(other.abs().max()) > 0.1


def test_gradients_are_those_of_float64() -> None:
    """Far from the origin, where sums of squares would cancel."""
    x = torch.randn(40, 16, 8, 8, generator=torch.Generator().manual_seed(2)) + 50
    arriving = torch.randn(40, 16, 8, 8, generator=torch.Generator().manual_seed(3))
    norm = norm_of(16)
    expected = results(copy.deepcopy(norm).double(), x.double(), arriving.double())
    got = results(TrainableNorm2d.of(norm), x, arriving)
    for own, other in zip(got[1:4], expected[1:4], strict=True):
        assert float((own - other).abs().max()) <= 2e-4 * float(other.abs().max())


@pytest.mark.parametrize("fields", [{"momentum": None}, {"track_running_stats": False}, {}])
def test_where_compiled_code_does_not_serve_it_is_pytorchs_own(
    fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, arriving = torch.randn(2, 4, 4, 3, 3)
    if not fields:
        monkeypatch.setattr(simulate, "_core", None)
    norm = norm_of(4, **fields)
    for own, other in zip(
        results(TrainableNorm2d.of(copy.deepcopy(norm)), x, arriving), results(norm, x, arriving), strict=True
    ):
        assert torch.equal(own, other)


def test_a_normalisation_without_parameters_goes_through() -> None:
    norm = TrainableNorm2d.of(torch.nn.BatchNorm2d(4, affine=False))
    x = torch.randn(4, 4, 3, 3, requires_grad=True)
    norm(x).sum().backward()
    assert norm.weight is None
    assert float(x.grad.abs().max()) < 1e-5


def test_restructured_models_have_it_under_the_same_names_and_are_imported() -> None:
    model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3, bias=False), norm_of(3, frozen=True), torch.nn.ReLU()).eval()
    found = restructure(model, calibration=torch.rand(4, 2, 6, 6, generator=torch.Generator().manual_seed(0)))
    assert isinstance(found.get_submodule("1"), TrainableNorm2d)
    assert {"1.weight", "1.running_var"} < set(found.state_dict())
    assert any(type(node).__name__ == "Affine" for node in from_torch(found, torch.zeros(1, 2, 6, 6)).nodes.values())


@pytest.mark.parametrize(
    ("sizes", "told"),
    [((12, 8, 12, 4), "12 values, 8 and 12 gradients"), ((12, 12, 12, 5), "values of 5 channels")],
)
def test_arrays_that_do_not_fit_are_refused(sizes: tuple[int, ...], told: str) -> None:
    arrays = Arrays(*(np.zeros(size, dtype=np.float32) for size in sizes[:3]))
    channels = OfChannels(*(np.ones(sizes[3], dtype=np.float32) for _ in range(3)))
    with pytest.raises(DataError, match=told):
        _core.norm_backward(arrays, channels, frozen=False, threads=1)
    shared = np.zeros(12, dtype=np.float32)
    with pytest.raises(DataError, match="shares nothing"):
        _core.norm_backward(
            Arrays(shared, shared, shared), OfChannels(*np.ones((3, 4), np.float32)), frozen=False, threads=1
        )
