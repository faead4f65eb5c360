"""Rules of plasticity: one file each. ``PLASTICITY`` is the written-out registry; see docs/adding_a_plasticity_rule.md."""

from pysnn.plastic.rules.base import Change, Kernel, Rule, Trace
from pysnn.plastic.rules.diehl_cook import DiehlCook
from pysnn.plastic.rules.diehl_cook_power import DiehlCookPower
from pysnn.plastic.rules.nearest_restricted import NearestRestricted
from pysnn.plastic.rules.nearest_symmetric import NearestSymmetric
from pysnn.plastic.rules.pair import PairSTDP
from pysnn.plastic.rules.power_law import PowerLawSTDP
from pysnn.plastic.rules.reward import RewardSTDP
from pysnn.plastic.rules.symmetric import SymmetricSTDP
from pysnn.plastic.rules.triplet import TripletSTDP

__all__ = [
    "PLASTICITY",
    "Change",
    "DiehlCook",
    "DiehlCookPower",
    "Kernel",
    "NearestRestricted",
    "NearestSymmetric",
    "PairSTDP",
    "PowerLawSTDP",
    "RewardSTDP",
    "Rule",
    "SymmetricSTDP",
    "Trace",
    "TripletSTDP",
]

PLASTICITY: dict[str, type[Rule]] = {
    "pair": PairSTDP,
    "nearest_symmetric": NearestSymmetric,
    "nearest_restricted": NearestRestricted,
    "triplet": TripletSTDP,
    "symmetric": SymmetricSTDP,
    "reward": RewardSTDP,
    "diehl_cook": DiehlCook,
    "diehl_cook_power": DiehlCookPower,
    "power_law": PowerLawSTDP,
}
