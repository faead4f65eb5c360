"""Training of spiking networks; every rule gives a new network and a table of how it got there."""

from pysnn.learn.augment import Augmentation
from pysnn.learn.classifier import SSTDPClassifier, STDBPClassifier
from pysnn.learn.losses import time_cross_entropy
from pysnn.learn.optimisers import SGD, Adam, Optimiser, Schedule
from pysnn.learn.options import TrainingOptions
from pysnn.learn.rule import LearningRule
from pysnn.learn.rules import RULES
from pysnn.learn.sstdp import SSTDP, published_accuracy
from pysnn.learn.stdbp import STDBP
from pysnn.learn.training import Trained, train

__all__ = [
    "RULES",
    "SGD",
    "SSTDP",
    "STDBP",
    "Adam",
    "Augmentation",
    "LearningRule",
    "Optimiser",
    "SSTDPClassifier",
    "STDBPClassifier",
    "Schedule",
    "Trained",
    "TrainingOptions",
    "published_accuracy",
    "time_cross_entropy",
    "train",
]
