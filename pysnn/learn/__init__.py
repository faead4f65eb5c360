"""Training of spiking networks; every rule gives a new network and a table of how it got there."""

from pysnn.learn.classifier import STDBPClassifier
from pysnn.learn.losses import time_cross_entropy
from pysnn.learn.optimisers import SGD, Adam, Optimiser, Schedule
from pysnn.learn.options import TrainingOptions
from pysnn.learn.rules import RULES, LearningRule
from pysnn.learn.stdbp import STDBP
from pysnn.learn.training import Trained, train

__all__ = [
    "RULES",
    "SGD",
    "STDBP",
    "Adam",
    "LearningRule",
    "Optimiser",
    "STDBPClassifier",
    "Schedule",
    "Trained",
    "TrainingOptions",
    "time_cross_entropy",
    "train",
]
