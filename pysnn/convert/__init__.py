"""Convert ordinary networks into spiking ones: ``from pysnn.convert import convert``.

A method is one file and one line in :data:`METHODS`; ``docs/conversion.md`` has the formulas and the error analysis.
"""

from pysnn.ann import ann_accuracy, ann_pass
from pysnn.convert.constant_slope import to_first_spike
from pysnn.convert.conversion import Conversion, convert
from pysnn.convert.corrections import CORRECTIONS, CorrectionEntry
from pysnn.convert.analysis.diagnosis import Diagnosis, diagnose
from pysnn.convert.methods.method import Method, MethodEntry
from pysnn.convert.methods.registry import METHODS
from pysnn.convert.analysis.precision import compare_precisions
from pysnn.importers.state_dicts.resnet_cifar import resnet_cifar
from pysnn.finetune.restructure import restructure
from pysnn.convert.rounding import round_weights
from pysnn.importers.state_dicts.vgg_cifar import vgg11_cifar

__all__ = [
    "CORRECTIONS",
    "METHODS",
    "Conversion",
    "CorrectionEntry",
    "Diagnosis",
    "Method",
    "MethodEntry",
    "ann_accuracy",
    "ann_pass",
    "compare_precisions",
    "convert",
    "diagnose",
    "resnet_cifar",
    "restructure",
    "round_weights",
    "to_first_spike",
    "vgg11_cifar",
]
