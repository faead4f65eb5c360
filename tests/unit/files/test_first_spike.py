"""First-spike networks in files: what is written comes back, what is not as written is refused."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pysnn import IF, Input, Network, Output
from pysnn.backends import available_backends
from pysnn.errors import DataError, FileFormatError
from pysnn.files import first_spike, psnn
from pysnn.files.container import canonical_json, write_container
from pysnn.files.first_spike_golden import SpikeGolden, make_spike_golden
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork

X = np.random.default_rng(0).random((3, 1, 6, 6)).astype(np.float32)
RAMP = FirstSpikeNetwork.draw(
    (1, 6, 6), [Conv(channels=3, padding=1), EarliestPool(2), Dense(units=4, threshold=0.5)], seed=2
)
STEP = FirstSpikeNetwork.draw((36,), [Dense(units=5), Dense(units=4)], seed=2, neuron="step", steps=16, compare=">")
BOTH = FirstSpikeNetwork.draw((1, 6, 6), [Conv(channels=3), Dense(units=4)], seed=2, coding="both")
DARK = FirstSpikeNetwork.draw((36,), [Dense(units=4)], seed=2, coding="dark")


@pytest.mark.parametrize("network", [RAMP, STEP, BOTH, DARK])
def test_what_is_saved_comes_back(network: FirstSpikeNetwork, tmp_path: Path) -> None:
    golden = make_spike_golden(network, X)
    path = first_spike.save(tmp_path / "net.psnn", network, provenance={"rule": "stdbp", "seed": 3}, golden=golden)
    assert isinstance(first_spike.load_any(path), first_spike.SavedFirstSpike)
    saved = first_spike.load(path)
    for name in ("input_shape", "layers", "neuron", "steps", "compare", "coding"):
        assert getattr(saved.network, name) == getattr(network, name)
    assert all(np.array_equal(a, b) for a, b in zip(saved.network.weights, network.weights, strict=True))
    assert dict(saved.provenance) == {"rule": "stdbp", "seed": 3}
    again = first_spike.dumps(saved.network, provenance=saved.provenance, golden=saved.golden)
    assert again == path.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("backend", available_backends())
@pytest.mark.parametrize("network", [RAMP, STEP, BOTH, DARK])
def test_golden_vectors_hold_on_every_backend(network: FirstSpikeNetwork, backend: str) -> None:
    data = first_spike.dumps(network, golden=make_spike_golden(network, X, backend="reference"))
    first_spike.loads(data).verify(backend=backend)


def test_the_first_layer_that_differs_is_named() -> None:
    made = make_spike_golden(RAMP, X)
    times = [layer.copy() for layer in made.times]
    at = tuple(int(i) for i in np.argwhere(np.isfinite(times[1]))[0])
    times[1][at] += 1
    with pytest.raises(FileFormatError, match=r"times of 'earliestpool2': .* in the file, .* here"):
        first_spike.SavedFirstSpike(RAMP, {}, replace(made, times=times)).verify()
    with pytest.raises(FileFormatError, match="golden vectors: winners"):
        first_spike.SavedFirstSpike(RAMP, {}, replace(made, winners=made.winners + 1)).verify()
    with pytest.raises(FileFormatError, match="no golden vectors"):
        first_spike.SavedFirstSpike(RAMP).verify()


def test_golden_vectors_of_another_network_are_refused() -> None:
    made = make_spike_golden(RAMP, X)
    wrong: list[SpikeGolden] = [
        replace(made, times=made.times[:2]),
        replace(made, winners=made.winners[:1]),
        replace(made, input=made.input[:, :, :3]),
        replace(made, times=[layer.astype(np.float64) for layer in made.times]),
    ]
    for golden in wrong:
        with pytest.raises(DataError, match="golden: "):
            first_spike.SavedFirstSpike(RAMP, {}, golden)


def test_files_of_the_other_kind_say_what_they_are(tmp_path: Path) -> None:
    first_spike.save(tmp_path / "a.psnn", RAMP)
    clocked = Network.chain({"in": Input((1,)), "if": IF(), "out": Output("count")})
    psnn.save(tmp_path / "b.psnn", clocked)
    with pytest.raises(FileFormatError, match=r"a\.psnn: it holds a first-spike network"):
        psnn.load(tmp_path / "a.psnn")
    with pytest.raises(FileFormatError, match=r"b\.psnn: it holds no first-spike network"):
        first_spike.load(tmp_path / "b.psnn")
    found = first_spike.load_any(tmp_path / "b.psnn")
    assert isinstance(found.network, Network)


DATA = first_spike.dumps(RAMP, golden=make_spike_golden(RAMP, X))


def changed(files: SimpleNamespace, path: list[Any], value: Any) -> bytes:
    def change(root: Any) -> None:
        for key in path[:-1]:
            root = root[key]
        root[path[-1]] = value

    return bytes(files.with_graph(DATA, change))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["first_spike", "neuron"], "leaky"),
        (["first_spike", "neuron"], ["ramp"]),
        (["first_spike", "compare"], "=="),
        (["first_spike", "coding"], "grey"),
        (["first_spike", "coding"], "both"),
        (["first_spike", "coding"], ["dark"]),
        # What a file without it means; there is one way to write a network.
        (["first_spike", "coding"], "bright"),
        (["first_spike", "steps"], 1.0),
        (["first_spike", "steps"], True),
        (["first_spike", "input_shape"], [1, 6]),
        (["first_spike", "input_shape"], [1, 6, 10**12]),
        (["first_spike", "input_shape"], [1, -6, 6]),
        (["first_spike", "input_shape"], [1, 6, "6"]),
        (["first_spike", "layers"], []),
        (["first_spike", "layers"], {}),
        (["first_spike", "layers", 0, "type"], "Recurrent"),
        (["first_spike", "layers", 0, "fields", "channels"], 10**12),
        (["first_spike", "layers", 0, "fields", "channels"], "3"),
        (["first_spike", "layers", 0, "fields", "stride"], 0),
        (["first_spike", "layers", 0, "fields", "stride"], 1.5),
        (["first_spike", "layers", 0, "fields", "padding"], -1),
        (["first_spike", "layers", 0, "fields", "padding"], 1.0),
        (["first_spike", "layers", 0, "fields", "more"], 1),
        (["first_spike", "layers", 2, "fields", "threshold"], 0),
        (["first_spike", "layers", 2, "fields", "threshold"], None),
        (["first_spike", "weights"], []),
        (["golden", "times"], []),
        (["golden", "winners"], None),
        (["provenance"], {"a": [1]}),
        (["more"], 1),
    ],
)
def test_hostile_graphs_are_refused(files: SimpleNamespace, path: list[Any], value: Any) -> None:
    with pytest.raises(FileFormatError):
        first_spike.loads(changed(files, path, value))


def test_weights_that_are_no_numbers_are_refused() -> None:
    text = json.loads(DATA[8 : 8 + int.from_bytes(DATA[:8], "little")])["__metadata__"]["graph"]
    tensors = {
        "conv1.weight": np.full((9, 3), np.nan, dtype=np.float32),
        "dense3.weight": RAMP.weights[1],
        **{f"golden/times/{n}": layer for n, layer in enumerate(make_spike_golden(RAMP, X).times)},
        "golden/input": X,
        "golden/winners": make_spike_golden(RAMP, X).winners,
    }
    with pytest.raises(FileFormatError, match="conv1"):
        first_spike.loads(write_container(canonical_json(json.loads(text)), tensors))


def test_truncated_and_altered_files_are_refused() -> None:
    for end in range(0, len(DATA), 97):
        with pytest.raises(FileFormatError):
            first_spike.loads(DATA[:end])
    for at in range(0, len(DATA), 101):
        with pytest.raises(FileFormatError):
            first_spike.loads(DATA[:at] + bytes([DATA[at] ^ 1]) + DATA[at + 1 :])
