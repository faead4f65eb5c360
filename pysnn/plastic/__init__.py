"""Plastic networks: populations joined by sparse projections whose weights change while the network runs.

``docs/stdp.md`` has the order within a step, the rules with their equations and sources, and what differs from other simulators.
"""

from pysnn.plastic.activity import PlasticActivity
from pysnn.plastic.cell_parts import AdaptiveThreshold, Conductance, Current
from pysnn.plastic.connectors import AllToAll, FixedProbability, OneToOne, Synapses, Uniform
from pysnn.plastic.monitors import Rates, Spikes, Traces, Weights
from pysnn.plastic.network import PlasticNetwork, Projection
from pysnn.plastic.normalise import normalise
from pysnn.plastic.populations import IFCells, LIFCells, PoissonSource, SpikeSource
from pysnn.plastic.result import PlasticResult
from pysnn.plastic.rules import (
    PLASTICITY,
    DiehlCook,
    DiehlCookPower,
    NearestRestricted,
    NearestSymmetric,
    PairSTDP,
    PowerLawSTDP,
    RewardSTDP,
    SymmetricSTDP,
    TripletSTDP,
)
from pysnn.plastic.rules.base import Rule
from pysnn.plastic.simulator import PlasticSimulator
from pysnn.plastic.state import PlasticState
from pysnn.plastic.trajectory import trajectory

__all__ = [
    "PLASTICITY",
    "AdaptiveThreshold",
    "AllToAll",
    "Conductance",
    "Current",
    "DiehlCook",
    "DiehlCookPower",
    "FixedProbability",
    "IFCells",
    "LIFCells",
    "NearestRestricted",
    "NearestSymmetric",
    "OneToOne",
    "PairSTDP",
    "PlasticActivity",
    "PlasticNetwork",
    "PlasticResult",
    "PlasticSimulator",
    "PlasticState",
    "PoissonSource",
    "PowerLawSTDP",
    "Projection",
    "Rates",
    "RewardSTDP",
    "Rule",
    "SpikeSource",
    "Spikes",
    "SymmetricSTDP",
    "Synapses",
    "Traces",
    "TripletSTDP",
    "Uniform",
    "Weights",
    "normalise",
    "trajectory",
]
