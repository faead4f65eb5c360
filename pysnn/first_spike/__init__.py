"""First-spike networks: every neuron fires once at most, and the first output spike is the answer.

``docs/first_spike.md`` has the equations and their sources; :mod:`pysnn.first_spike.learn` trains such networks.
"""

from pysnn.first_spike.coding import encode_times
from pysnn.first_spike.evaluate import Evaluation, decide, evaluate
from pysnn.first_spike.layers import Conv, Dense, EarliestPool, Layer
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.first_spike.rounding import round_weights

__all__ = [
    "Conv",
    "Dense",
    "EarliestPool",
    "Evaluation",
    "FirstSpikeNetwork",
    "Layer",
    "decide",
    "encode_times",
    "evaluate",
    "round_weights",
]
