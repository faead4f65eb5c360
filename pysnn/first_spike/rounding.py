"""First-spike networks with weights of 8 bits."""

from pysnn.eight_bits import rounded
from pysnn.first_spike.network import FirstSpikeNetwork

__all__ = ["round_weights"]


def round_weights(network: FirstSpikeNetwork) -> FirstSpikeNetwork:
    """Return the network with each neuron's weights rounded to 8 bits.

    They stay float32 and run as any others; a ``.psnn`` file takes one byte for each. The unit of a neuron is its largest weight
    over 127, rounded up to 12 binary digits, so that multiples are exact in float32.

    Examples
    --------
    >>> from pysnn.first_spike import Dense
    >>> network = FirstSpikeNetwork((2,), (Dense(units=1),), ([[1.0], [0.3]],))
    >>> round_weights(network).weights[0].round(3)
    array([[1.   ],
           [0.299]], dtype=float32)
    """
    return network.with_weights([rounded(weight, own=1) for weight in network.weights])
