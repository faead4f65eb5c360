"""Import of trained spiking modules of PyTorch libraries: what they have in common.

Each library has a module of its own, :mod:`pysnn.importers.snntorch`, ``spikingjelly``, ``sinabs`` and ``norse``.
"""
