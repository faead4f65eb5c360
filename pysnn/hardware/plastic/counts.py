"""What a run of a plastic network did, in the counts that chips have prices for; one run is one sample."""

from pysnn.errors import DataError
from pysnn.hardware.counts import Counted
from pysnn.hardware.interval import Interval, exactly
from pysnn.hardware.plastic.layers import plastic_layers
from pysnn.plastic.activity import CountedPopulation, CountedProjection, PlasticActivity
from pysnn.plastic.network import PlasticNetwork

__all__ = ["count_plastic"]


def count_plastic(network: PlasticNetwork, activity: PlasticActivity) -> Counted:
    """Join a run's activity with the network: synaptic operations, updates and plastic updates belong to the population that they reach.

    Raises
    ------
    DataError
        The activity is another network's.

    Examples
    --------
    >>> from pysnn.plastic import AllToAll, IFCells, PairSTDP, PlasticSimulator, Projection, SpikeSource
    >>> wires = Projection(pre="a", post="b", connector=AllToAll(), weight=1.0, delay=0, rule=PairSTDP())
    >>> net = PlasticNetwork.of(a=SpikeSource(2, times=[0.0], indices=[1]), b=IFCells(size=3, v_threshold=0.5), wires=wires)
    >>> counted = count_plastic(net, PlasticSimulator(net, dt=1e-3).run(0.01).activity)
    >>> {name: counted.total(name).value for name in ("synops", "updates", "updates_active", "pre_updates", "post_updates")}
    {'synops': 3.0, 'updates': 30.0, 'updates_active': 3.0, 'pre_updates': 3.0, 'post_updates': 6.0}
    """
    _check_same(network, activity)
    layers = plastic_layers(network)
    populations = {one.name: one for one in activity.populations}
    into: dict[str, list[CountedProjection]] = {name: [] for name in populations}
    for one in activity.projections:
        into[network.projections[one.name].post].append(one)
    sums = tuple(
        {"input_spikes": exactly(populations[layer.name].spikes)}
        if layer.kind == "input"
        else _sums(populations[layer.name], into[layer.name])
        for layer in layers
    )
    return Counted(layers, sums, activity.steps, {}, analogue=False, samples=1, clocked=True)


def _sums(population: CountedPopulation, into: list[CountedProjection]) -> dict[str, Interval]:
    """Return the counts of a population.

    Memory: 3 accesses a synaptic operation and 2 an update, as in other networks; an arrival that changes a weight reads a trace and writes
    the weight that it has read, a spike of a target or a reward reads it too.
    """
    synops = sum(one.deliveries for one in into)
    pre, post, reward = (sum(found) for found in zip(*(one[3:] for one in into), strict=True)) if into else (0, 0, 0)
    updates, spikes = population.neuron_updates, population.spikes
    active = min(updates, spikes)
    counts = {
        "synops": synops,
        "updates": updates,
        "updates_active": active,
        "updates_inactive": updates - active,
        "spikes": spikes,
        "memory_accesses": 3 * synops + 2 * updates + 2 * pre + 3 * (post + reward),
        "pre_updates": pre,
        "post_updates": post,
        "reward_updates": reward,
    }
    return {name: exactly(count) for name, count in counts.items() if count}


def _check_same(network: PlasticNetwork, activity: PlasticActivity) -> None:
    if not isinstance(activity, PlasticActivity):
        raise DataError(
            f"activity: expected the PlasticActivity of a run (PlasticResult.activity), got {type(activity).__name__}"
        )
    wanted = [(name, one.size) for name, one in network.populations.items()]
    given = [(one.name, one.neurons) for one in activity.populations]
    rules = [(name, "" if one.rule is None else type(one.rule).__name__) for name, one in network.projections.items()]
    for ours, theirs in ((wanted, given), (rules, [one[:2] for one in activity.projections])):
        if ours != theirs:
            odd = [pair for pair in (*ours, *theirs) if (pair in ours) != (pair in theirs)]
            why = f"only one of the two has '{odd[0][0]}' ({odd[0][1]})" if odd else "its parts have another order"
            raise DataError(f"activity: it is of another network: {why}")
