"""NIR, the exchange format of spiking networks (Pedersen et al. 2024; extra ``nir``).

:func:`load` reads a file as its writer means it, :func:`save` writes one.
"""

from pysnn.importers.nir.load import ImportedNir, load
from pysnn.importers.nir.options import NirOptions
from pysnn.importers.nir.profiles import PROFILES
from pysnn.importers.nir.save import save

__all__ = ["PROFILES", "ImportedNir", "NirOptions", "load", "save"]
