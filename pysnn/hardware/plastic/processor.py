"""The same run on a conventional processor: the float32 operations that the engines' definition does, at 45 nm."""

from dataclasses import dataclass
from typing import Any

from pysnn.hardware.chip import Chip
from pysnn.hardware.interval import ZERO, Interval, exactly
from pysnn.hardware.pricing.memory import memory_energy
from pysnn.hardware.rows import Label, not_priced, priced
from pysnn.plastic.activity import CountedProjection, PlasticActivity
from pysnn.plastic.engines.base import STORE_BYTES
from pysnn.plastic.network import PlasticNetwork
from pysnn.plastic.rules.base import Change, Kernel

__all__ = ["PROCESSOR", "Operations", "operations", "processor_rows"]

PROCESSOR = "float32_processor"
"""The name in the column ``network`` of the run on a conventional processor."""

_CACHE = 32 * 1024
_WORDS = {"deliveries": 3, "pre_updates": 2, "post_updates": 4, "reward_updates": 3}
"""Words of 32 bits read and written: (weight, sum read and written), (trace, weight written), (places, trace, weight read and written),
(eligibility, weight read and written)."""

_CELLS = {
    "delta": (3, 1, 0),
    "current": (5, 4, 0),
    "conductance": (8, 6, 1),
}
"""Additions, multiplications and divisions of a cell's step, by its kind of synapses, without the comparison."""


@dataclass(frozen=True)
class Operations:
    """Float32 operations; a bound and a threshold are a comparison each, which counts as an addition."""

    additions: int = 0
    multiplications: int = 0
    divisions: int = 0

    def times(self, count: int) -> "Operations":
        """Return those of so many repetitions."""
        return Operations(*(count * one for one in (self.additions, self.multiplications, self.divisions)))

    def plus(self, other: "Operations") -> "Operations":
        """Return the sum."""
        return Operations(
            self.additions + other.additions,
            self.multiplications + other.multiplications,
            self.divisions + other.divisions,
        )


def operations(network: PlasticNetwork, activity: PlasticActivity) -> dict[str, Operations]:
    """Return the operations of a run by population and projection, each as ``pysnn/plastic/engines/reference.py`` does them.

    Examples
    --------
    >>> from pysnn.plastic import AllToAll, IFCells, PairSTDP, PlasticSimulator, Projection, SpikeSource
    >>> wires = Projection(pre="a", post="b", connector=AllToAll(), weight=1.0, delay=0, rule=PairSTDP())
    >>> net = PlasticNetwork.of(a=SpikeSource(2, times=[0.0], indices=[1]), b=IFCells(size=3, v_threshold=5.0), wires=wires)
    >>> operations(net, PlasticSimulator(net, dt=1e-3).run(0.01).activity)["wires"]
    Operations(additions=13, multiplications=4, divisions=0)
    """
    spikes = {one.name: one.spikes for one in activity.populations}
    found = {}
    for population in activity.populations:
        cells = network.populations[population.name]
        found[population.name] = Operations()
        if not cells.is_source:
            adds, muls, divisions = _CELLS[_synapses(cells)]
            adaptive = int(getattr(cells, "adaptive", None) is not None)
            step = Operations(adds + 1 + adaptive, muls + adaptive, divisions).times(population.neuron_updates)
            found[population.name] = step.plus(Operations(adaptive).times(population.spikes))
    for one in activity.projections:
        projection = network.projections[one.name]
        total = Operations(additions=one.deliveries)
        if projection.rule is not None:
            share = activity.learned_steps / max(1, activity.steps)
            ends = (spikes[projection.pre], spikes[projection.post])
            total = total.plus(_learning(projection.rule.kernel(), one, ends, share))
        found[one.name] = total
    return found


def _learning(kernel: Kernel, one: CountedProjection, spikes: tuple[int, int], share: float) -> Operations:
    """Return what changes weights and traces; a spike, taken as arrived, raises its traces, and while learning scales its row or column."""
    pre, post = _change(kernel, kernel.pre), _change(kernel, kernel.post)
    total = pre.times(one.pre_updates).plus(post.times(one.post_updates))
    total = total.plus(Operations(3, 1).times(one.reward_updates))
    sides = ((kernel.pre, kernel.x, kernel.x2), (kernel.post, kernel.y, kernel.y2))
    for count, (change, first, second) in zip(spikes, sides, strict=True):
        raised = int(not first.nearest) + int(second is not None and not second.nearest)
        scale = Operations(1, 3) if change.triplet else Operations(0, 1)
        total = total.plus(Operations(additions=raised).times(count)).plus(scale.times(round(count * share)))
    return total


def _change(kernel: Kernel, change: Change) -> Operations:
    """Return the operations of one synapse: scale times trace, the factor of the weight, sum, two bounds."""
    offset = int(bool(change.offset)) + int(kernel.restricted)
    if kernel.tau_c is not None:
        return Operations(1 + offset, 1)
    adds, muls = 3 + offset + 2 * int(change.split), 1
    if change.dependence != "none":
        powers = change.mu != 1.0
        adds += int(change.dependence == "room") + 2 * powers
        muls += 2 + 3 * powers
    return Operations(adds, muls)


def _synapses(cells: Any) -> str:
    return "delta" if cells.synapses is None else type(cells.synapses).__name__.lower()


def processor_rows(
    network: PlasticNetwork, activity: PlasticActivity, synapses: int, chip: Chip
) -> list[dict[str, Any]]:
    """Return counts and energy of the run's float32 operations and of memory, on generic CMOS.

    Bare operations: what a processor spends on fetching and decoding instructions comes on top. Memory: low, all accesses meet a first-level
    cache; else an SRAM that holds the whole network.
    """
    prices = {name: chip.section("operations")[f"{op}_float32"] for name, op in _PRICED.items()}
    label = Label(PROCESSOR, chip.name, source=f"float32: {chip.source}", grade="published")
    counted = label.but(
        unit="1/sample",
        scope="network",
        source="counted in the run, operations by the definition of a step",
        grade="inferred",
    )
    core = label.but(unit="pJ", scope="core dynamic")
    done = operations(network, activity)
    memory = _memory(activity, synapses, chip)
    rows, total = [], ZERO
    for name, quantity in prices.items():
        sums = {layer: getattr(one, name) for layer, one in done.items()}
        energy = exactly(sum(sums.values()) * quantity.value)
        total = total.plus(energy)
        rows += [priced(counted.but(term=name), exactly(sum(sums.values())))]
        own = core.but(term=f"energy_{name}", source=quantity.source, grade=quantity.grade)
        rows += [priced(own, energy)]
        for layer, count in sums.items():
            if count:
                rows.append(priced(counted.but(term=name, layer=layer), exactly(count)))
                rows.append(priced(own.but(layer=layer), exactly(count * quantity.value)))
    moved = ZERO
    for layer, energy in memory.items():
        moved = moved.plus(energy)
        rows.append(priced(core.but(term="energy_memory", layer=layer, grade="fitted"), energy))
    return [
        *rows,
        priced(core.but(term="energy_memory", grade="fitted"), moved),
        priced(core.but(term="energy_total", source="sum of the terms", grade="fitted"), total.plus(moved)),
        not_priced(label.but(term="latency", unit="ms", scope="chip", source="a list of operations has no clock")),
    ]


_PRICED = {"additions": "add", "multiplications": "mul", "divisions": "div"}


def _memory(activity: PlasticActivity, synapses: int, chip: Chip) -> dict[str, Interval]:
    """Return energy of memory: words of synapses by projection, and potentials by population, read and written at each step."""
    neurons = sum(one.neurons for one in activity.populations)
    whole = STORE_BYTES["eager"] * synapses + 8 * neurons
    word = memory_energy(chip, whole, 32)
    near = memory_energy(chip, min(whole, _CACHE), 32)
    found = {one.name: 2 * one.neuron_updates for one in activity.populations if one.neuron_updates}
    found |= {
        one.name: sum(words * getattr(one, name) for name, words in _WORDS.items()) for one in activity.projections
    }
    return {name: Interval(count * near, count * word, count * word) for name, count in found.items()}
