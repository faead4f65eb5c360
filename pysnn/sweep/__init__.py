"""Sweeps: a function over many points, on all cores or on a cluster, that survives being killed (``docs/sweeps.md``).

``from pysnn.sweep import sweep`` for a function of your own; ``pysnn sweep run SPEC.toml`` for conversions, trainings and the like.
"""

from pysnn.sweep.engine import SweepOptions, sweep
from pysnn.sweep.points import expand

__all__ = ["SweepOptions", "expand", "sweep"]
