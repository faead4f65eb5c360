"""Files that pysnn reads and writes. ``.psnn`` is its own: :mod:`pysnn.io.psnn`, :mod:`pysnn.io.saved`."""
