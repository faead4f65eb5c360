"""What is no module, no network for this, or no example."""

import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

from pysnn.errors import DataError, MissingExtraError, NetworkError
from pysnn.importers import check
from pysnn.importers.torch import from_torch
from tests.unit.importers.torch.models import CifarBlock, Lambda, ResidualNet, images, nn, prepared, torch

LINEAR = nn.Linear(3, 2).eval()
X = torch.ones(2, 3)


class Branching(nn.Module):  # type: ignore[misc]
    """Branches where tracing cannot follow."""

    def forward(self, x: Any) -> Any:
        if x.sum() > 0:
            return x
        return -x


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (None, "expected a torch.nn.Module, got builtins.NoneType"),
        (lambda x: x, "expected a torch.nn.Module, got builtins.function"),
        (nn.Linear, "got the class Linear: make an instance"),
        (LINEAR.state_dict(), "got a OrderedDict: load these weights"),
        (nn.DataParallel(nn.Linear(3, 2)), "DataParallel wraps the network: give its attribute 'module'"),
        (nn.Linear(3, 2), r"in training mode \(Linear\): call .eval\(\)"),
        (nn.Linear(3, 2).half().eval(), r"'weight' is torch.float16, expected torch.float32: call .float\(\)"),
        (nn.Linear(3, 2).bfloat16().eval(), "'weight' is torch.bfloat16"),
        (nn.Linear(3, 2).double().eval(), "'weight' is torch.float64"),
        (nn.Linear(3, 2, device="meta").eval(), "'weight' is on the device meta"),
        (nn.LazyLinear(2).eval(), "'weight' has no shape yet: run the module once"),
    ],
    ids=str,
)
def test_modules_that_are_refused(module: Any, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        from_torch(module, X)


def test_a_part_in_training_mode_is_named() -> None:
    module = nn.Sequential(nn.Linear(3, 2), nn.Dropout()).eval()
    module[1].train()
    with pytest.raises(NetworkError, match=r"Sequential is in training mode \(1\)"):
        from_torch(module, X)


@pytest.mark.filterwarnings("ignore")
def test_scripted_modules_are_refused() -> None:
    with pytest.raises(NetworkError, match="compiled by TorchScript: give the module"):
        from_torch(torch.jit.script(nn.Linear(3, 2).eval()), X)


@pytest.mark.filterwarnings("ignore")
def test_quantised_modules_are_refused() -> None:
    module = nn.Sequential(nn.Linear(3, 2)).eval()
    quantised = torch.ao.quantization.quantize_dynamic(module, {nn.Linear}, dtype=torch.qint8)
    with pytest.raises(NetworkError, match=r"quantised: import the float32 network .* found '0' \(Linear\)"):
        from_torch(quantised, X)


def test_values_that_are_not_finite_name_the_layer() -> None:
    module = nn.Sequential(nn.Linear(3, 2)).eval()
    with torch.no_grad():
        module[0].weight[0, 1] = float("nan")
    with pytest.raises(NetworkError, match=r"Linear '0': Linear: weight: expected finite float32 values, got nan"):
        from_torch(module, X)


def test_a_branch_on_values_says_where_and_what_to_do() -> None:
    with pytest.raises(NetworkError, match=r"cannot trace Branching \(in forward, line \d+: if x.sum\(\) > 0:\).*ONNX"):
        from_torch(Branching().eval(), X)


def test_several_inputs_are_refused() -> None:
    class Two(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any, other: Any) -> Any:
            return x + other

    with pytest.raises(NetworkError, match=r"several inputs \('other' too\): wrap it"):
        from_torch(Two().eval(), X)


@pytest.mark.parametrize(
    ("example", "message"),
    [
        (torch.ones(0, 3), "at least one sample"),
        (torch.ones(3), r"got shape \(3,\); put the batch in front"),
        (torch.ones(3, 4, 4), r"got shape \(3, 4, 4\); put the batch in front"),
        (torch.tensor([[1.0, float("nan"), 0.0]]), "finite"),
        (torch.ones(1, 3, dtype=torch.complex64), "real numbers"),
        (torch.ones(2, 3, device="meta"), "plain tensor"),
        (torch.ones(2, 3).to_sparse(), "plain tensor"),
        (torch.ones(2, 4), r"cannot compute the example of shape \(2, 4\)"),
        ("x", "example: expected a NumPy array, got builtins.str"),
        (np.array([["a"]]), "expected numbers"),
    ],
    ids=str,
)
def test_examples_that_are_refused(example: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        from_torch(LINEAR, example)


@pytest.mark.parametrize("example", [np.ones((2, 3)), [[1, 2, 3]], torch.ones(1, 3, dtype=torch.float64), X.int()])
def test_arrays_lists_and_other_precisions_are_examples(example: Any) -> None:
    assert from_torch(LINEAR, example).shapes["output"] == (2,)


def test_the_module_and_the_example_stay_as_they_are() -> None:
    module = Lambda(lambda x: (x.relu_() + torch.ones(1)).add_(1)).eval()
    before = set(vars(module))
    x = -X
    from_torch(module, x)
    assert set(vars(module)) == before
    assert torch.equal(x, -X)


def test_a_difference_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    module = nn.Sequential(nn.Linear(3, 2), nn.ReLU()).eval()
    module[1].register_forward_hook(lambda *given: given[-1] + 1)
    with pytest.raises(NetworkError, match=r"differs from PyTorch: .*largest relative difference"):
        from_torch(module, X)
    monkeypatch.setattr(check, "TOLERANCE", 10.0)
    assert "1" in from_torch(module, X).nodes


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pysnn\[torch\]'"):
        from_torch(LINEAR, X)


def test_a_batch_of_one_is_enough() -> None:
    assert from_torch(prepared(ResidualNet(CifarBlock)), images(1, 3, 16, 16)).shapes["output"] == (10,)


@pytest.mark.parametrize(
    "module", [nn.BatchNorm2d(3), nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Identity(), nn.Sequential()], ids=str
)
def test_one_layer_is_a_network(module: Any) -> None:
    assert from_torch(module.eval(), images(2, 3, 8, 8)).input.shape == (3, 8, 8)
