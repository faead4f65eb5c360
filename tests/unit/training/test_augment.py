"""Distortions are what they say, and follow from seed, epoch and sample alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pysnn.errors import DataError
from pysnn.first_spike import Dense, FirstSpikeNetwork
from pysnn.first_spike.learn import STDBP, Augmentation, TrainingOptions, train

RNG = np.random.default_rng(0)
IMAGES = RNG.random((6, 2, 9, 8)).astype(np.float32)
NUMBERS = np.arange(6)
EVERYTHING = Augmentation(shift=2, rotate=20, scale=0.2, elastic=1.5)


def distorted(how: Augmentation, images: Any = IMAGES, samples: Any = NUMBERS, **keys: int) -> Any:
    return how(images, **{"seed": 1, "epoch": 2, **keys}, samples=samples)


def test_nothing_asked_for_is_nothing_done() -> None:
    assert np.allclose(distorted(Augmentation()), IMAGES, atol=1e-6)


def test_a_batch_is_its_samples_one_by_one() -> None:
    whole = distorted(EVERYTHING)
    for order in ([3], [5, 0, 2]):
        assert np.array_equal(distorted(EVERYTHING, IMAGES[order], np.array(order)), whole[order])


def test_seed_epoch_and_sample_differ() -> None:
    one = distorted(EVERYTHING)
    assert np.array_equal(one, distorted(EVERYTHING))
    for other in (distorted(EVERYTHING, seed=2), distorted(EVERYTHING, epoch=3)):
        assert not np.array_equal(one, other)
    same = np.repeat(IMAGES[:1], 6, axis=0)
    moved = distorted(EVERYTHING, same)
    assert len({image.tobytes() for image in moved}) == 6


def test_values_stay_in_range_and_channels_move_alike() -> None:
    twice = np.repeat(IMAGES[:, :1], 2, axis=1)
    moved = distorted(EVERYTHING, twice)
    assert np.array_equal(moved[:, 0], moved[:, 1])
    assert moved.min() >= 0
    assert moved.max() <= 1


def test_a_shift_moves_the_centre_of_mass_by_as_much_and_no_more() -> None:
    images = np.zeros((400, 1, 21, 21), dtype=np.float32)
    images[:, :, 9:12, 9:12] = 1
    moved = distorted(Augmentation(shift=3), images, np.arange(400))[:, 0]
    y = (moved.sum(axis=2) * np.arange(21)).sum(axis=1) / moved.sum(axis=(1, 2)) - 10
    assert np.allclose(moved.sum(axis=(1, 2)), 9, atol=1e-4)
    assert 2.8 < np.abs(y).max() <= 3.0001
    assert abs(y.mean()) < 0.3


def test_a_rotation_and_a_scale_keep_the_centre() -> None:
    images = np.zeros((50, 1, 21, 21), dtype=np.float32)
    images[:, :, 10, 4:17] = 1
    turned = distorted(Augmentation(rotate=45), images, np.arange(50))[:, 0]
    assert np.allclose(turned[:, 10, 10], 1, atol=1e-5)
    assert turned[:, 4:9].sum() > 0
    scaled = distorted(Augmentation(scale=0.3), images, np.arange(50))[:, 0, 10].sum(axis=1)
    assert scaled.min() < 12
    assert scaled.max() > 14


def test_the_elastic_field_is_bounded_and_smooth() -> None:
    ramp = np.broadcast_to(np.linspace(0, 1, 21, dtype=np.float32), (30, 1, 21, 21)).copy()
    moved = distorted(Augmentation(elastic=2.0, smooth=3.0), ramp, np.arange(30))[:, 0, 3:18, 3:18]
    change = (moved - ramp[:, 0, 3:18, 3:18]) * 20
    assert 1.0 < np.abs(change).max() <= 2.0001
    assert np.abs(np.diff(change, axis=1)).max() < 1.0


def test_jumps_and_mirror_images_move_pixels_and_change_none() -> None:
    moved = distorted(Augmentation(jump=2, mirror=0.5), np.repeat(IMAGES[:1], 300, axis=0), np.arange(300))
    padded = np.pad(IMAGES[0], ((0, 0), (2, 2), (2, 2)))
    height, width = IMAGES.shape[2:]
    shifted = [padded[:, y : y + height, x : x + width] for y in range(5) for x in range(5)]
    expected = {image.tobytes() for image in (*shifted, *(image[..., ::-1] for image in shifted))}
    assert {image.tobytes() for image in moved} == expected
    turned = distorted(Augmentation(mirror=1))
    assert np.array_equal(turned, IMAGES[..., ::-1])


@pytest.mark.parametrize(
    "fields",
    [{"shift": -1}, {"rotate": 181}, {"scale": 1}, {"elastic": np.nan}, {"smooth": 0}, {"jump": 1.5}, {"mirror": 2}],
)
def test_wrong_sizes_are_named(fields: Any) -> None:
    with pytest.raises(DataError, match=f"augmentation: .*{next(iter(fields))}"):
        Augmentation(**fields)


def training(tmp_path: Path | None, kill_at: int = 0) -> Any:
    rng = np.random.default_rng(0)
    data = rng.random((40, 1, 6, 6)), rng.integers(0, 3, 40)

    def progress(done: int, _total: int) -> None:
        if done == kill_at:
            raise KeyboardInterrupt

    options = TrainingOptions(epochs=3, batch_size=8, validation=8, augment=Augmentation(shift=1), progress=progress)
    if tmp_path is not None:
        options = replace(options, checkpoint=tmp_path / "c", checkpoint_batches=1)
    start = FirstSpikeNetwork.draw((36,), [Dense(units=8), Dense(units=3)])
    return train(start, STDBP(), data, options)


def test_a_killed_training_goes_on_with_the_same_images(tmp_path: Path) -> None:
    expected = training(None)
    with pytest.raises(KeyboardInterrupt):
        training(tmp_path, kill_at=6)
    found = training(tmp_path)
    assert all(np.array_equal(a, b) for a, b in zip(expected.network.weights, found.network.weights, strict=True))


def test_vectors_have_no_neighbours_to_move_to() -> None:
    start = FirstSpikeNetwork.draw((36,), [Dense(units=3)])
    options = TrainingOptions(epochs=1, augment=Augmentation(shift=1))
    with pytest.raises(DataError, match=r"expected images \(samples, C, H, W\)"):
        train(start, STDBP(), (np.zeros((4, 36)), np.array([0, 1, 2, 0])), options)


PIXELS = RNG.integers(1, 256, (64, 3, 8, 8), dtype=np.uint8)


def test_whole_pixels_are_moved_as_they_are() -> None:
    assert np.array_equal(distorted(Augmentation(), PIXELS, np.arange(64)), PIXELS)
    flipped = distorted(Augmentation(mirror=0.5), PIXELS, np.arange(64))
    mirrored = [np.array_equal(a, b[:, :, ::-1]) for a, b in zip(flipped, PIXELS, strict=True)]
    assert 16 < sum(mirrored) < 48
    assert all(m or np.array_equal(a, b) for m, a, b in zip(mirrored, flipped, PIXELS, strict=True))
    shifted = distorted(Augmentation(jump=2), PIXELS, np.arange(64))
    padded = np.pad(PIXELS, ((0, 0), (0, 0), (2, 2), (2, 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (8, 8), (2, 3))
    hits = [np.argwhere((windows[n] == shifted[n][:, None, None]).all((0, 3, 4))) for n in range(64)]
    assert all(len(hit) for hit in hits)
    assert len({tuple(hit[0]) for hit in hits}) > 15


def test_blanks_are_squares_that_the_border_cuts() -> None:
    blanked = distorted(Augmentation(blank=4), PIXELS, np.arange(64))
    holes = (blanked == 0).sum((2, 3))
    assert holes.max() == 16
    assert holes.min() >= 4
    assert np.array_equal(blanked[blanked > 0], PIXELS[blanked > 0])


def test_whole_pixels_give_what_interpolation_gives() -> None:
    images = (PIXELS / np.float32(255)).astype(np.float32)
    taken = distorted(Augmentation(jump=2, mirror=0.5), images, np.arange(64))
    tiny = distorted(Augmentation(jump=2, mirror=0.5, shift=1e-12), images, np.arange(64))
    assert np.allclose(taken, tiny, atol=1e-6)
