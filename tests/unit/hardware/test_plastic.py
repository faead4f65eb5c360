"""Plastic networks on chips: layers, counts, prices, what chips can learn, and the same run on a processor."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pysnn.errors import DataError, FileFormatError
from pysnn.hardware import Estimate, chip_names, estimate, load_chip, map_network, parse_chip
from pysnn.hardware.network_layers import hardware_layers
from pysnn.hardware.plastic.counts import count_plastic
from pysnn.hardware.plastic.layers import sizes_of
from pysnn.hardware.plastic.processor import PROCESSOR, Operations, operations
from pysnn.hardware.report import markdown, methods
from pysnn.plastic import (
    AdaptiveThreshold,
    AllToAll,
    Conductance,
    DiehlCookPower,
    FixedProbability,
    IFCells,
    LIFCells,
    NearestRestricted,
    OneToOne,
    PairSTDP,
    PlasticNetwork,
    PlasticSimulator,
    PoissonSource,
    PowerLawSTDP,
    Projection,
    RewardSTDP,
    Rule,
    SpikeSource,
    SymmetricSTDP,
    Synapses,
    TripletSTDP,
)

LEARNERS = ("brainscales2", "loihi1", "loihi1_sanafe", "loihi2", "spinnaker1", "darwin3", "cmos45")


def network(rule: Rule | None = None, **cells: Any) -> PlasticNetwork:
    """Return sources, cells that are joined to themselves, and a second population of cells."""
    rule = PairSTDP() if rule is None else rule
    return PlasticNetwork.of(
        cells=LIFCells(size=30, v_threshold=0.8, refractory=2e-3, **cells),
        inputs=PoissonSource(200, rate=20.0),
        others=IFCells(size=5, v_threshold=3.0, refractory=2e-3),
        wires=Projection(
            pre="inputs", post="cells", connector=FixedProbability(0.3, seed=1), weight=0.2, delay=0, rule=rule
        ),
        loop=Projection(pre="cells", post="cells", connector=AllToAll(), weight=0.01, delay=6, inhibitory=True),
        on=Projection(pre="cells", post="others", connector=FixedProbability(0.5, seed=2), weight=0.1, rule=rule),
    )


def estimated(net: PlasticNetwork, *chips: str, seconds: float = 0.2, **options: Any) -> Estimate:
    return estimate(net, PlasticSimulator(net, dt=1e-3).run(seconds, **options).activity, chips=chips)


def value(found: Estimate, chip: str, term: str, layer: str = "", network: str = "snn") -> float:
    table = found.table
    rows = table.filter(
        (table["chip"] == chip) & (table["term"] == term) & (table["layer"] == layer) & (table["network"] == network)
    )
    return float(rows["value"][0])


def test_populations_are_layers_with_sources_first() -> None:
    layers = hardware_layers(network())
    assert [(layer.name, layer.kind, layer.neurons) for layer in layers] == [
        ("inputs", "input", 200),
        ("cells", "neuron", 30),
        ("others", "neuron", 5),
    ]
    assert [link.name for link in layers[1].links] == ["wires", "loop"]
    assert layers[1].delay_bits == 3
    assert (layers[2].delay_bits, layers[2].state_bits) == (0, 0)
    assert hardware_layers(network(RewardSTDP()))[1].state_bits == 8
    teacher = PlasticNetwork.of(
        inputs=PoissonSource(4, rate=1.0),
        teacher=SpikeSource(2, times=[0.0], indices=[0]),
        taught=Projection(pre="inputs", post="teacher", connector=AllToAll(), weight=0.1, delay=0, rule=PairSTDP()),
    )
    assert [layer.kind for layer in hardware_layers(teacher)] == ["input", "neuron"]


@pytest.mark.parametrize(
    "connector",
    [AllToAll(), OneToOne(), FixedProbability(0.4, seed=3), Synapses.of([0, 0, 3], [1, 1, 5])],
    ids=lambda connector: type(connector).__name__,
)
@pytest.mark.parametrize("pre", ["a", "b"])
def test_fan_in_and_fan_out_are_those_of_the_engine(connector: Any, pre: str) -> None:
    projection = Projection(pre=pre, post="b", connector=connector, weight=0.1, delay=1)
    net = PlasticNetwork.of(a=PoissonSource(7, rate=1.0), b=LIFCells(size=7), wires=projection)
    matrix = PlasticSimulator(net, dt=1e-3).run(0.0).weights("wires")
    rows, columns = sizes_of("wires", projection, net)
    assert rows.tolist() == np.diff(matrix.row).tolist()
    assert columns.tolist() == np.bincount(matrix.to, minlength=7).tolist()
    (link,) = hardware_layers(net)[-1].links
    assert (link.fan_in, link.reach, link.connections) == (columns.max(), rows.max(), len(matrix.to))


def test_counts_are_those_of_the_activity() -> None:
    net = network()
    activity = PlasticSimulator(net, dt=1e-3).run(0.3).activity
    counted = count_plastic(net, activity)
    assert counted.total("synops").value == activity.synops
    assert counted.total("updates").value == activity.total("neuron_updates") == 35 * 300
    assert counted.total("pre_updates").value == activity.total("pre_updates") > 0
    assert counted.total("post_updates").value == activity.total("post_updates") > 0
    cells, inputs, others = (one.spikes for one in activity.populations)
    assert counted.total("spikes").value == counted.total("updates_active").value == cells + others
    assert counted.total("input_spikes").value == inputs
    deliveries = {one.name: one.deliveries for one in activity.projections}
    assert counted.counts[1]["synops"].value == deliveries["wires"] + deliveries["loop"]


def test_a_plastic_run_on_loihi_by_hand() -> None:
    net = network()
    activity = PlasticSimulator(net, dt=1e-3).run(0.2).activity
    found = estimate(net, activity, chips=["loihi1"])
    pre, post = activity.total("pre_updates"), activity.total("post_updates")
    cells, inputs, others = (one.spikes for one in activity.populations)
    fired, updates = cells + others, 35 * 200
    assert value(found, "loihi1", "energy_pre_updates") == pytest.approx(120.0 * pre)
    assert value(found, "loihi1", "energy_post_updates") == pytest.approx(120.0 * post)
    # Spikes of inputs go to one core, those of cells to their own and to that of the others.
    assert value(found, "loihi1", "packets") == inputs + 2 * cells
    expected = 120.0 * (pre + post) + 23.6 * activity.synops + 81.0 * fired + 52.0 * (updates - fired)
    expected += 1.7 * (inputs + 2 * cells) + value(found, "loihi1", "energy_hops")
    core = found.total("loihi1", scope="core dynamic")
    assert core is not None
    assert core.value == pytest.approx(expected)
    assert core.low < core.value < core.high < float("inf")


def test_words_of_loihi_hold_weight_delay_and_eligibility() -> None:
    def words(net: PlasticNetwork) -> float:
        found = estimated(net, "loihi1").resources
        return float(found.filter((found["layer"] == "b") & (found["resource"] == "synapse words"))["used"][0])

    def net(delay: int, rule: Rule) -> PlasticNetwork:
        wires = Projection(pre="a", post="b", connector=AllToAll(), weight=0.0, delay=delay, rule=rule)
        return PlasticNetwork.of(a=PoissonSource(40, rate=1.0), b=LIFCells(size=16), wires=wires)

    assert words(net(1, PairSTDP())) == 40 * 16 / 8
    assert words(net(9, PairSTDP())) == 40 * 16 / (64 // 11)
    assert words(net(1, RewardSTDP())) == 40 * 16 / 4


def test_large_recurrent_populations_need_too_many_axons() -> None:
    net = PlasticNetwork.of(
        cells=LIFCells(size=5000),
        loop=Projection(pre="cells", post="cells", connector=Synapses.of([0, 0], [1, 4999], [0.1, 0.1])),
    )
    found = estimated(net, "loihi1", seconds=0.002)
    assert found.violations.filter(found.violations["rule"] == "output axons")["found"].to_list() == [1024 * 5]


@pytest.mark.parametrize("chip", chip_names())
def test_every_chip_prices_a_plastic_run_or_says_why_not(chip: str) -> None:
    net = network()
    found = estimated(net, chip)
    learning = [rule for rule in found.violations["rule"] if rule.startswith("learning: ")]
    table = found.table.filter((found.table["chip"] == chip) & (found.table["network"] == "snn"))
    totals = table.filter(table["term"] == "energy_total")
    (sentence,) = found.verdicts
    if chip in LEARNERS:
        assert not learning
        assert value(found, chip, "pre_updates") > 0
        return
    assert len(learning) == 2
    assert totals["value"].to_list() == [None]
    assert load_chip(chip).title in totals["source"][0]
    assert sentence.startswith(f"{chip}: not priced, since the run learned: ")


@pytest.mark.parametrize("chip", [name for name in chip_names() if load_chip(name).section("prices")])
def test_frozen_runs_are_priced_as_inference(chip: str) -> None:
    found = estimated(network(), chip, learn=False)
    assert not [rule for rule in found.violations["rule"] if rule.startswith("learning: ")]
    assert not found.table["term"].str.contains("pre_updates").any()
    total = found.total(chip)
    assert total is not None
    assert total.value > 0
    assert found.meta["learned_steps"] == 0


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (PairSTDP(), True),
        (PairSTDP(mu_plus=1.0, mu_minus=1.0), True),
        (PairSTDP(mu_plus=0.4), False),
        (TripletSTDP(), True),
        (SymmetricSTDP(), True),
        (RewardSTDP(), True),
        (NearestRestricted(), False),
        (PowerLawSTDP(), False),
        (DiehlCookPower(mu=0.5), False),
    ],
)
def test_what_loihi_and_spinnaker_can_learn(rule: Rule, fits: bool) -> None:
    found = estimated(network(rule), "loihi1", "spinnaker1", seconds=0.02)
    broken = {chip for chip, name in found.violations[["chip", "rule"]].rows() if name.startswith("learning: ")}
    assert broken == (set() if fits else {"loihi1"})


def test_operations_of_a_processor_by_hand() -> None:
    """One spike of two sources arrives at three cells at step 0; they fire at once, and again at no other step."""

    def done(rule: Rule | None, **cells: Any) -> dict[str, Operations]:
        net = PlasticNetwork.of(
            a=SpikeSource(2, times=[0.0, 0.0], indices=[0, 1]),
            b=LIFCells(size=3, v_threshold=0.5, **cells),
            wires=Projection(pre="a", post="b", connector=AllToAll(), weight=0.5, delay=0, rule=rule),
        )
        return operations(net, PlasticSimulator(net, dt=1e-3).run(0.01).activity)

    # Six deliveries; six pre and six post updates of (scale y, w + , two bounds); two and three spikes raise a trace and scale a row.
    assert done(PairSTDP())["wires"] == Operations(6 + 12 * 3 + 5, 12 + 5)
    assert done(None)["wires"] == Operations(6)
    # w * inverse, its product with the change; 1 - w there: one addition more at post events.
    assert done(PairSTDP(mu_plus=1.0, mu_minus=1.0))["wires"] == Operations(6 + 12 * 3 + 6 + 5, 12 * 3 + 5)
    assert done(None)["b"] == Operations(30 * 4, 30)
    assert done(None, adaptive=AdaptiveThreshold(plus=0.1, tau=1.0))["b"] == Operations(30 * 5 + 3, 30 * 2)
    conductance = Conductance(reversal_excitatory=0.0, reversal_inhibitory=-0.01)
    assert done(None, synapses=conductance)["b"].divisions == 30


def test_the_processor_stands_beside_the_chips() -> None:
    net = network()
    activity = PlasticSimulator(net, dt=1e-3).run(0.2).activity
    found = estimate(net, activity, chips=["loihi1"])
    done = operations(net, activity).values()
    for term, price in (("additions", 0.9), ("multiplications", 3.7)):
        count = sum(getattr(one, term) for one in done)
        assert value(found, "cmos45", term, network=PROCESSOR) == count
        assert value(found, "cmos45", f"energy_{term}", network=PROCESSOR) == pytest.approx(price * count)
    parts = ("energy_additions", "energy_multiplications", "energy_divisions", "energy_memory")
    total = sum(value(found, "cmos45", term, network=PROCESSOR) for term in parts)
    assert value(found, "cmos45", "energy_total", network=PROCESSOR) == pytest.approx(total)
    assert PROCESSOR in found.verdicts[0]


def test_reports_say_what_was_run() -> None:
    found = estimated(network(), "loihi1", "truenorth", seconds=0.25)
    assert found.meta["seconds"] == 0.25
    text = methods(found)
    assert "in one run of 0.25 s, 250 steps" in text
    assert "pairwise STDP" in text
    assert "IBM TrueNorth has no learning engine" in markdown(found)


@pytest.mark.slow
def test_plots_of_plastic_estimates(tmp_path: Path) -> None:
    from pysnn.plot import save_estimate

    assert save_estimate(tmp_path / "a.png", estimated(network(), "loihi1", "odin")).stat().st_size > 10_000


def test_mapping_alone() -> None:
    assert map_network(network(), "spinnaker1")[["layer", "cores"]].rows() == [("cells", 1), ("others", 1)]
    assert map_network(network(), "truenorth").is_empty()


def test_activities_of_other_runs_are_refused() -> None:
    net = network()
    run = PlasticSimulator(net, dt=1e-3).run(0.01)
    with pytest.raises(
        DataError, match=r"expected the PlasticActivity of a run \(PlasticResult.activity\), got PlasticResult"
    ):
        estimate(net, run, chips=["loihi1"])  # type: ignore[arg-type]
    other = PlasticNetwork(net.populations, {"wires": net.projections["wires"]})
    with pytest.raises(DataError, match="another network: only one of the two has 'loop'"):
        estimate(other, run.activity, chips=["loihi1"])
    nothing = PlasticNetwork(net.populations, {})
    with pytest.raises(DataError, match="expected projections between populations, got none"):
        map_network(nothing, "xylo")
    with pytest.raises(DataError, match="steps: a plastic run has its own, expected none, got 4"):
        estimate(net, run.activity, chips=["loihi1"], steps=4)


def test_chip_files_say_what_a_chip_can_learn() -> None:
    text = 'title = "Mine"\nkind = "limits"\nsource = "me"\nmapping = "none"\ntiming = "none"\n[learning]\n'
    good = 'engine = "a"\nforms = "any"\nsource = "me"\ngrade = "assumed"\n'
    chip = parse_chip("mine", text + good)
    assert chip.learning is not None
    assert chip.learning.forms == "any"
    for wrong, said in (
        (good.replace('"any"', '"all"'), "forms: expected one of none, own, products, any, got 'all'"),
        (good.replace('"assumed"', '"sure"'), "grade: expected one of published"),
        (good.replace('"a"', '""'), "engine: expected words, got ''"),
        ('engine = "a"\n', "expected a table with engine, forms, source, grade"),
    ):
        with pytest.raises(FileFormatError, match="chip 'mine': learning: " + said):
            parse_chip("mine", text + wrong)
