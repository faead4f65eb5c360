"""Convert ANNs into spiking ones: ``from pysnn.convert import convert``.

A method is one file and one line in :data:`METHODS`; ``docs/conversion.md`` has the formulas and the error analysis.
"""

import warnings
from importlib import import_module
from typing import Any

from pysnn.ann import ann_accuracy, ann_pass
from pysnn.convert.analysis.diagnosis import Diagnosis, diagnose
from pysnn.convert.analysis.precision import compare_precisions
from pysnn.convert.conversion import Conversion
from pysnn.convert.convert import convert
from pysnn.convert.corrections import CORRECTIONS, CorrectionEntry
from pysnn.convert.methods.method import Method, MethodEntry
from pysnn.convert.methods.registry import METHODS
from pysnn.convert.rounding import round_weights
from pysnn.convert.spike_shortcuts import spike_shortcuts

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
    "round_weights",
    "spike_shortcuts",
]


def __getattr__(name: str) -> Any:
    """Find what was here before version 0.2, and say where it is now."""
    if name == "to_first_spike":
        raise AttributeError("pysnn.convert.to_first_spike is convert(network, x, 'first-spike', window=S) now")
    home = {"restructure": "finetune", "resnet_cifar": "importers", "vgg11_cifar": "importers"}.get(name)
    if home is None:
        raise AttributeError(f"module 'pysnn.convert' has no attribute {name!r}")
    warnings.warn(f"pysnn.convert.{name} is pysnn.{home}.{name} now", DeprecationWarning, stacklevel=2)
    return getattr(import_module(f"pysnn.{home}"), name)
