"""``--data events:PATH:FORM``."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from pysnn import IF, Flatten, Input, Linear, Network, Output
from pysnn.cli.app import app
from pysnn.datasets.event_files.source import parse_form
from pysnn.datasets.source import parse_source
from pysnn.encode import Binning
from pysnn.errors import DataError
from pysnn.files.psnn import save
from pysnn.files.settings import Settings
from tests.unit.datasets.event_files.encoders import nmnist, random_events, written

SENSOR = (34, 34)


def folder(root: Path) -> Path:
    """Make a folder with two classes of three and two recordings."""
    for label, seeds in (("0", (1, 2, 3)), ("7", (4, 5))):
        (root / label).mkdir(parents=True)
        for seed in seeds:
            written(root / label / f"{seed:05}.bin", nmnist(random_events(200, SENSOR, 200, seed)))
    (root / "0" / "notes.txt").write_text("no events")
    return root


def test_forms() -> None:
    assert parse_form("500us") == (Binning(bin_us=500), None)
    assert parse_form("20ev,34x40,pool2,merge,once") == (
        Binning(events=20, pool=2, polarity="merge", once=True),
        (34, 40),
    )
    assert parse_form("10ms,crop20x28+3+5,34x40")[0] == Binning(bin_us=10_000, crop=(3, 5, 20, 28))


@pytest.mark.parametrize(
    "text",
    [
        "events:a",
        "events::10ms",
        "events:a:10",
        "events:a:10ms,grey",
        "events:a:ms",
        "events:a:0ms",
        "events:a:1ms,crop20x28",
        "events:a:1ms,crop0x28+3+5",
    ],
)
def test_bad_forms(text: str) -> None:
    with pytest.raises(DataError, match=r"expected|must be"):
        parse_source(text)


def test_a_folder_of_classes(tmp_path: Path) -> None:
    found = parse_source(f"events:{folder(tmp_path / 'a')}:1ms,34x34").load()
    assert found.y is not None
    assert found.y.tolist() == [0, 0, 0, 1, 1]
    assert found.x.samples == 5
    few = parse_source(f"events:{tmp_path / 'a'}:1ms,34x34").load(2)
    assert few.x.samples == 2
    assert few.digest == found.digest


def test_a_part_of_the_sensor(tmp_path: Path) -> None:
    path = folder(tmp_path / "a")
    whole = parse_source(f"events:{path}:1ms,34x34").load().x
    part = parse_source(f"events:{path}:1ms,crop20x28+3+5,34x34").load().x
    channel, row, column = np.unravel_index(whole.index, (2, *SENSOR))
    inside = (row >= 3) & (row < 23) & (column >= 5) & (column < 33)
    assert 0 < inside.sum() < len(inside)
    moved = np.ravel_multi_index((channel[inside], row[inside] - 3, column[inside] - 5), (2, 20, 28))
    assert np.array_equal(part.index, moved)
    assert np.array_equal(part.step, whole.step[inside])
    assert np.array_equal(part.sample, whole.sample[inside])


def test_a_part_beyond_the_sensor_is_refused(tmp_path: Path) -> None:
    data = f"events:{folder(tmp_path / 'a')}:1ms,crop20x28+20+5,34x34"
    with pytest.raises(DataError, match=r"crop \(20, 5, 20, 28\) does not lie on a sensor of 34 x 34"):
        parse_source(data).load()


@pytest.mark.parametrize(
    ("place", "message"), [("none", "there is no such file"), ("", "expected folders with files of events")]
)
def test_places_without_events(place: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        parse_source(f"events:{tmp_path / place}:1ms").load()


def network(**settings: Any) -> tuple[Network, Settings]:
    weight = np.random.default_rng(0).normal(size=(2, 2 * 34 * 34))
    parts = {"in": Input((2, *SENSOR)), "flat": Flatten(), "fc": Linear(weight), "if": IF(), "out": Output("count")}
    return Network.chain(parts), Settings(steps=8, **settings)


def test_the_command_runs_on_events(tmp_path: Path) -> None:
    net, settings = network(coding="spikes")
    save(tmp_path / "net.psnn", net, settings=settings)
    data = f"events:{folder(tmp_path / 'a')}:1ms,34x34"
    done = CliRunner().invoke(app, ["run", str(tmp_path / "net.psnn"), "--data", data, "--no-timing", "--json"])
    assert done.exit_code == 0, done.stderr
    assert "events lie behind step 8 and are left out" in done.stderr
    row = json.loads(done.stdout)["rows"][0]
    assert row["samples"] == 5
    assert row["accuracy"] is not None


def test_a_network_of_images_takes_no_events(tmp_path: Path) -> None:
    net, settings = network()
    save(tmp_path / "net.psnn", net, settings=settings)
    data = f"events:{folder(tmp_path / 'a')}:2ms,34x34"
    done = CliRunner().invoke(app, ["run", str(tmp_path / "net.psnn"), "--data", data])
    assert done.exit_code == 1
    assert "the network takes coding 'constant', and the data are events" in done.stderr


def test_labels_of_a_file(tmp_path: Path) -> None:
    events = random_events(40, SENSOR, 50)
    columns: Any = {name: [getattr(event, name) for event in events] for name in "xytp"}
    np.savez(tmp_path / "a.npz", **columns, offsets=[0, 25, 40], labels=[3, 8])
    found = parse_source(f"events:{tmp_path / 'a.npz'}:1ms,34x34").load()
    assert found.y is not None
    assert found.y.tolist() == [3, 8]
    np.savez(tmp_path / "b.npz", **columns, offsets=[0, 25, 40], labels=[3])
    with pytest.raises(DataError, match="expected a label for each of 2 samples, got 1"):
        parse_source(f"events:{tmp_path / 'b.npz'}:1ms,34x34").load()


def test_real_events_come_back_from_every_format(data_dir: Path, tmp_path: Path) -> None:
    """The first samples of N-MNIST, written in each format event by event and read again."""
    from pysnn.datasets.event_files import read_events
    from tests.unit.datasets.event_files.encoders import Event, dat, evt2, evt3

    with np.load(data_dir / "nmnist" / "nmnist_small.npz") as kept:
        offsets, p = kept["offsets"], np.unpackbits(kept["p_bits"])
        gaps = kept["dt_lo"] + 256 * kept["dt_hi"].astype(np.int64)
        x, y = kept["x"], kept["y"]
    for number in range(2):
        a, b = int(offsets[number]), int(offsets[number + 1])
        columns = (x[a:b], y[a:b], np.cumsum(gaps[a:b]), p[a:b])
        events = [Event(*map(int, event)) for event in zip(*columns, strict=True)]
        files = {
            "a.bin": nmnist(events),
            "a.dat": dat(events, SENSOR),
            "b.raw": evt2(events, SENSOR),
            "c.raw": evt3(events, SENSOR),
        }
        for name, data in files.items():
            found = read_events(written(tmp_path / name, data), SENSOR)[0]
            assert all(
                np.array_equal(got, wanted)
                for got, wanted in zip((found.x, found.y, found.t, found.p), columns, strict=True)
            )
