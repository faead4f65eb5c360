"""The clip, the neuron through T steps and its mean rate: values by their formulas, gradients by differences."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

from pysnn import IF, Input, Network, Output, Scale, run
from pysnn.errors import DataError, NetworkError
from pysnn.finetune.ttrbr import Clock, SpikingMaxPool2d, TrainableClip, clock_of, running, simulate
from pysnn.finetune.ttrbr.clip import HeldCurrent
from pysnn.finetune.ttrbr.dither import Dither
from pysnn.finetune.ttrbr.functions import Clip, Replay, Spikes
from pysnn.finetune.ttrbr.surrogate import surrogate_gradients
from tests.unit.finetune.ttrbr.small import torch

Z = torch.tensor([[-1.0, 0.3, 1.1], [0.9, 2.6, 0.2]], dtype=torch.float64)


def threshold(per_channel: bool) -> Any:
    values = [[0.8, 1.5, 0.7]] if per_channel else 0.8
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("per_channel", [False, True])
def test_gradients_of_the_clip_are_differences(per_channel: bool) -> None:
    z, th = Z.clone().requires_grad_(), threshold(per_channel)
    assert torch.autograd.gradcheck(lambda a, b: Clip.apply(a, b, None), (z, th))


def test_the_threshold_gets_the_gradient_of_what_is_clipped() -> None:
    z, th = Z.clone().requires_grad_(), threshold(per_channel=False)
    weights = torch.tensor([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]], dtype=torch.float64)
    (Clip.apply(z, th, None) * weights).sum().backward()
    assert th.grad.item() == 4 + 8 + 16
    assert z.grad.tolist() == [[0, 2, 0], [0, 0, 32]]


def test_levels_are_those_of_steps() -> None:
    z = torch.linspace(-0.5, 2.0, 101).reshape(1, -1) + 1e-4
    got = Clip.apply(z, torch.tensor(1.5), 4)
    net = Network.chain(
        {"in": Input((101,)), "n": IF(1.5, v_init=0.75), "s": Scale(1.5), "out": Output("mean_current")}
    )
    expected = run(net, z.numpy(), steps=4, backend="reference").scores[0]
    assert np.allclose(got.numpy(), expected, atol=1e-6)


def test_noise_of_one_level_rounds_to_the_mean() -> None:
    z = torch.full((1, 200_000), 0.63)
    value = Clip.apply(z, torch.tensor(1.0), 4, Dither(1.0).like(z))
    assert sorted(set(value.flatten().tolist())) == [0.5, 0.75]
    assert float(value.mean()) == pytest.approx(0.63, abs=2e-3)
    wide = Clip.apply(
        torch.tensor([[-0.5, 1.5]]).expand(1000, 2), torch.tensor(1.0), 4, Dither(6.0).like(torch.zeros(1000, 2))
    )
    assert 0 <= float(wide.min()) < float(wide.max()) <= 1


def test_noise_is_new_for_every_step_and_layer_and_in_the_order_of_maps() -> None:
    torch.manual_seed(0)
    noise, maps = Dither(1.0), torch.zeros(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    first, second = noise.like(maps), noise.like(maps)
    assert first.shape == maps.shape
    assert first.is_contiguous(memory_format=torch.channels_last)
    assert not first.equal(second)
    drawn = noise.values
    noise.redraw()
    assert not noise.like(maps).equal(first)
    assert not torch.equal(drawn, noise.values)


def test_only_training_is_noisy() -> None:
    clip = TrainableClip(levels=4)
    clip.clock.dither = Dither(1.0)
    z = torch.full((1, 1000), 0.63)
    assert clip.train()(z).unique().numel() == 2
    assert clip.eval()(z).unique().numel() == 1


def test_rounding_is_passed_straight_through() -> None:
    z, th = torch.tensor([[0.7, -0.2, 3.0]], requires_grad=True), torch.tensor(2.0, requires_grad=True)
    value = Clip.apply(z, th, 4)
    assert value.tolist() == [[0.5, 0.0, 2.0]]
    value.sum().backward()
    assert z.grad.tolist() == [[1, 0, 0]]
    # (0.5 - 0.7)/2 of what is rounded, 1 of what is clipped.
    assert th.grad.item() == pytest.approx(1 - 0.1)


@pytest.mark.parametrize("constant", [False, True])
def test_simulated_neurons_are_the_engines(constant: bool) -> None:
    steps, batch = 5, 3
    rng = np.random.default_rng(0)
    current = rng.normal(0.4, 0.6, (batch if constant else steps * batch, 4)).astype(np.float32)
    th, start = np.array([[0.5, 1.0, 0.7, 0.9], [0.2, 0.5, -0.3, 0.8]], dtype=np.float32)
    channels = (torch.from_numpy(th)[None], torch.from_numpy(start)[None])
    spikes = Spikes.apply(torch.from_numpy(current), *channels, steps, batch)
    v = np.broadcast_to(start, (batch, 4)).copy()
    for t in range(steps):
        v += current if constant else current[t * batch : (t + 1) * batch]
        expected = np.where(v >= th, th, np.float32(0))
        assert np.array_equal(spikes[t * batch : (t + 1) * batch].numpy(), expected)
        v -= expected


@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize(("shape", "per_channel"), [((7,), False), ((7,), True), ((5, 6, 9), False), ((5, 6, 9), True)])
def test_compiled_neurons_give_the_bits_of_pytorchs(
    kind: str, constant: bool, shape: tuple[int, ...], per_channel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, batch = 6, 5
    generator = torch.Generator().manual_seed(3)
    current = torch.randn(batch if constant else steps * batch, *shape, generator=generator) * 0.8 + 0.3
    current = current.to(getattr(torch, kind))
    th = torch.linspace(0.3, 1.7, shape[0]).reshape(-1, *(1,) * (len(shape) - 1)) if per_channel else torch.tensor(0.83)
    if current.dim() == 4:
        current = current.contiguous(memory_format=torch.channels_last)
    start = torch.linspace(-0.2, 0.9, shape[0]).reshape(-1, *(1,) * (len(shape) - 1))
    got = simulate.simulate(current, th, start, steps, batch)
    assert simulate.simulate(current.contiguous(), th, start, steps, batch)[0].equal(got[0])
    monkeypatch.setattr(simulate, "_core", None)
    expected = simulate.simulate(current, th, start, steps, batch)
    assert all(torch.equal(a, b) and a.dtype == b.dtype for a, b in zip(got, expected, strict=True))
    assert 0.1 < float((expected[0] > 0).float().mean()) < 0.9


@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize(("shape", "per_channel"), [((7,), False), ((7,), True), ((5, 6, 9), False), ((5, 6, 9), True)])
def test_the_compiled_backward_pass_is_pytorchs(
    kind: str, constant: bool, shape: tuple[int, ...], per_channel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradients of currents to the bit; those of thresholds and potentials are sums, in another order."""
    steps, batch = 3, 5
    generator = torch.Generator().manual_seed(4)
    current = torch.randn(batch if constant else steps * batch, *shape, generator=generator) * 0.8 + 0.3
    gradient = torch.randn(steps * batch, *shape, generator=generator).to(getattr(torch, kind))
    current = current.to(getattr(torch, kind))
    if current.dim() == 4:
        current = current.contiguous(memory_format=torch.channels_last)
    spread = (1, -1, *(1,) * (len(shape) - 1))
    th = torch.linspace(0.3, 1.7, shape[0]).reshape(spread) if per_channel else torch.tensor(0.83)
    start = torch.linspace(-0.2, 0.9, shape[0]).reshape(spread)
    got = surrogate_gradients(current, th, start, gradient, steps)
    assert surrogate_gradients(current.contiguous(), th, start, gradient, steps)[0].equal(got[0])
    monkeypatch.setattr(simulate, "_core", None)
    expected = surrogate_gradients(current, th, start, gradient, steps)
    assert torch.equal(got[0], expected[0])
    for own, other, of in zip(got, expected, (current, th, start), strict=True):
        assert own.shape == other.shape == of.shape
        assert own.dtype == other.dtype
        assert torch.allclose(own, other, rtol=1e-5, atol=1e-5)
        assert other.abs().max() > 0.1


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("constant", [False, True])
def test_backward_through_time_is_that_of_the_surrogate(
    constant: bool, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch derives the loop by itself where the step has the surrogate's slope."""
    if not compiled:
        monkeypatch.setattr(simulate, "_core", None)
    steps, batch = 4, 2
    current = (
        torch.randn(batch if constant else steps * batch, 3, generator=torch.Generator().manual_seed(1)) * 0.5 + 0.4
    )
    weights = torch.randn(steps * batch, 3, generator=torch.Generator().manual_seed(2))
    found = []
    for derive in (_by_the_loop, Spikes.apply):
        z, th = current.clone().requires_grad_(), torch.tensor([[0.6, 0.9, 0.5]], requires_grad=True)
        start = torch.tensor([[0.3, 0.5, 0.1]], requires_grad=True)
        (derive(z, th, start, steps, batch) * weights).sum().backward()
        found.append((z.grad, th.grad, start.grad))
    for expected, got in zip(*found, strict=True):
        assert torch.allclose(got, expected, atol=1e-5)
        assert expected.abs().max() > 0.1


def _by_the_loop(current: Any, th: Any, start: Any, steps: int, batch: int) -> Any:
    v, out = start.expand(batch, -1), []
    for t in range(steps):
        v = v + (current if len(current) == batch else current[t * batch : (t + 1) * batch])
        u = v / th
        slope = (1 - (u - 1).abs()).clamp(min=0).detach()
        # Value: the step; derivative by u: the slope.
        spike = (u >= 1).float() + slope * (u - u.detach())
        out.append(spike * th)
        v = v - spike * th
    return torch.cat(out)


def test_a_replayed_rate_has_the_gradient_of_the_clip() -> None:
    z, th = Z.float().requires_grad_(), torch.tensor(0.8, requires_grad=True)
    rate = torch.tensor([[0.0, 0.2, 0.8], [0.8, 0.8, 0.4]])
    value = Replay.apply(z, th, rate)
    assert torch.equal(value, rate)
    value.sum().backward()
    assert z.grad.tolist() == [[0, 1, 0], [0, 0, 1]]
    assert th.grad.item() == pytest.approx(3 + ((0.2 - 0.3) + (0.4 - 0.2)) / 0.8)


def test_a_potential_is_a_current_of_its_share_of_the_steps() -> None:
    clip = TrainableClip(threshold=1.0)
    clip.start_from([0.5, -2.0, 1.0])
    z = torch.tensor([[0.2, 0.4, 0.9]])
    assert clip(z).equal(z)
    with torch.no_grad(), running(clip, "record", steps=4, batch=1):
        spikes = clip(z)
    # From 1, -1.5 and 1.5: 1.2 0.4 0.6 0.8; never; 2.4 2.3 2.2 2.1.
    assert spikes.tolist() == [[1, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 1]]
    with running(clip, "replay", steps=4, batch=1):
        rate = clip(z)
    assert rate.tolist() == [[0.25, 0, 1]]
    rate.sum().backward()
    # 0.2 + 0.5/4 is inside; 0.4 - 2/4 is not, 0.9 + 1/4 is not.
    assert clip.potential is not None
    assert clip.potential.grad.tolist() == [0.25, 0, 0]


def test_gradients_of_slices_get_the_order_of_their_maps() -> None:
    maps = torch.randn(4, 3, 6, 6).contiguous(memory_format=torch.channels_last).requires_grad_()
    current = maps * 1
    seen: list[torch.Tensor] = []
    current.register_hook(seen.append)
    held = HeldCurrent(Clock("spike", steps=2, batch=4))
    torch.nn.functional.pad(held(current)[:, :, ::2, ::2], (0, 0, 0, 0, 1, 1)).sum().backward()
    (gradient,) = seen
    assert gradient.is_contiguous(memory_format=torch.channels_last)
    expected = torch.zeros(4, 3, 6, 6)
    expected[:, :, ::2, ::2] = 2.0  # one for each step
    assert torch.equal(gradient, expected)


def test_the_pool_of_spikes_lets_the_largest_count_through() -> None:
    pool = SpikingMaxPool2d.of(torch.nn.MaxPool2d(2), Clock("spike", steps=3, batch=1))
    spikes = torch.tensor([[[1.0, 0], [0, 0]], [[0, 1.0], [0, 0]], [[0, 1.0], [0, 0]]]).unsqueeze(1)
    # Counts: 1, then 1 and 1, then 1 and 2.
    assert pool(spikes).flatten().tolist() == [1, 0, 1]
    with pytest.raises(NetworkError, match="return_indices"):
        SpikingMaxPool2d.of(torch.nn.MaxPool2d(2, return_indices=True), Clock())


def test_a_mode_is_left_again() -> None:
    clip = TrainableClip(3)
    with running(clip, "spike", steps=4, batch=2):
        assert clip.clock == Clock("spike", 4, 2)
        with pytest.raises(DataError, match="1 samples"), running(clip, "record", steps=8, batch=1):
            clip(torch.zeros(3, 3))
        assert clip.clock == Clock("spike", 4, 2)
    assert clip.clock == Clock()


def test_what_has_no_clock_is_refused() -> None:
    with pytest.raises(NetworkError, match="found 0 clocks"):
        clock_of(torch.nn.ReLU())
    with pytest.raises(NetworkError, match="found 2 clocks"):
        clock_of(torch.nn.Sequential(TrainableClip(), TrainableClip()))
    with pytest.raises(DataError, match="levels"):
        TrainableClip(levels=0)
