"""Networks that others trained: ONNX, PyTorch, scikit-learn, state dicts; only here are those libraries imported."""

from pysnn.importers.model_files import ModelFile, load_ann
from pysnn.importers.state_dicts.resnet_cifar import resnet_cifar
from pysnn.importers.state_dicts.vgg_cifar import vgg11_cifar

__all__ = ["ModelFile", "load_ann", "resnet_cifar", "vgg11_cifar"]
