"""A converted network beside the ANN that it was made of."""

from dataclasses import dataclass

from pysnn.network import Network

__all__ = ["ConvertedPair"]


@dataclass(frozen=True, eq=False)
class ConvertedPair:
    """The spiking network, and the ANN whose ReLUs have its neurons' names."""

    spiking: Network
    ann: Network
