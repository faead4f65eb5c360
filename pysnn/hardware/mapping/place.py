"""Place a network on a chip by the chip's rule."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.hardware.chip import Chip
from pysnn.hardware.mapping.counted import place_by_neurons, place_nowhere, place_on_one_core, place_on_xylo
from pysnn.hardware.mapping.loihi import place_loihi
from pysnn.hardware.mapping.placement import Bits, MappingTask, Placement, Violation
from pysnn.hardware.mapping.speck import place_speck
from pysnn.hardware.mapping.truenorth import place_truenorth
from pysnn.hardware.network_layers import hardware_layers
from pysnn.hardware.registry import load_chip
from pysnn.network import Network
from pysnn.plastic.network import PlasticNetwork

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RULES", "map_network", "mapping_rows", "place"]

RULES: Mapping[str, Callable[[MappingTask], Placement]] = {
    "none": place_nowhere,
    "loihi": place_loihi,
    "truenorth": place_truenorth,
    "speck": place_speck,
    "xylo": place_on_xylo,
    "single_core": place_on_one_core,
    "neurons_per_core": place_by_neurons,
}
"""The rule for each ``mapping`` of a chip's file."""

_IN_ORDER = ("truenorth", "speck", "xylo")


def place(task: MappingTask) -> Placement:
    """Place the layers of a task on its chip; rules for maps of layers in order do not place populations with sparse projections."""
    sparse = [layer for layer in task.layers if any(link.kind == "sparse" for link in layer.links)]
    if sparse and task.chip.mapping in _IN_ORDER:
        placement = place_nowhere(task)
        broken = [Violation(layer.name, "sparse projections: no rule", 0, layer.synapses) for layer in sparse]
        return replace(placement, violations=(*placement.violations, *broken))
    return RULES[task.chip.mapping](task)


def map_network(
    network: Network | FirstSpikeNetwork | PlasticNetwork,
    chip: str | Chip,
    *,
    weight_bits: Bits = None,
    delay_bits: Bits = None,
    policy: str = "unrolled",
) -> "pl.DataFrame":
    """Return where each layer goes on a chip.

    Parameters
    ----------
    network
        A spiking network; a plastic one's layers are its populations.
    chip
        Its name, see ``pysnn chips``, or a :class:`Chip`.
    weight_bits, delay_bits
        A number, or one by the name of a layer. Without: whole-number weights say it themselves (``ceil(log2(2 max|w|))``),
        others have 8 bits; no delays. A single number of delay bits belongs to all layers with weights but the last.
    policy
        "unrolled" keeps a weight for every use of it in a convolution, "shared" keeps it once a core (Loihi).

    Returns
    -------
    table
        Schema "mapping", one row a layer that takes cores; empty cells where the layer does not fit (``estimate`` names the rule).

    Raises
    ------
    DataError
        The chip is unknown, or a number of bits or a layer's name is wrong.

    Examples
    --------
    >>> import numpy as np
    >>> from pysnn import IF, Input, Linear, Output
    >>> net = Network.chain({"in": Input((2312,)), "fc": Linear(np.ones((512, 2312))), "if": IF(), "out": Output("count")})
    >>> map_network(net, "loihi1", weight_bits=7)["neurons_per_core"].to_list()
    [341, 62]
    """
    from pysnn.tables import make_table

    task = MappingTask(hardware_layers(network), load_chip(chip), weight_bits, delay_bits, policy)
    return make_table("mapping", mapping_rows(task.chip, place(task)))


def mapping_rows(chip: Chip, placement: Placement) -> list[dict[str, object]]:
    """Return the rows of schema "mapping"."""
    return [
        {
            "chip": chip.name,
            "layer": p.layer,
            "neurons_per_core": p.neurons_per_core,
            "cores": p.cores,
            "utilisation": p.utilisation,
        }
        for p in placement.placed
    ]
