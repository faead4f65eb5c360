"""Batch normalisation and scales, folded into the weights of the layers around them, and weight layers merged."""

from pysnn.convert.folding.fold import fold
from pysnn.convert.folding.merge import merge_linear

__all__ = ["fold", "merge_linear"]
