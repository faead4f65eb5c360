"""Profiles: one file a library. ``PROFILES`` is the written-out registry."""

from pysnn.importers.nir.profiles.base import Profile
from pysnn.importers.nir.profiles.norse import Norse
from pysnn.importers.nir.profiles.sinabs import Sinabs
from pysnn.importers.nir.profiles.snntorch import SnnTorch
from pysnn.importers.nir.profiles.spikingjelly import SpikingJelly
from pysnn.importers.nir.profiles.strict import Strict

__all__ = ["PROFILES", "Profile"]

PROFILES: dict[str, type[Profile]] = {
    "snntorch": SnnTorch,
    "spikingjelly": SpikingJelly,
    "sinabs": Sinabs,
    "norse": Norse,
    "strict": Strict,
}
