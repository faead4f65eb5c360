"""Tensors of PyTorch are taken wherever arrays are."""

import re
from typing import Any

import numpy as np
import pytest

from pysnn import DataError, Input, Linear, Network, Output, ReLU, run
from pysnn.ann import ann_pass
from pysnn.convert import convert

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")


def test_data_labels_and_weights_come_as_tensors_with_a_gradient_too() -> None:
    layer = torch.nn.Linear(4, 3)
    data = torch.rand(20, 4, requires_grad=True)
    labels = torch.arange(20) % 3
    ann = Network.chain(
        {
            "in": Input((4,), torch.zeros(4), torch.ones(4)),
            "fc": Linear(layer.weight, layer.bias),
            "r": ReLU(),
            "out": Output(),
        }
    )
    expected = torch.relu(layer(data)).detach().numpy()
    np.testing.assert_allclose(ann_pass(ann, data)[0], expected, atol=1e-6)
    conversion = convert(ann, data, steps=8)
    result = run(conversion.network, data, steps=8, labels=labels)
    array = data.detach().numpy()
    again = run(convert(ann, array, steps=8).network, array, steps=8, labels=labels.numpy())
    np.testing.assert_array_equal(result.scores, again.scores)
    assert result.accuracy == again.accuracy


def test_spikes_and_bytes_keep_their_dtype() -> None:
    net = Network.chain({"in": Input((1,)), "out": Output()})
    np.testing.assert_array_equal(ann_pass(net, torch.tensor([[255]], dtype=torch.uint8))[0], [[1.0]])
    np.testing.assert_array_equal(ann_pass(net, torch.tensor([[255]], dtype=torch.float16))[0], [[255.0]])


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (torch.ones(2, 1, dtype=torch.bfloat16), "got one of torch.bfloat16"),
        (torch.ones(2, 1).to_sparse(), "try .float() or .to_dense() first"),
        (torch.ones(2, 1, device="meta"), "expected a tensor that has a NumPy array"),
        (torch.ones(2, 1, dtype=torch.complex64), "expected numbers, got an array of dtype complex64"),
    ],
)
def test_a_tensor_without_an_array_is_refused(tensor: Any, words: str) -> None:
    net = Network.chain({"in": Input((1,)), "out": Output()})
    with pytest.raises(DataError, match=f"Input 'in': .*{re.escape(words)}"):
        ann_pass(net, tensor)
