"""Mapping rules against published tables, hand-computed ones, and brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.claims.hardware_cores import core_tables
from pysnn import IF, Conv2d, Flatten, Input, Linear, Network, Output
from pysnn.errors import DataError
from pysnn.hardware import load_chip, map_network
from pysnn.hardware.mapping.loihi_rule import LayerSizes, LinkSizes, RuleLimits, neurons_by_memory, split_cores
from pysnn.hardware.mapping.place import RULES, place
from pysnn.hardware.mapping.placement import MappingTask, Placement
from pysnn.hardware.network_layers import hardware_layers
from tests.unit.hardware.networks import chain, conv_net, dense_net, ones


def placed(net: Network, chip: str, **options: object) -> Placement:
    return place(MappingTask(hardware_layers(net), load_chip(chip), **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", list(core_tables()))
def test_published_core_tables(name: str) -> None:
    per_core, cores, our_per_core, our_cores = core_tables()[name]
    assert our_per_core == per_core
    assert our_cores == cores


def test_memory_rule_is_the_formula_in_floating_point_for_small_numbers() -> None:
    for synapses, neurons, bits in (
        (5120, 10, 7),
        (65536, 256, 15),
        (1048576, 512, 10),
        (61952, 242, 9),
        (100, 100, 1),
    ):
        capacity = 16380 * (64 // bits)
        groups = -(-synapses // capacity)
        alpha = groups - synapses / capacity
        expected = (1 - alpha) * (neurons // groups) + alpha * (neurons * capacity // synapses)
        assert neurons_by_memory(capacity, synapses, neurons) == int(expected)


@given(st.integers(1, 4096), st.integers(1, 5000), st.integers(1, 63))
def test_wider_weights_never_give_more_neurons_a_core(fan_in: int, neurons: int, bits: int) -> None:
    narrow, wide = (neurons_by_memory(16380 * (64 // b), fan_in * neurons, neurons) for b in (bits, bits + 1))
    assert wide <= narrow


@given(
    st.sampled_from(["loihi1", "truenorth", "speck", "spinnaker1"]),
    st.integers(1, 8),
    st.integers(1, 300),
    st.integers(1, 300),
)
def test_wider_weights_never_map_to_fewer_cores(chip: str, bits: int, hidden: int, outputs: int) -> None:
    net = chain(Input((40,)), Linear(ones(hidden, 40)), IF(), Linear(ones(outputs, hidden)), IF(), Output("count"))
    assert placed(net, chip, weight_bits=bits).cores <= placed(net, chip, weight_bits=bits + 1).cores


@pytest.mark.slow
@given(st.integers(1, 12), st.tuples(*[st.integers(1, 2500)] * 3), st.integers(0, 6))
def test_wider_weights_never_map_to_fewer_cores_of_loihi(
    bits: int, sizes: tuple[int, int, int], delay_bits: int
) -> None:
    a, b, c = sizes
    net = chain(
        Input((a,)), Linear(ones(b, a)), IF(), Linear(ones(c, b)), IF(), Linear(ones(10, c)), IF(), Output("count")
    )
    narrow, wide = (placed(net, "loihi1", weight_bits=k, delay_bits=delay_bits).cores for k in (bits, bits + 1))
    assert narrow <= wide


@pytest.mark.slow
@given(st.integers(1, 12), st.tuples(*[st.integers(1, 40)] * 3), st.sampled_from([1, 3, 5]), st.integers(1, 2))
def test_wider_weights_of_convolutions_never_map_to_fewer_cores(
    bits: int, channels: tuple[int, int, int], kernel: int, stride: int
) -> None:
    a, b, c = channels
    first = Conv2d(ones(b, a, kernel, kernel), padding=kernel // 2)
    second = Conv2d(ones(c, b, kernel, kernel), padding=kernel // 2, stride=stride)
    net = chain(Input((a, 16, 16)), first, IF(), second, IF(), Output("count"))
    for chip in ("loihi1", "truenorth", "speck"):
        assert placed(net, chip, weight_bits=bits).cores <= placed(net, chip, weight_bits=bits + 1).cores


def test_weights_are_stored_wider_where_that_takes_fewer_cores() -> None:
    """By the rule alone, 6 and 7 bits take 24 and 26 cores and 8 bits take 23: splitting for axons comes in steps."""
    net = chain(
        *[Input((528,)), Linear(ones(904, 528)), IF(), Linear(ones(2408, 904)), IF()],
        Linear(ones(10, 2408)),
        IF(),
        Output("count"),
    )
    assert [placed(net, "loihi1", weight_bits=bits).cores for bits in (5, 6, 7, 8)] == [17, 23, 23, 23]


def test_fan_in_names_the_layer_and_both_numbers() -> None:
    net = Network.chain(
        {"in": Input((64, 8, 8)), "conv3": Conv2d(ones(8, 64, 3, 3)), "if": IF(), "out": Output("count")}
    )
    found = placed(net, "truenorth")
    assert [vars(v) for v in found.violations] == [{"layer": "conv3", "rule": "fan-in", "limit": 256, "found": 576}]
    assert map_network(net, "truenorth").row(0)[2:] == (None, None, None)


def test_loihi_refuses_a_fan_in_over_4096() -> None:
    net = Network.chain({"in": Input((5000,)), "fc": Linear(ones(2, 5000)), "if": IF(), "out": Output("count")})
    assert [(v.layer, v.rule, v.limit, v.found) for v in placed(net, "loihi1").violations] == [
        ("fc", "fan-in", 4096, 5000)
    ]


def test_weights_wider_than_the_chip_are_a_violation() -> None:
    found = placed(dense_net(), "loihi1", weight_bits=10)
    assert ("fc1", "weight bits", 9, 10) in [(v.layer, v.rule, v.limit, v.found) for v in found.violations]


def test_whole_number_weights_say_their_bits() -> None:
    for most, bits in ((1, 1), (2, 2), (3, 3), (4, 3), (64, 7), (65, 8), (127, 8), (255, 9), (257, 10)):
        net = Network.chain({"in": Input((2,)), "fc": Linear([[most, -1.0]]), "if": IF(), "out": Output("count")})
        assert hardware_layers(net)[1].weight_bits == bits
    assert hardware_layers(dense_net())[1].weight_bits == 8


def test_truenorth_fills_cores_with_grouped_convolutions() -> None:
    net = chain(Input((512, 4, 4)), Conv2d(ones(512, 128, 1, 1), groups=4), IF(), Output("count"))
    table = map_network(net, "truenorth")
    assert table["neurons_per_core"].to_list() == [256]
    assert table["cores"].to_list() == [512 * 16 // 256]


def test_truenorth_counts_axons_of_a_patch_by_brute_force() -> None:
    net = chain(Input((4, 12, 12)), Conv2d(ones(16, 4, 3, 3), padding=1), IF(), Output("count"))
    found = placed(net, "truenorth")
    _, used, limit = {r[0]: r for r in found.placed[0].resources}["axons"]
    assert used <= limit == 256
    best = None
    for high in range(1, 13):
        for wide in range(1, 13):
            for deep in range(1, 17):
                if high * wide * deep <= 256 and 4 * (high + 2) * (wide + 2) <= 256:
                    cores = -(-12 // high) * -(-12 // wide) * -(-16 // deep)
                    best = cores if best is None else min(best, cores)
    assert found.placed[0].cores == best


def test_speck_matches_layers_with_cores_or_says_which_is_left() -> None:
    small = [node for _ in range(9) for node in (Conv2d(ones(2, 2, 1, 1)), IF())]
    assert not placed(chain(Input((2, 4, 4)), *small, Output("count")), "speck").violations
    found = placed(chain(Input((2, 4, 4)), *small, Conv2d(ones(2, 2, 1, 1)), IF(), Output("count")), "speck")
    assert [(v.rule, v.limit, v.found) for v in found.violations] == [
        ("layers", 9, 10),
        ("cores that are left for the layer", 0, 1),
    ]


def test_speck_uses_the_only_cores_that_a_large_kernel_fits() -> None:
    # 64 Ki words of kernels: two cores have them, so that a third such layer finds none.
    for layers, left in ((2, 0), (3, 1)):
        large = [node for _ in range(layers) for node in (Conv2d(ones(256, 256, 1, 1)), IF())]
        found = placed(chain(Input((256, 1, 1)), *large, Output("count")), "speck").violations
        assert [v.rule for v in found] == ["cores that are left for the layer"] * left


def test_a_shortcut_that_carries_currents_is_named() -> None:
    nodes = {
        "in": Input((4,)),
        "fc1": Linear(np.eye(4)),
        "if1": IF(),
        "fc2": Linear(np.eye(4)),
        "if2": IF(),
        "out": Output("count"),
    }
    edges = [("in", "fc1"), ("fc1", "if1"), ("if1", "fc2"), ("fc2", "if2"), ("fc1", "if2"), ("if2", "out")]
    net = Network(nodes, edges)
    layer = hardware_layers(net)[2]
    assert (layer.name, layer.shortcuts) == ("fc2", ("fc1",))
    assert ("fc2", "shortcuts that carry currents", 0, 1) in [
        (v.layer, v.rule, v.limit, v.found) for v in placed(net, "loihi1").violations
    ]
    assert not placed(net, "cmos45").violations


def test_layers_of_a_residual_block() -> None:
    _, conv1, conv2, fc = hardware_layers(conv_net())
    assert {(link.name, link.kind, link.sources, link.fan_in) for link in conv2.links} == {
        ("conv2", "conv", ("conv1",), 36),
        ("", "direct", ("conv1",), 1),
    }
    assert (fc.kind, fc.links[0].pool_area, fc.links[0].pool_stride, fc.links[0].fan_in) == ("output", 4, 2, 144)
    assert conv1.links[0].connections == 2 * 4 * (6 * 3 - 2) ** 2


def test_odin_and_xylo_and_tianjic_and_spinnaker() -> None:
    assert [(v.rule, v.limit, v.found) for v in placed(dense_net(10, 300), "odin", weight_bits=4).violations] == [
        ("neurons", 256, 303),
        ("fan-in", 256, 300),
    ]
    rules = {v.rule: (v.limit, v.found) for v in placed(dense_net(20, 1100), "xylo").violations}
    assert rules == {"inputs": (16, 20), "neurons": (1000, 1100)}
    net = chain(
        Input((16,)), Linear(ones(8, 16)), IF(), Linear(ones(65, 8)), IF(), Linear(ones(2, 65)), IF(), Output("count")
    )
    assert [(v.layer, v.rule, v.found) for v in placed(net, "xylo").violations] == [("n1", "fan-out", 65)]
    assert placed(dense_net(300, 10), "tianjic").violations[0].rule == "fan-in"
    assert map_network(dense_net(10, 2500), "spinnaker1")["cores"].to_list() == [3, 1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight_bits": 0}, "whole number from 1"),
        ({"weight_bits": 2.5}, "whole number from 1"),
        ({"delay_bits": -1}, "whole number from 0"),
        ({"weight_bits": {"nowhere": 3}}, "there is no layer 'nowhere'"),
        ({"policy": "spread"}, "unrolled or shared"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        map_network(dense_net(), "loihi1", **options)  # type: ignore[arg-type]


def test_every_rule_of_a_chip_file_is_there_and_takes_every_network() -> None:
    for chip in ("loihi1", "truenorth", "speck", "xylo", "odin", "spinnaker1", "cmos45"):
        for net in (dense_net(), conv_net()):
            assert load_chip(chip).mapping in RULES
            for p in placed(net, chip).placed:
                assert p.utilisation is None or 0 < p.utilisation <= 1


def test_shared_weights_take_no_more_cores() -> None:
    net = chain(Input((16, 32, 32)), Conv2d(ones(32, 16, 3, 3), padding=1), IF(), Output("count"))
    assert placed(net, "loihi1", weight_bits=8, policy="shared").cores < placed(net, "loihi1", weight_bits=8).cores


def test_a_dense_layer_behind_a_map_is_a_kernel_of_the_whole_map() -> None:
    """Speck: 4 channels, 5x5 kernel, 10 outputs: 4 * 2^(5 + 4) words."""
    net = chain(Input((4, 5, 5)), Flatten(), Linear(ones(10, 100)), IF(), Output("count"))
    (dense,) = placed(net, "speck").placed
    assert dense.resources[0][1] == 4 * 2**9
    assert hardware_layers(chain(Input((7,)), Linear(ones(2, 7)), IF(), Output("count")))[1].links[0].shape_in == (
        7,
        1,
        1,
    )


@st.composite
def rule_tables(draw: st.DrawFn) -> tuple[tuple[LayerSizes, ...], tuple[LinkSizes, ...], RuleLimits]:
    """Layers, links forward between them, and limits, small enough that every branch is taken."""
    side = st.integers(1, 40)
    count = draw(st.integers(1, 6))
    layers = []
    for _ in range(count):
        shape = draw(st.tuples(side, side, side))
        fan_in = draw(st.integers(0, 4096))
        neurons = shape[0] * shape[1] * shape[2]
        capacity = draw(st.sampled_from([0, 5, 4096, 16380 * 7, 16380 * 64]))
        layers.append(LayerSizes(neurons, fan_in * neurons, capacity, draw(st.integers(0, 1024)), shape))
    links = []
    for target in range(1, count):
        for source in draw(st.sets(st.integers(0, target - 1), max_size=2)):
            kernel = draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
            numbers = draw(st.tuples(st.integers(0, 2), side, side, st.integers(1, 16)))
            links.append(LinkSizes(source, target, numbers[0], numbers[1], numbers[2], kernel, numbers[3]))
    limits = RuleLimits(draw(st.integers(1, 4096)), draw(st.integers(1, 1024)), draw(st.integers(1, 128)))
    return tuple(layers), tuple(links), limits


@given(rule_tables())
def test_the_compiled_rule_is_the_reference(
    tables: tuple[tuple[LayerSizes, ...], tuple[LinkSizes, ...], RuleLimits],
) -> None:
    core = pytest.importorskip("pysnn._core")
    layers, links, limits = tables
    expected = split_cores(layers, links, limits)
    numbers = [layer.numbers() for layer in layers], [link.numbers() for link in links], limits.numbers()
    found = core.loihi_cores(*numbers)
    assert tuple(map(tuple, found)) == (expected.per_core, expected.copies, expected.crowded)


def test_the_compiled_rule_refuses_what_is_no_table() -> None:
    core = pytest.importorskip("pysnn._core")
    layer, limits = [1, 1, 1, 1, 1, 1, 1], [1, 1, 1]
    for layers, links, given_limits in (
        ([[0, *layer[1:]]], [], limits),
        ([layer], [[0, 5, 0, 1, 1, 1, 1, 1]], limits),
        ([layer], [[-1, 0, 0, 1, 1, 1, 1, 1]], limits),
        ([layer], [[0, 0, 9, 1, 1, 1, 1, 1]], limits),
        ([layer], [], [0, 1, 1]),
    ):
        with pytest.raises(DataError, match="loihi"):
            core.loihi_cores(layers, links, given_limits)
