"""Batch normalisation and scales, folded into the weights of the layers around them."""

from pysnn.convert.folding.fold import fold

__all__ = ["fold"]
