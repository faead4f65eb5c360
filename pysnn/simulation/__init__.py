"""Clocked simulation: from a network and data to a result. :func:`pysnn.run` and :class:`pysnn.Simulator` are its face."""
