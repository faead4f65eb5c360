"""Populations of a plastic network as hardware layers, and projections as sparse links."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.hardware.layers import HardwareLayer, Link
from pysnn.plastic.connectors import AllToAll, OneToOne, Synapses
from pysnn.plastic.expand import targets_of
from pysnn.plastic.lower import projection_plan
from pysnn.plastic.network import PlasticNetwork, Projection

__all__ = ["TAG_BITS", "plastic_layers", "sizes_of"]

TAG_BITS = 8
"""Bits of a synapse's eligibility, where its rule has one: as many as those of a weight that is no whole number."""


def plastic_layers(network: PlasticNetwork) -> tuple[HardwareLayer, ...]:
    """Return one layer a population: sources that nothing leads to first (kind "input"), then the others, in the order of the network.

    Raises
    ------
    DataError
        Nothing joins the populations.

    Examples
    --------
    >>> from pysnn.plastic import LIFCells, PoissonSource
    >>> wires = Projection(pre="a", post="b", connector=AllToAll(), weight=1.0, delay=0)
    >>> net = PlasticNetwork.of(b=LIFCells(size=3), a=PoissonSource(4, rate=1.0), wires=wires)
    >>> [(layer.name, layer.kind, layer.neurons, layer.fan_in, layer.synapses) for layer in plastic_layers(net)]
    [('a', 'input', 4, 0, 0), ('b', 'neuron', 3, 4, 12)]
    """
    if not network.projections:
        raise DataError("network: expected projections between populations, got none")
    links: dict[str, list[Link]] = {name: [] for name in network.populations}
    delays, state = dict.fromkeys(links, 0), dict.fromkeys(links, 0)
    for name, one in network.projections.items():
        links[one.post].append(_link(name, one, network))
        # A delay of one step, or of none, is what every chip has.
        delays[one.post] = max(delays[one.post], (int(one.delay) - 1).bit_length() if one.delay > 1 else 0)
        if one.rule is not None and one.rule.kernel().tau_c is not None:
            state[one.post] = TAG_BITS
    made = []
    for name, population in network.populations.items():
        kind = "input" if population.is_source and not links[name] else "neuron"
        counted = tuple(link.name for link in links[name])
        layer = HardwareLayer(name, name, kind, (population.size, 1, 1), tuple(links[name]), counted)
        made.append(replace(layer, delay_bits=delays[name], state_bits=state[name]))
    return tuple(sorted(made, key=lambda layer: layer.kind != "input"))


def _link(name: str, projection: Projection, network: PlasticNetwork) -> Link:
    pre, post = (network.populations[side].size for side in (projection.pre, projection.post))
    rows, columns = sizes_of(name, projection, network)
    most, reach = (int(sizes.max()) if sizes.size else 0 for sizes in (columns, rows))
    return Link(name, "sparse", (projection.pre,), most, int(rows.sum()), (pre, 1, 1), post, reach=reach)


def sizes_of(name: str, projection: Projection, network: PlasticNetwork) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the synapses of each source, and of each target, as engines draw them."""
    pre, post = (network.populations[side].size for side in (projection.pre, projection.post))
    connector = projection.connector
    if isinstance(connector, Synapses):
        return np.bincount(connector.pre, minlength=pre), np.bincount(connector.post, minlength=post)
    if isinstance(connector, OneToOne):
        return np.ones(pre, dtype=np.int64), np.ones(post, dtype=np.int64)
    if isinstance(connector, AllToAll):
        own = int(projection.pre == projection.post)
        return np.full(pre, post - own, dtype=np.int64), np.full(post, pre - own, dtype=np.int64)
    plan = projection_plan(name, projection, network)
    rows, columns = np.zeros(pre, dtype=np.int64), np.zeros(post, dtype=np.int64)
    for source in range(pre):
        targets = targets_of(plan, source)
        rows[source] = len(targets)
        columns[targets] += 1
    return rows, columns
