"""Data: what ships with pysnn (:mod:`~pysnn.datasets.digits`), and readers for files and folders of other data sets."""

from pysnn.datasets.digits import Dataset, load_digits, load_digits_mlp

__all__ = ["Dataset", "load_digits", "load_digits_mlp"]
