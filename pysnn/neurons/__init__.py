"""Neurons: one file each. ``NEURONS`` is the written-out registry; see docs/adding_a_neuron.md."""

from dataclasses import dataclass

from pysnn.neurons.cuba_lif import CubaLIF
from pysnn.neurons.if_ import IF
from pysnn.neurons.lif import LIF

__all__ = ["IF", "LIF", "NEURONS", "CubaLIF", "NeuronEntry"]


@dataclass(frozen=True)
class NeuronEntry:
    """What ``pysnn neurons`` says of a neuron."""

    neuron: type[IF]
    title: str
    source: str
    needs: str


NEURONS: dict[str, NeuronEntry] = {
    "IF": NeuronEntry(IF, "integrate-and-fire", "Lapicque 1907; soft reset: Rueckauer et al. 2017", ""),
    "LIF": NeuronEntry(LIF, "leaky integrate-and-fire, forward Euler", "NIR (Pedersen et al. 2024)", "dt"),
    "CubaLIF": NeuronEntry(
        CubaLIF, "current-based leaky integrate-and-fire, forward Euler", "NIR (Pedersen et al. 2024)", "dt, float32"
    ),
}
