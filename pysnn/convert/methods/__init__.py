"""Conversion methods: one file each, and the written-out registry."""

from pysnn.convert.methods.registry import METHODS, make_method

__all__ = ["METHODS", "make_method"]
