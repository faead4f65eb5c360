"""What other tools would print, by hand."""

import numpy as np
import pytest

from benchmarks.claims.hardware_cases import hand_counted
from pysnn import IF, Conv2d, Input, Linear, Output
from pysnn.hardware import preset_table
from tests.unit.hardware.networks import chain


def test_presets_by_hand() -> None:
    net = chain(Input((3,)), Linear([[1.0, 0.0, 2.0], [1.0, 1.0, 1.0]]), IF(), Output("count"))
    counts = {"n1": {"events": 6, "synops": 10, "synops_zero": 2}, "n2": {"updates": 8, "spikes": 3}}
    table = preset_table(net, hand_counted(net, 4, counts), steps=4)
    found = {(row["preset"], row["quantity"]): row["value"] for row in table.to_dicts()}
    assert found["neurobench", "Effective_ACs"] == 10
    assert found["neurobench", "Dense"] == 24
    assert found["syops", "ACs"] == 6 * (6 / 3) + 8
    assert found["horowitz_4.6_0.9", "energy"] == pytest.approx(9.0)
    assert found["horowitz_4.6_0.9", "energy of the ANN"] == pytest.approx(6 * 4.6)
    assert found["keras_spiking", "energy on Loihi"] == pytest.approx(27.1 * 12 + 81 * 8)
    assert found["sanafe_loihi", "energy of synapses and somas"] == pytest.approx(355 + 8 * 51.2 + 3 * 21.6 + 3 * 69.3)


def test_lemaire_by_hand() -> None:
    """20 events on 3 -> 2 weights and 5 spikes of 2 neurons in 4 steps: 32-bit words in memories of 24 and 8 bytes, queues of 4,000."""
    net = chain(Input((3,)), Linear([[1.0, 0.0, 2.0], [1.0, 1.0, 1.0]]), IF(), Output("count"))
    activity = hand_counted(net, 4, {"n1": {"events": 20, "synops": 33}, "n2": {"updates": 8, "spikes": 5}})
    table = preset_table(net, activity, steps=4)
    found = {row["quantity"]: row["value"] for row in table.to_dicts() if row["preset"] == "lemaire2022"}
    per_byte = 10 / 8192
    memory = (20 * 4000 + 40 * 24 + 2 * 40 * 8 + 2 * 8 * 8 + 5 * 4000) * per_byte
    assert found == pytest.approx({"operations": 0.1 * (40 + 5), "addressing": 4.0, "memory": memory})


def test_lemaire_of_a_convolution_on_analogue_values_by_hand() -> None:
    """3x3 over 4x4 with padding: 144 multiplications a step, 10 steps, whatever is zero; biases are read and added at each."""
    net = chain(Input((1, 4, 4)), Conv2d(np.ones((1, 1, 3, 3)), np.ones(1), padding=1), IF(), Output("count"))
    activity = hand_counted(net, 10, {"n1": {"macs": 100}, "n2": {"updates": 160}})
    table = preset_table(net, activity, steps=10)
    found = {row["quantity"]: row["value"] for row in table.to_dicts() if row["preset"] == "lemaire2022"}
    assert found["operations"] == pytest.approx(3.2 * 1440 + 0.1 * 160)
    assert found["addressing"] == pytest.approx(0.1 * (16 + 16 + 9) * 10)
    assert found["memory"] == pytest.approx((1440 * 64 + 1600 * 40 + 2 * 160 * 64) * 10 / 8192)
