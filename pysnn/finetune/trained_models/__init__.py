"""Training of PyTorch models for few time-steps, from a model's name to the spiking network's file (extra ``torch``)."""

from pysnn.finetune.trained_models.models import TorchModel, load_torch_model
from pysnn.finetune.trained_models.network import trained_network
from pysnn.finetune.trained_models.potentials import calibrate_potentials, with_potentials
from pysnn.finetune.trained_models.recipe import Recipe, Training, normalised, save_trained

__all__ = [
    "Recipe",
    "TorchModel",
    "Training",
    "calibrate_potentials",
    "load_torch_model",
    "normalised",
    "save_trained",
    "trained_network",
    "with_potentials",
]
