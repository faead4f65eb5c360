"""A ReLU network and the first-spike network made of it compute the same."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from pysnn import Affine, Conv2d, Flatten, GlobalAvgPool, Input, Linear, MaxPool2d, Network, Output, ReLU
from pysnn.backends import get_backend
from pysnn.cli.app import app
from pysnn.convert import ann_accuracy, ann_pass, to_first_spike
from pysnn.datasets import load_digits, load_digits_mlp
from pysnn.errors import FileFormatError, NetworkError
from pysnn.files import first_spike as files
from pysnn.files.first_spike_golden import make_spike_golden
from pysnn.first_spike import Dense, FirstSpikeNetwork, decide, encode_times, evaluate
from pysnn.nodes import AvgPool2d, Node, SumPool2d

RNG = np.random.default_rng(0)


def linear(outputs: int, inputs: int) -> Linear:
    return Linear(RNG.normal(0, 1.4 / np.sqrt(inputs), (outputs, inputs)), RNG.normal(0, 0.3, outputs))


def conv(outputs: int, inputs: int, kernel: int, **fields: Any) -> Conv2d:
    weight = RNG.normal(0, 1.4 / np.sqrt(inputs * kernel**2), (outputs, inputs, kernel, kernel))
    return Conv2d(weight, RNG.normal(0, 0.2, outputs), **fields)


def norm(channels: int) -> Affine:
    return Affine(RNG.uniform(0.5, 2, channels), RNG.normal(0, 0.2, channels))


NETWORKS: dict[str, Mapping[str, Node]] = {
    "dense": {"in": Input((9,)), "a": linear(14, 9), "r": ReLU(), "b": linear(12, 14), "s": ReLU(), "c": linear(4, 12)},
    "one": {"in": Input((9,)), "a": linear(5, 9)},
    "bounded": {"in": Input((9,)), "a": linear(14, 9), "r": ReLU(max=0.5), "b": linear(4, 14)},
    "normalised": {
        "in": Input((2,), mean=(0.4, 0.6), std=(0.2, 0.5)),
        "a": linear(14, 2),
        "r": ReLU(),
        "b": linear(4, 14),
    },
    "conv": {
        "in": Input((2, 9, 8)),
        "c": conv(5, 2, 3, padding=1),
        "bn": norm(5),
        "r": ReLU(),
        "p": MaxPool2d(2),
        "d": conv(6, 5, 3, stride=2, padding=1),
        "s": ReLU(max=2.0),
        "f": Flatten(),
        "l": linear(4, 24),
    },
    "max before ReLU": {
        "in": Input((1, 8, 8)),
        "first": MaxPool2d(2, 1),
        "c": conv(5, 1, 3),
        "p": MaxPool2d(3, 2, 1),
        "r": ReLU(),
        "f": Flatten(),
        "l": linear(4, 45),
    },
    "averages": {
        "in": Input((2, 11, 11), mean=(0.4, 0.6), std=(0.2, 0.5)),
        "a": AvgPool2d(2),
        "c": conv(5, 2, 2),
        "r": ReLU(),
        "b": AvgPool2d(2),
        "d": conv(6, 5, 1, padding=1),
        "s": ReLU(),
        "g": GlobalAvgPool(),
        "l": linear(4, 6),
    },
    "average, then all": {
        "in": Input((2, 9, 9)),
        "c": conv(5, 2, 3),
        "r": ReLU(),
        "b": AvgPool2d(3),
        "f": Flatten(),
        "l": linear(4, 20),
    },
}


@pytest.mark.parametrize("calibrated", [True, False])
@pytest.mark.parametrize("name", NETWORKS)
def test_scores_and_decisions_are_the_networks(name: str, *, calibrated: bool) -> None:
    network = Network.chain({**NETWORKS[name], "out": Output("mean_current")})
    x = np.random.default_rng(1).random((200, *network.input.shape)).astype(np.float32)
    x[x < 0.2] = 0
    spiking = to_first_spike(network, x if calibrated else None)
    scores, _ = ann_pass(network, x)
    passed = get_backend().first_spike(spiking.plan).forward(spiking.weights, encode_times(spiking, x))
    last = len(spiking.plan.layers) - 1
    end = sum(hasattr(layer, "units") or hasattr(layer, "channels") for layer in spiking.layers) + 1
    found = end - passed.times(last)
    # One factor between a score and the time at which its neuron fires before the end of the window.
    factor = (scores * found).sum() / (found**2).sum()
    assert np.abs(found * factor - scores).max() <= 3e-6 * max(factor, np.abs(scores).max())
    clear = np.diff(np.sort(scores, axis=1)[:, -2:])[:, 0] > 1e-5 * factor
    assert clear.mean() > 0.98
    assert (decide(spiking, x).winner == scores.argmax(axis=1))[clear].all()


def test_every_hidden_value_is_a_spike_before_the_end_of_its_window() -> None:
    digits, ann = load_digits(), load_digits_mlp()
    spiking = to_first_spike(ann, digits.x_train)
    _, values = ann_pass(ann, digits.x_test, keep=["relu1", "relu2"])
    passed = get_backend().first_spike(spiking.plan).forward(spiking.weights, encode_times(spiking, digits.x_test))
    for number, name in enumerate(["relu1", "relu2"]):
        early = np.where(np.isfinite(passed.times(number)), number + 2 - passed.times(number), 0)
        scale = values[name].max(axis=0) / np.where(early.any(axis=0), early.max(axis=0), 1)
        assert np.abs(early * scale - values[name]).max() < 3e-6 * scale.max()
        assert (values[name][early > 0] > 0).all()


@pytest.mark.parametrize("calibrated", [True, False])
def test_the_digits_are_decided_alike(*, calibrated: bool) -> None:
    digits, ann = load_digits(), load_digits_mlp()
    spiking = to_first_spike(ann, digits.x_train if calibrated else None)
    for x, y in ((digits.x_train, digits.y_train), (digits.x_test, digits.y_test)):
        assert (decide(spiking, x).winner == ann_pass(ann, x)[0].argmax(axis=1)).all()
        found = evaluate(spiking, x, y)
        assert found.accuracy == ann_accuracy(ann, x, y)
        assert found.spikes_per_neuron < 1


def test_a_convolution_decides_the_digits_as_the_ann() -> None:
    digits = load_digits()
    images = digits.x_test.reshape(-1, 1, 8, 8)
    nodes = {
        "in": Input((1, 8, 8)),
        "c": conv(12, 1, 3, padding=1),
        "r": ReLU(),
        "p": MaxPool2d(2),
        "f": Flatten(),
        "l": linear(10, 192),
        "out": Output("mean_current"),
    }
    ann = Network.chain(nodes)
    assert (decide(to_first_spike(ann), images).winner == ann_pass(ann, images)[0].argmax(axis=1)).all()


def test_what_is_larger_than_in_the_samples_is_cut_off() -> None:
    network = Network.chain(
        {"in": Input((1,)), "a": Linear([[1.0]]), "r": ReLU(), "b": Linear([[1.0], [0.0]], [0, 0.55]), "out": Output()}
    )
    dark = np.array([[0.4]], dtype=np.float32)
    assert decide(to_first_spike(network), [[1.0]]).winner.tolist() == [0]
    assert decide(to_first_spike(network, dark), [[1.0]]).winner.tolist() == [1]


def test_it_is_saved_and_proved(tmp_path: Any) -> None:
    digits = load_digits()
    spiking = to_first_spike(load_digits_mlp(), digits.x_train)
    golden = make_spike_golden(spiking, digits.x_test[:3])
    loaded = files.load(files.save(tmp_path / "net.psnn", spiking, golden=golden))
    loaded.verify()
    shown = CliRunner().invoke(app, ["info", str(tmp_path / "net.psnn"), "--json"])
    assert shown.exit_code == 0, shown.stderr
    told = json.loads(shown.stdout)
    assert [row["parameters"] for row in told["rows"]] == [65 * 64, 65 * 64, 65 * 10]
    assert told["meta"]["parameters"] == sum(row["parameters"] for row in told["rows"])
    ran = CliRunner().invoke(app, ["run", str(tmp_path / "net.psnn"), "--data", "digits:test", "--json"])
    assert json.loads(ran.stdout)["rows"][0]["accuracy"] == evaluate(spiking, digits.x_test, digits.y_test).accuracy
    assert loaded.network.neuron == "slope"
    times = [golden.times[0] + np.float32(1e-4), *golden.times[1:]]
    wrong = type(golden)(golden.input, times, golden.winners)
    with pytest.raises(FileFormatError, match="times of 'dense1'"):
        files.SavedFirstSpike(spiking, {}, wrong).verify()


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ({"in": Input((2,)), "a": linear(3, 2), "b": linear(2, 3)}, "Linear 'b'.*no ReLU between it and 'a'"),
        ({"in": Input((2,)), "a": linear(3, 2), "r": ReLU()}, "Output 'out'.*without ReLU"),
        ({"in": Input((1, 4, 4)), "s": SumPool2d(2), "f": Flatten(), "a": linear(3, 4)}, "SumPool2d 's'.*chain of"),
        ({"in": Input((2,)), "r": ReLU()}, "ReLU 'r'.*0 or more already"),
        ({"in": Input((2,))}, "expected a Linear or Conv2d, got none"),
        ({"in": Input((2, 4, 4)), "c": conv(2, 1, 1, groups=2), "f": Flatten()}, "Conv2d 'c'.*groups 1"),
        ({"in": Input((1, 4, 4)), "c": Conv2d(np.ones((2, 1, 1, 2))), "f": Flatten()}, "Conv2d 'c'.*square"),
        ({"in": Input((1, 4, 4)), "a": AvgPool2d(2), "m": MaxPool2d(2), "f": Flatten(), "l": linear(2, 1)}, "'m'.*averages"),
        ({"in": Input((1, 4, 4)), "c": conv(2, 1, 1), "a": AvgPool2d(2), "r": ReLU(), "f": Flatten()}, "'a'.*ReLU before"),
        ({"in": Input((1, 4, 4)), "a": AvgPool2d(2, 1), "f": Flatten(), "l": linear(2, 9)}, "'a'.*side by side"),
        ({"in": Input((1, 5, 5)), "a": AvgPool2d(2), "c": conv(2, 1, 1, padding=1), "f": Flatten()}, "'c'.*do not divide"),
        ({"in": Input((1, 4, 4), (0.5,), (0.5,)), "c": conv(2, 1, 3, padding=1), "f": Flatten()}, "'c'.*mean of the input"),
        ({"in": Input((1, 4, 4)), "c": conv(2, 1, 1), "f": Flatten(), "r": ReLU(), "l": linear(2, 32)}, "'r'.*before the Flatten"),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_is_named(nodes: Mapping[str, Node], words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        to_first_spike(Network.chain({**nodes, "out": Output()}))


def test_a_shortcut_is_refused() -> None:
    nodes: dict[str, Node] = {"in": Input((2,)), "a": linear(2, 2), "b": linear(2, 2), "out": Output()}
    edges = [("in", "a"), ("in", "b"), ("a", "out"), ("b", "out")]
    with pytest.raises(NetworkError, match=r"Input 'in'.*chain of"):
        to_first_spike(Network(nodes, edges))


def test_the_weights_have_a_row_of_head_starts() -> None:
    with pytest.raises(NetworkError, match=r"expected the shape \(3, 2\)"):
        FirstSpikeNetwork((2,), (Dense(units=2),), (np.zeros((2, 2), dtype=np.float32),), neuron="slope")
