"""Events of cameras as input spikes: against a count by hand, event by event."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysnn import IF, Conv2d, Events, Flatten, Input, Network, Output, run
from pysnn.encode import Binning
from pysnn.encode.binning import binned
from pysnn.encode.recording import Recording, as_recording
from pysnn.errors import DataError

SENSOR = (7, 9)


def sample(count: int, seed: int = 0) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    t = np.sort(random.integers(100, 5000, count))
    return {
        "x": random.integers(0, 9, count),
        "y": random.integers(0, 7, count),
        "t": t,
        "p": random.integers(0, 2, count),
    }


def by_hand(events: dict[str, Any], how: Binning, steps: int) -> Any:
    """Return the counts, one event after the other."""
    top, left, height, width = how.crop or (0, 0, *SENSOR)
    channels = 2 if how.polarity == "channels" else 1
    counts = np.zeros((steps, channels, height // how.pool, width // how.pool), int)
    for row in range(len(events["t"])):
        step = (events["t"][row] - events["t"][0]) // how.bin_us if how.bin_us else row // (how.events or 1)
        y, x = events["y"][row] - top, events["x"][row] - left
        inside = 0 <= y < counts.shape[2] * how.pool and 0 <= x < counts.shape[3] * how.pool
        if inside and step < steps:
            counts[step, events["p"][row] if channels == 2 else 0, y // how.pool, x // how.pool] += 1
    return np.minimum(counts, 1) if how.once else counts


@given(
    st.integers(1, 200),
    st.sampled_from([{"bin_us": 700}, {"bin_us": 5000}, {"events": 13}]),
    st.sampled_from([None, 3]),
    st.sampled_from(["channels", "merge"]),
    st.sampled_from([None, (1, 2, 5, 6), (0, 0, 7, 9)]),
    st.tuples(st.integers(1, 3), st.booleans()),
)
def test_every_event_is_where_it_belongs(
    count: int, size: Any, steps: Any, polarity: str, crop: Any, more: Any
) -> None:
    events = sample(count, count)
    how = Binning(**size, steps=steps, polarity=polarity, crop=crop, pool=more[0], once=more[1])
    found = Events.from_structured([events], SENSOR, how)
    shape = how.shape(SENSOR)
    last = steps or 400
    counts = np.zeros((last, int(np.prod(shape))), int)
    np.add.at(counts, (found.step, found.index), 1)
    assert np.array_equal(counts.reshape(last, *shape), by_hand(events, how, last))


def forms(events: dict[str, Any]) -> dict[str, Any]:
    def structured(*fields: tuple[str, str, str]) -> Any:
        array = np.zeros(len(events["t"]), dtype=[(name, kind) for name, kind, _ in fields])
        for name, _, source in fields:
            array[name] = events[source]
        return array

    return {
        "tonic": structured(("x", "i2", "x"), ("y", "i2", "y"), ("t", "i8", "t"), ("p", "?", "p")),
        "another order": structured(("p", "u1", "p"), ("t", "u4", "t"), ("y", "i8", "y"), ("x", "u2", "x")),
        "other names": structured(("timestamp", "u8", "t"), ("x", "u2", "x"), ("y", "u2", "y"), ("on", "?", "p")),
        "polars": pl.DataFrame(events),
        "mapping": {**events, "p": np.asarray(events["p"]) * 2 - 1},
        "whole floats": {name: np.asarray(values, float) for name, values in events.items()},
    }


@pytest.mark.parametrize("form", forms(sample(30)))
def test_forms_of_events(form: str) -> None:
    events = sample(30)
    found = as_recording(forms(events)[form], SENSOR)
    assert all(np.array_equal(getattr(found, name), events[name]) for name in "xytp")


def test_events_run_as_the_same_spikes_do() -> None:
    how = Binning(bin_us=500)
    samples = [sample(150, seed) for seed in range(3)]
    weight = np.random.default_rng(3).integers(-4, 9, (4, 2, 3, 3)) / 8
    net = Network.chain(
        {"in": Input(how.shape(SENSOR)), "conv": Conv2d(weight), "if": IF(), "flat": Flatten(), "out": Output("count")}
    )
    events = run(net, Events.from_structured(samples, SENSOR, how), steps=10, coding="events").scores
    dense = np.stack([by_hand(part, how, 10) for part in samples], axis=1).astype(np.uint8)
    assert np.array_equal(events, run(net, dense, steps=10, coding="spikes").scores)
    assert events.any()


GOOD = {"x": [1, 2], "y": [3, 4], "t": [5, 6], "p": [0, 1]}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"t": [6, 5]}, "sample 0: expected times in ascending order, got 5 behind 6 in row 1; sort by t first"),
        ({"t": [-1, 5]}, "sample 0: expected t in 0..4611686018427387904, got -1 in row 0"),
        ({"x": [1, 9]}, r"sample 0: expected x in 0..8 on a sensor of 7 x 9 \(height x width\), got 9 in row 1"),
        ({"y": [7, 4]}, r"sample 0: expected y in 0..6 on a sensor of 7 x 9"),
        ({"y": [-1, 4]}, r"sample 0: expected y in 0..6 .*, got -1 in row 0"),
        ({"p": [0, 2]}, "sample 0: expected p in 0..1, got 2 in row 1"),
        ({"x": [], "y": [], "t": [], "p": []}, "sample 0: expected at least one event, got none"),
        ({"x": [1]}, "sample 0: x, y, t and p must have one length, got 1, 2, 2, 2"),
        ({"x": [[1, 2]]}, r"sample 0: x: expected a vector, got the shape \(1, 2\)"),
        ({"t": [0.5, 1.0]}, "sample 0: t: expected whole numbers, got 0.5 in row 0"),
        ({"t": ["a", "b"]}, "sample 0: t: expected numbers"),
        ({"ts": [1, 2]}, "sample 0: expected one field t or ts or timestamp or timestamps or time, got t, ts"),
    ],
)
def test_bad_events_are_named_with_their_row(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Events.from_structured([{**GOOD, **changed}], SENSOR, Binning(bin_us=1))


@pytest.mark.parametrize("events", [np.zeros((3, 4)), 5, [np.zeros(3)], "abc"])
def test_what_has_no_fields_is_refused(events: Any) -> None:
    with pytest.raises(DataError, match="sample 0: expected a structured array, a mapping or a frame"):
        Events.from_structured(events, SENSOR, Binning(bin_us=1))


def test_a_field_that_is_missing() -> None:
    with pytest.raises(DataError, match="expected one field p or pol or polarity or on, got none among x, y, t"):
        as_recording({name: GOOD[name] for name in "xyt"}, SENSOR)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({}, "expected bin_us or events"),
        ({"bin_us": 1, "events": 1}, "expected bin_us or events"),
        ({"bin_us": 0}, "bin_us must be a positive integer, got 0"),
        ({"bin_us": 1.5}, "bin_us must be a positive integer, got 1.5"),
        ({"bin_us": 1, "polarity": "sum"}, "polarity must be 'channels' or 'merge', got 'sum'"),
        ({"bin_us": 1, "crop": (0, 0, 0, 3)}, "crop must be"),
        ({"bin_us": 1, "crop": (3, 0, 5, 3)}, r"crop \(3, 0, 5, 3\) does not lie on a sensor of 7 x 9"),
        ({"bin_us": 1, "pool": 8}, "pool 8 is larger than 7 x 9"),
    ],
)
def test_bad_binnings(how: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        binned([as_recording(GOOD, SENSOR)], Binning(**how))


def test_recordings_of_one_sensor() -> None:
    others = [Recording([0], [0], [0], [0], size) for size in ((2, 2), (3, 3))]
    with pytest.raises(DataError, match="expected recordings of one sensor, got 2 of 2 sensors"):
        binned(others, Binning(bin_us=1))
    with pytest.raises(DataError, match="expected recordings of one sensor, got 0 of 0"):
        binned([], Binning(bin_us=1))


def test_until_leaves_later_steps_out() -> None:
    events = Events([0, 0, 1], [0, 4, 2], [1, 1, 1], samples=2)
    assert events.until(3).step.tolist() == [0, 2]
    assert events.until(5) is events
