"""Networks with weights of 8 bits."""

from dataclasses import replace

from pysnn.eight_bits import rounded
from pysnn.network import Network
from pysnn.nodes import Conv2d, Linear

__all__ = ["round_weights"]


def round_weights(network: Network) -> Network:
    """Return the network with the weights of each output channel rounded to 8 bits.

    The weights of every ``Linear`` and ``Conv2d`` become whole multiples, -127 to 127, of one number per channel: its largest
    weight over 127, rounded up to 12 binary digits. They stay float32 and run as any others; a ``.psnn`` file takes one byte for
    each in arrays of at least 1,024. Biases stay as they are. A channel whose weights are all below 1e-36 gets zeros.

    What an int8 plan holds of a rounded network are these whole numbers, unless thresholds that differ between the channels in
    front of a layer, or a bias of more than 2**16 units, ask for others (``docs/numerics.md``).

    Examples
    --------
    >>> from pysnn import IF, Input, Output
    >>> nodes = {"in": Input((2,)), "fc": Linear([[1.0, 0.3]]), "if": IF(), "out": Output("count")}
    >>> round_weights(Network.chain(nodes)).nodes["fc"].weight.round(3)
    array([[1.   , 0.299]], dtype=float32)
    """
    layers = {name: node for name, node in network.nodes.items() if isinstance(node, Linear | Conv2d)}
    return network.replace({name: replace(node, weight=rounded(node.weight, own=0)) for name, node in layers.items()})
