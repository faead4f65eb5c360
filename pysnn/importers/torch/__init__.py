"""Import of PyTorch modules: traced with ``torch.fx``, translated by a table, compared with PyTorch's own result."""

from pysnn.importers.torch.importer import from_torch

__all__ = ["from_torch"]
