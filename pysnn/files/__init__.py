"""Files that pysnn reads and writes: ``.psnn`` (:mod:`pysnn.files.psnn`, :mod:`pysnn.files.first_spike`)."""
