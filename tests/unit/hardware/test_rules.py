"""The compiled rules and prices are their references, with ``==``; and what is no table is refused."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysnn import Network
from pysnn.errors import DataError
from pysnn.hardware import chip_names, estimate
from pysnn.hardware.interval import Interval
from pysnn.hardware.mapping import counted, loihi, speck, truenorth
from pysnn.hardware.mapping.counted_rule import CountedLink, split_by_neurons
from pysnn.hardware.mapping.speck_rule import Kernels, assign_cores
from pysnn.hardware.mapping.truenorth_rule import PatchLink, place_blocks
from pysnn.hardware.pricing import arithmetic
from pysnn.hardware.pricing.arithmetic import products, products_reference, totals, totals_reference
from tests.unit.hardware.networks import conv_net, counted_run, current_net, dense_net

side = st.integers(1, 40)
number = st.floats(0, 1e12)


@pytest.fixture(scope="module")
def core() -> Any:
    return pytest.importorskip("pysnn._core")


def tuples(found: Iterable[Any]) -> tuple[tuple[Any, ...], ...]:
    return tuple(map(tuple, found))


@st.composite
def patch_tables(draw: st.DrawFn) -> tuple[tuple[Any, ...], tuple[PatchLink, ...], tuple[int, int]]:
    """Shapes (some are not placed), links that come in from earlier layers, limits; groups and axons of every size."""
    count = draw(st.integers(2, 5))
    shapes = (None, *(draw(st.none() | st.tuples(side, side, side)) for _ in range(count - 1)))
    links = []
    for target in range(1, count):
        for _ in range(draw(st.integers(0, 2))):
            groups, inputs, outputs, pool = draw(
                st.tuples(st.integers(1, 8), st.integers(1, 9), side, st.sampled_from([1, 1, 4]))
            )
            window = (
                draw(st.tuples(st.integers(1, 5), st.integers(1, 5))),
                draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
            )
            sources = tuple(draw(st.lists(st.integers(0, target - 1), min_size=1, max_size=2)))
            fan_in = inputs * pool * window[0][0] * window[0][1]
            links.append(
                PatchLink(sources, target, draw(st.booleans()), fan_in, groups, inputs, outputs, pool, *window)
            )
    return shapes, tuple(links), draw(st.tuples(st.integers(1, 300), st.integers(1, 300)))


@given(patch_tables())
def test_truenorth(core: Any, tables: tuple[tuple[Any, ...], tuple[PatchLink, ...], tuple[int, int]]) -> None:
    shapes, links, limits = tables
    expected = place_blocks(*tables)
    rows = [list(shape or (0, 0, 0)) for shape in shapes], [link.numbers() for link in links]
    blocks, copies = core.truenorth_blocks(*rows, [e for k, link in enumerate(links) for e in link.edges(k)], limits)
    assert tuples(blocks) == tuple((0, 0, 0, 0) if b is None else (*b.size, b.axons) for b in expected.blocks)
    assert tuple(copies) == expected.copies


@given(st.data())
def test_speck(core: Any, data: st.DataObject) -> None:
    shapes = tuple(data.draw(st.lists(st.tuples(side, side, side), min_size=1, max_size=12)))
    rows = st.builds(Kernels, st.integers(0, len(shapes) - 1), side, side, side)
    kernels = tuple(data.draw(st.lists(rows, max_size=15)))
    rooms = tuple(data.draw(st.lists(st.tuples(st.integers(1, 2**16), st.integers(1, 2**16)), min_size=1, max_size=9)))
    expected = assign_cores(shapes, kernels, rooms)
    found = core.speck_cores(shapes, [k.numbers() for k in kernels], rooms)
    assert tuples(found) == (expected.kernels, expected.neurons, expected.fits, expected.cores)
    held = [core for core in expected.cores if core is not None]
    assert len(set(held)) == len(held)
    for k, place in enumerate(expected.cores):
        if place is not None:
            assert expected.kernels[k] <= rooms[place][0]
            assert expected.neurons[k] <= rooms[place][1]


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=6), st.data())
def test_numbers_of_neurons(core: Any, neurons: list[int], data: st.DataObject) -> None:
    layer = st.integers(0, len(neurons) - 1)
    links = tuple(data.draw(st.lists(st.builds(CountedLink, layer, layer, st.booleans(), side), max_size=8)))
    per_core = data.draw(st.integers(1, 3000))
    expected = split_by_neurons(tuple(neurons), links, per_core)
    found = core.counted_cores(neurons, [link.numbers() for link in links], per_core)
    assert tuples(found) == (expected.cores, expected.copies, expected.fan_out)
    assert all(
        count * per_core >= held > (count - 1) * per_core or held == count == 0
        for count, held in zip(expected.cores, neurons, strict=True)
    )


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    return Interval(*sorted(draw(st.tuples(number, number, number))))


@given(st.lists(st.tuples(intervals(), intervals()), max_size=8), st.floats(0, 10))
def test_products(core: Any, pairs: list[tuple[Interval, Interval]], scale: float) -> None:
    left, right = [a for a, _ in pairs], [b for _, b in pairs]
    assert core is not None
    assert products(left, right, scale) == products_reference(left, right, scale)


@given(
    st.lists(st.tuples(st.integers(0, 3), intervals()), max_size=8),
    st.lists(st.tuples(st.integers(0, 3), intervals()), max_size=4),
    st.none() | intervals(),
)
def test_totals(
    core: Any, parts: list[tuple[int, Interval]], powers: list[tuple[int, Interval]], time: Interval | None
) -> None:
    assert core is not None
    found = totals(parts, powers, time, [0, 1, 2, 3])
    assert found == totals_reference(parts, powers, time, [0, 1, 2, 3])
    for scope, total in enumerate(found):
        assert total.energy.value == sum(part.value for rank, part in parts if rank <= scope)
        assert (total.power is None) == (total.product is None) == (time is None or time.low == 0)


LINK = [1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]
SHAPES = [[0, 0, 0], [1, 1, 1]]


@pytest.mark.parametrize(
    ("rule", "arguments"),
    [
        ("truenorth_blocks", ([[-1, 1, 1]], [], [], [1, 1])),
        ("truenorth_blocks", (SHAPES, [[5, *LINK[1:]]], [], [1, 1])),
        ("truenorth_blocks", (SHAPES, [[-1, *LINK[1:]]], [], [1, 1])),
        ("truenorth_blocks", (SHAPES, [[*LINK[:-1], 0]], [], [1, 1])),
        ("truenorth_blocks", (SHAPES, [LINK], [[0, 1]], [1, 1])),
        ("truenorth_blocks", (SHAPES, [LINK], [[2, 0]], [1, 1])),
        ("truenorth_blocks", (SHAPES, [LINK], [[0, 0]], [0, 1])),
        ("truenorth_blocks", (SHAPES, [LINK], [[0, 0]], [1, 2**20])),
        ("truenorth_blocks", ([[2**28, 1, 1]], [], [], [1, 1])),
        ("speck_cores", ([[0, 1, 1]], [], [[1, 1]])),
        ("speck_cores", ([[1, 1, 1]], [[1, 1, 1, 1]], [[1, 1]])),
        ("speck_cores", ([[1, 1, 1]], [[-1, 1, 1, 1]], [[1, 1]])),
        ("speck_cores", ([[1, 1, 1]], [[0, 1, 0, 1]], [[1, 1]])),
        ("counted_cores", ([-1], [], 1)),
        ("counted_cores", ([1], [], 0)),
        ("counted_cores", ([1], [[0, 1, 0, 1]], 1)),
        ("counted_cores", ([1], [[-1, 0, 0, 1]], 1)),
        ("counted_cores", ([1], [[0, 0, 0, 0]], 1)),
    ],
)
def test_what_is_no_table_is_refused(core: Any, rule: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(DataError, match=rule.split("_", maxsplit=1)[0]):
        getattr(core, rule)(*arguments)


@pytest.mark.parametrize("net", [dense_net(), conv_net(), current_net()], ids=["dense", "conv", "currents"])
def test_estimates_are_the_same_without_the_compiled_core(
    core: Any, net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert core is not None
    activity = counted_run(net)
    with_core = estimate(net, activity, chips=chip_names(), steps=6)
    for module in (arithmetic, counted, loihi, speck, truenorth):
        monkeypatch.setattr(module, "compiled_core", lambda: None)
    without = estimate(net, activity, chips=chip_names(), steps=6)
    for part in ("table", "mapping", "violations", "resources"):
        assert getattr(with_core, part).equals(getattr(without, part))
