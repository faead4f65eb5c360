"""VGG-11 in PyTorch: the function that the importer of its weights reads, and what is refused."""

# mypy: disable-error-code="no-untyped-call"

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

import torch

from pysnn.ann import ann_pass
from pysnn.convert.folding.fold import fold
from pysnn.errors import NetworkError
from pysnn.finetune import restructure
from pysnn.finetune.trained_models import load_torch_model, normalised
from pysnn.finetune.ttrbr import CifarVgg11, TrainableClip
from pysnn.importers import vgg11_cifar
from tests.unit.importers.test_state_dicts import file_bytes


@pytest.mark.slow
def test_it_is_the_network_that_the_importer_reads(tmp_path: Path) -> None:
    torch.manual_seed(0)
    path = tmp_path / "vgg.safetensors"
    path.write_bytes(file_bytes({name: tensor.numpy() for name, tensor in CifarVgg11().state_dict().items()}))
    source = load_torch_model(f"vgg11:{path}", 10)
    x = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32), dtype=np.uint8)
    with torch.no_grad():
        scores = source.module(normalised(x, source)).numpy()
    np.testing.assert_allclose(scores, ann_pass(fold(vgg11_cifar(path)), x)[0], atol=1e-6)
    model = restructure(source.module, calibration=normalised(x, source), levels=4, per_channel=True)
    assert sum(isinstance(module, TrainableClip) for module in model.modules()) == 8
    with pytest.raises(NetworkError, match="expected weights for 7 classes, got 10"):
        load_torch_model(f"vgg11:{path}", 7)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(file_bytes({"conv1.weight": np.zeros((1, 1), np.float32)}))
    with pytest.raises(NetworkError, match=r"CifarVgg11: expected tensors 'conv1\.weight'"):
        load_torch_model(f"vgg11:{path}", 10)
