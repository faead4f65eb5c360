"""Input coding: how data become what enters a network.

``"constant"``: the value itself, at every step. ``"poisson"``: a spike with that probability at each step.
``"spikes"``: given spikes ``(steps, samples, ...)``. ``"events"``: given spikes as :class:`Events`.
``"frames"``: a real-valued map a step, ``(steps, samples, ...)``.
"""

from pysnn.encode.binning import Binning
from pysnn.encode.events import Events

__all__ = ["CODINGS", "Binning", "Events"]

CODINGS = ("constant", "poisson", "spikes", "events", "frames")
