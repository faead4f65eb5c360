"""Training through time-steps in PyTorch (extra ``torch``): restructured residual networks, trained thresholds and potentials."""

from pysnn.finetune.restructure import restructure

__all__ = ["restructure"]
