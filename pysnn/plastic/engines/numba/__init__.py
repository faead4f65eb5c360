"""The engine of plastic networks without a compiler: the reference's steps, with compiled loops."""

from pysnn.plastic.engines.numba.engine import NumbaEngine

__all__ = ["NumbaEngine"]
