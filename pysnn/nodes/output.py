"""Where a network is read."""

from dataclasses import dataclass

from pysnn.errors import NetworkError
from pysnn.nodes.base import Array, Builder, Node, Shape, Value

__all__ = ["READOUTS", "Output"]

READOUTS = ("mean_current", "potential", "count", "first_spike")


@dataclass(frozen=True, eq=False)
class Output(Node):
    """The read-out of a network; one score for each value of its source.

    Parameters
    ----------
    readout
        ``"mean_current"``: the mean over the steps of the current that arrives.
        ``"potential"``: the sum of it, the potential of a neuron that never fires.
        ``"count"``: how many spikes arrived. ``"first_spike"``: minus the step of the first one.

    Examples
    --------
    >>> Output("count").readout
    'count'
    """

    readout: str = "mean_current"

    def __post_init__(self) -> None:
        if not isinstance(self.readout, str) or self.readout not in READOUTS:
            raise NetworkError(f"Output: readout must be one of {', '.join(READOUTS)}, got {self.readout!r}")

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the same shape."""
        return shape

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node in operations of a plan."""
        return builder.output(name, values, self.readout)

    def apply(self, x: Array) -> Array:
        """Return the value itself: in an ANN the read-out changes nothing."""
        return x
