"""Training of spiking networks; every rule gives a new network and a table of how it got there."""

from pysnn.first_spike.learn.classifier import SSTDPClassifier, STDBPClassifier
from pysnn.first_spike.learn.losses import time_cross_entropy
from pysnn.first_spike.learn.options import TrainingOptions
from pysnn.first_spike.learn.rule import LearningRule
from pysnn.first_spike.learn.rules import RULES
from pysnn.first_spike.learn.sstdp import SSTDP, published_accuracy
from pysnn.first_spike.learn.stdbp import STDBP
from pysnn.first_spike.learn.training import Trained, train
from pysnn.training.augment import Augmentation
from pysnn.training.optimisers import SGD, Adam, Optimiser, Schedule

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
