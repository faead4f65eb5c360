"""The applications by name: the written-out registry."""

from benchmarks.experiments.stdp.application import Application
from benchmarks.experiments.stdp.diehl_cook import DIEHL_COOK
from benchmarks.experiments.stdp.recurrent import RECURRENT
from benchmarks.experiments.stdp.reward import REWARD
from benchmarks.experiments.stdp.song import SONG
from benchmarks.experiments.stdp.vogels import VOGELS

__all__ = ["APPLICATIONS"]

APPLICATIONS: dict[str, Application] = {
    "song": SONG,
    "diehl-cook": DIEHL_COOK,
    "vogels": VOGELS,
    "reward": REWARD,
    "recurrent": RECURRENT,
}
