"""Files that pysnn reads and writes. ``.psnn`` is its own: :mod:`pysnn.files.psnn`, :mod:`pysnn.files.saved`."""
