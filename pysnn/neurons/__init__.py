"""Neurons: one family a file. ``NEURONS`` is the written-out registry; see docs/adding_a_neuron.md."""

from dataclasses import dataclass

from pysnn.neurons.alif import ALIF
from pysnn.neurons.cuba_lif import CubaLIF
from pysnn.neurons.discrete import DiscreteCubaLIF, DiscreteLIF
from pysnn.neurons.first_spike import MAX_WINDOW, FirstSpike
from pysnn.neurons.if_ import IF
from pysnn.neurons.integrators import LI, CubaLI, DiscreteCubaLI, DiscreteLI, I
from pysnn.neurons.lapicque import Lapicque
from pysnn.neurons.lif import LIF
from pysnn.neurons.threshold import Threshold

__all__ = [
    "ALIF",
    "IF",
    "LI",
    "LIF",
    "MAX_WINDOW",
    "NEURONS",
    "CubaLI",
    "CubaLIF",
    "DiscreteCubaLI",
    "DiscreteCubaLIF",
    "DiscreteLI",
    "DiscreteLIF",
    "FirstSpike",
    "I",
    "Lapicque",
    "NeuronEntry",
    "Threshold",
]


@dataclass(frozen=True)
class NeuronEntry:
    """What ``pysnn neurons`` says of a neuron."""

    neuron: type[IF]
    title: str
    source: str
    needs: str


_NIR = "NIR (Pedersen et al. 2024)"

NEURONS: dict[str, NeuronEntry] = {
    "ALIF": NeuronEntry(
        ALIF, "leaky integrate-and-fire with an adaptive threshold", "Bellec et al. 2018", "dt, float32"
    ),
    "CubaLI": NeuronEntry(CubaLI, "current-based leaky integrator without spikes", _NIR, "dt, float32"),
    "CubaLIF": NeuronEntry(CubaLIF, "current-based leaky integrate-and-fire, forward Euler", _NIR, "dt, float32"),
    "DiscreteCubaLI": NeuronEntry(
        DiscreteCubaLI,
        "current-based leaky integrator without spikes by the numbers of its step",
        "snnTorch, Norse",
        "float32",
    ),
    "DiscreteCubaLIF": NeuronEntry(
        DiscreteCubaLIF,
        "current-based leaky integrate-and-fire by the numbers of its step",
        "snnTorch, sinabs, Norse",
        "float32",
    ),
    "DiscreteLI": NeuronEntry(
        DiscreteLI,
        "leaky integrator without spikes by the numbers of its step",
        "snnTorch, SpikingJelly, Norse",
        "float32",
    ),
    "DiscreteLIF": NeuronEntry(
        DiscreteLIF, "leaky integrate-and-fire by the numbers of its step", "snnTorch, SpikingJelly, sinabs, Norse", ""
    ),
    "FirstSpike": NeuronEntry(
        FirstSpike,
        "one spike in a window of its own, the larger the current the earlier",
        "constant slope: Stanojevic et al. 2024; levels: Bu et al. 2022",
        "no other neurons beside it",
    ),
    "I": NeuronEntry(I, "integrator without spikes", _NIR, "float32"),
    "IF": NeuronEntry(IF, "integrate-and-fire", "Lapicque 1907; soft reset: Rueckauer et al. 2017", ""),
    "LI": NeuronEntry(LI, "leaky integrator without spikes", _NIR, "dt, float32"),
    "LIF": NeuronEntry(LIF, "leaky integrate-and-fire, forward Euler", _NIR, "dt"),
    "Lapicque": NeuronEntry(Lapicque, "resistor and capacitor with a threshold", "Lapicque 1907, as in snnTorch", ""),
    "Threshold": NeuronEntry(Threshold, "threshold without memory", _NIR, ""),
}
