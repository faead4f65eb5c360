"""Operations one by one: each form that PyTorch has for them gives the same as PyTorch, or says why not."""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

from pysnn.errors import NetworkError
from pysnn.importers.torch import from_torch
from tests.unit.importers.torch.models import F, Lambda, images, imported, nn, prepared, titles, torch

Function = Callable[[Any], Any]

WEIGHT = torch.randn(4, 3, 3, 3, generator=torch.Generator().manual_seed(7))
GROUPED = torch.randn(6, 1, 3, 3, generator=torch.Generator().manual_seed(8))
MATRIX = torch.randn(5, 192, generator=torch.Generator().manual_seed(9))
STATISTICS = (torch.tensor([0.1, -0.2, 0.3]), torch.tensor([0.5, 1.5, 2.0]))


def _two_parts(x: Any) -> Any:
    parts = torch.split(x, [1, 2], dim=1)
    return parts[1], parts[0]


def _flat(x: Any) -> Any:
    batch, channels, height, width = x.size()
    return x.view(batch, channels * height * width)


RIGHT: dict[str, Function] = {
    "F.relu": F.relu,
    "F.relu inplace": lambda x: F.relu(x, inplace=True),
    "F.relu by keyword": lambda x: F.relu(input=x),
    "torch.relu": torch.relu,
    "x.relu": lambda x: x.relu(),
    "x.relu_": lambda x: x.relu_(),
    "F.relu6": lambda x: F.relu6(4 * x),
    "F.hardtanh": lambda x: F.hardtanh(x, 0.0, 0.5),
    "clamp from 0": lambda x: x.clamp(min=0),
    "clamp_min": lambda x: torch.clamp_min(x, 0.0),
    "clamp to 1/2": lambda x: x.clamp(0, 0.5),
    "clamp by channel": lambda x: torch.clamp(x, torch.zeros(3, 1, 1), torch.tensor([0.25, 0.5, 9.0]).view(3, 1, 1)),
    "clamp of a vector": lambda x: x.mean((2, 3)).clamp_(0, 0.125),
    "conv2d": lambda x: F.conv2d(x, WEIGHT, stride=(2, 1), padding=(1, 2)),
    "conv2d same": lambda x: F.conv2d(x, WEIGHT[:, :, :2], padding="same", dilation=(3, 2)),
    "conv2d valid": lambda x: F.conv2d(x, WEIGHT, torch.arange(4.0), padding="valid", dilation=2),
    "conv2d groups": lambda x: F.conv2d(x, GROUPED, groups=3, padding=[1]),
    "linear": lambda x: F.linear(torch.flatten(x, 1), MATRIX, torch.arange(5.0)),
    "matmul": lambda x: x.flatten(1) @ MATRIX.t(),
    "batch_norm": lambda x: F.batch_norm(x, *STATISTICS, weight=STATISTICS[1], eps=0.1),
    "batch_norm of a vector": lambda x: F.batch_norm(x.mean((2, 3)), *STATISTICS),
    "max_pool2d": lambda x: F.max_pool2d(x, 3, 2, 1),
    "max_pool2d ceil": lambda x: F.max_pool2d(x, (3, 2), stride=2, ceil_mode=True),
    "max_pool2d ceil padded": lambda x: F.max_pool2d(x, 4, stride=3, padding=1, ceil_mode=True),
    "avg_pool2d": lambda x: F.avg_pool2d(x, 3, 2, 1),
    "avg_pool2d not counting": lambda x: F.avg_pool2d(x, (4, 2), count_include_pad=False),
    "avg_pool2d ceil that fits": lambda x: F.avg_pool2d(x, 2, ceil_mode=True),
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x, (2, 4)),
    "adaptive_avg_pool2d one": lambda x: F.adaptive_avg_pool2d(x, 1),
    "adaptive_avg_pool2d none": lambda x: F.adaptive_avg_pool2d(x, (None, 2)),
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(x, 4),
    "mean": lambda x: x.mean((2, 3)),
    "mean list": lambda x: torch.mean(x, dim=[-1, -2]),
    "mean kept": lambda x: x.mean((2, 3), keepdim=True),
    "mean of rows": lambda x: x.mean(2, True),
    "mean twice": lambda x: x.mean(3).mean(2),
    "view": lambda x: x.view(x.size(0), -1),
    "view shape": lambda x: x.view(x.shape[0], x.shape[1] * x.shape[2] * x.shape[3]),
    "reshape": lambda x: x.reshape(-1, 192),
    "reshape there and back": lambda x: x.reshape(-1, 3, 64).view(x.shape).relu(),
    "squeeze": lambda x: F.adaptive_avg_pool2d(x, 1).squeeze(-1).squeeze(-1),
    "squeeze all": lambda x: torch.squeeze(F.adaptive_avg_pool2d(x, 1)),
    "contiguous": lambda x: x.contiguous().clone().detach(),
    "x.data": lambda x: x.data,
    "add": lambda x: x + F.relu(x),
    "iadd": lambda x: x.add_(F.relu(x)),
    "torch.add": lambda x: torch.add(F.relu(x), x),
    "add itself": lambda x: x + x,
    "python sum": lambda x: sum([x, F.relu(x), x]),
    "difference": lambda x: x - F.relu(x),
    "difference in place": lambda x: F.relu(x).sub_(x),
    "difference of a sum": lambda x: F.relu(x) - (x + 1) - F.relu(x + 1),
    "difference with itself": lambda x: torch.subtract(x, x) + F.relu(x),
    "constant minus value": lambda x: 1 - x,
    "constants minus value": lambda x: STATISTICS[0].view(3, 1, 1) - x,
    "value minus constants": lambda x: torch.sub(x, STATISTICS[0].view(3, 1, 1)),
    "torch.rsub": lambda x: torch.rsub(x, 2.0),
    "torch.rsub of values": lambda x: torch.rsub(x, F.relu(x)),
    "arithmetic": lambda x: 2 - (3 * x - 1) / 4 + 0.5,
    "arithmetic by channel": lambda x: (x - STATISTICS[0].view(1, 3, 1, 1)) / STATISTICS[1].view(3, 1, 1),
    "cat": lambda x: torch.cat([x, F.relu(x)], 1),
    "cat of sums": lambda x: torch.cat((x + F.relu(x), x, x), dim=-3),
    "cat of zeros": lambda x: torch.cat((x.new_zeros(x.size(0), 2, 8, 8), x, torch.zeros_like(x)), 1),
    "cat of nothing times": lambda x: torch.cat((x, x.mul(0)), 1),
    "cat of vectors": lambda x: torch.cat([x.flatten(1), x.mean((2, 3))], dim=1),
    "chunk": lambda x: x.chunk(3, dim=1)[1],
    "split": lambda x: torch.cat(list(_two_parts(x)), 1),
    "slice": lambda x: x[:, :, ::2, ::2],
    "slice from": lambda x: x[:, 1:, 1:7:3, -5:],
    "slice dots": lambda x: x[..., 1:-1],
    "pad": lambda x: F.pad(x, (1, 2, 3, 4)),
    "pad channels": lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 3), "constant", 0),
    "pad and cut": lambda x: F.pad(x, (-1, 2, 0, -3)),
    "pad then average": lambda x: F.avg_pool2d(F.pad(x, [1, 1]), 2),
    "dropout": lambda x: F.dropout(x, 0.5, training=False),
    "view of unpacked sizes": _flat,
}

MODULES: dict[str, Any] = {
    "Conv2d same": nn.Conv2d(3, 4, (4, 3), padding="same", bias=False),
    "Conv2d depthwise": nn.Conv2d(3, 6, 3, groups=3, dilation=2),
    "Conv2d with weights normalised": nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)),
    "BatchNorm2d": nn.BatchNorm2d(3),
    "BatchNorm2d bare": nn.BatchNorm2d(3, affine=False),
    "BatchNorm1d": nn.Sequential(nn.Flatten(), nn.BatchNorm1d(192), nn.Linear(192, 4, bias=False)),
    "MaxPool2d": nn.MaxPool2d(3, 2, ceil_mode=True),
    "AvgPool2d": nn.AvgPool2d((2, 4), padding=(1, 2)),
    "AdaptiveAvgPool2d": nn.AdaptiveAvgPool2d((2, 2)),
    "AdaptiveMaxPool2d": nn.AdaptiveMaxPool2d(1),
    "ZeroPad2d": nn.ZeroPad2d((1, 2, 3, 0)),
    "ConstantPad2d": nn.ConstantPad2d(2, 0.0),
    "Dropout": nn.Sequential(nn.Dropout(), nn.Identity(), nn.Dropout2d()),
    "ReLU": nn.ReLU(inplace=True),
    "ReLU6": nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU6(inplace=True)),
    "Hardtanh": nn.Hardtanh(0.0, 0.25),
}

WRONG: dict[str, tuple[Function, str]] = {
    "hardtanh": (F.hardtanh, "hardtanh 'hardtanh': only limits from 0 to a positive bound"),
    "clamp": (lambda x: x.clamp(-1, 1), "clamp 'clamp': only limits from 0 to a positive bound"),
    "clamp to nothing": (lambda x: x.clamp(0, -1), "clamp 'clamp': ReLU: max must be positive"),
    "clamp from above": (lambda x: x.clamp(max=1), "clamp 'clamp': only limits from 0"),
    "clamp to a value": (lambda x: x.clamp(x * 0, x), "clamp 'clamp': .*computed from the input"),
    "gelu": (F.gelu, "gelu 'gelu': .*ReLU"),
    "softmax": (lambda x: x.softmax(1), "softmax 'softmax': .*leave it out"),
    "gate": (lambda x: x * torch.sigmoid(x), "mul 'mul': .*both depend on the input"),
    "permute": (lambda x: x.permute(0, 2, 3, 1), "permute 'permute': .*axes"),
    "broadcast": (
        lambda x: x + x.mean((2, 3), keepdim=True),
        r"add 'add': it adds shapes \(3, 8, 8\) and \(3, 1, 1\)",
    ),
    "alpha": (lambda x: torch.add(x, x, alpha=2), "add 'add': alpha"),
    "difference of shapes": (lambda x: x - x.mean((2, 3), keepdim=True), "sub 'sub': .*they must be the same"),
    "difference with alpha": (lambda x: torch.sub(x, F.relu(x), alpha=2), "alpha is not supported"),
    "map of constants": (lambda x: x + torch.ones(8, 8), r"add 'add': a constant of shape \(8, 8\)"),
    "batch mean": (lambda x: x.mean(0), "mean 'mean': a mean over 0"),
    "mean of all": (lambda x: x.mean(), "mean 'mean': a mean over None"),
    "mixed samples": (lambda x: x.view(-1, 3), "view 'view': .*first axis"),
    "flat batch": (torch.flatten, "flatten 'flatten': .*first axis"),
    "part of the batch": (lambda x: x[:1], "getitem 'getitem': it takes a part of the batch"),
    "one channel": (lambda x: x[:, 0], "getitem 'getitem': the index .*only slices"),
    "rows behind one another": (lambda x: torch.cat([x, x], 2), "cat 'cat': a concatenation along axis 2"),
    "ones": (lambda x: torch.cat([x, torch.ones(2, 1, 8, 8)], 1), "cat 'cat': of constants, only zeros"),
    "matrix on maps": (lambda x: F.linear(x, torch.ones(2, 8)), r"linear 'linear': .*expected \(8,\) inputs"),
    "dilated pool": (lambda x: F.max_pool2d(x, 2, dilation=2), "max_pool2d 'max_pool2d': dilation"),
    "indices": (lambda x: F.max_pool2d(x, 2, return_indices=True)[0], "max_pool2d_with_indices.*return_indices"),
    "ragged average": (lambda x: F.avg_pool2d(x, 3, ceil_mode=True), "avg_pool2d 'avg_pool2d': ceil_mode"),
    "uncounted padding": (lambda x: F.avg_pool2d(x, 2, padding=1, count_include_pad=False), "count_include_pad"),
    "divisor": (lambda x: F.avg_pool2d(x, 2, divisor_override=3), "divisor_override"),
    "uneven": (lambda x: F.adaptive_avg_pool2d(x, 3), r"a map of \(8, 8\) does not divide into \(3, 3\)"),
    "reflected": (lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"), "pad 'pad': padding with mode 'reflect'"),
    "padded with ones": (
        lambda x: F.pad(x, (1, 1), value=1.0),
        "pad 'pad': padding with mode 'constant' and value 1",
    ),
    "always dropout": (F.dropout, r"dropout 'dropout': .*training=self\.training"),
    "statistics of the batch": (lambda x: F.batch_norm(x, None, None, training=True), "statistics of each batch"),
    "double": (lambda x: x.to(torch.float64), "torch.float64: only float32"),
    "item": (lambda x: x + x.sum().item(), "item 'item': .*number of the input's values"),
    "weights from the input": (lambda x: F.conv2d(x, x[:, :, :3, :3]), "conv2d.*computed from the input"),
    "divided": (lambda x: x / torch.zeros(3, 1, 1), "divides by zero"),
    "no vector": (lambda x: x.flatten(2), "output 'output': expected scores.*flatten it"),
    "several results": (lambda x: (x, x), "output 'output': it is a tuple or list"),
    "constant": (lambda x: torch.ones(x.dim()), "output 'output': it is a constant"),
}

WRONG_MODULES: dict[str, tuple[Any, str]] = {
    "reflected": (nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect"), "Conv2d '0': padding_mode 'reflect'"),
    "GroupNorm": (nn.GroupNorm(1, 3), "GroupNorm '0': .*BatchNorm2d"),
    "no statistics": (nn.BatchNorm2d(3, track_running_stats=False), "BatchNorm2d '0': .*statistics of each batch"),
    "Sigmoid": (nn.Sigmoid(), "Sigmoid '0': .*ReLU"),
    "ConvTranspose2d": (nn.ConvTranspose2d(3, 3, 3), "ConvTranspose2d '0': .*enlarge"),
}


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("name", RIGHT)
def test_functions_and_methods(name: str) -> None:
    imported(Lambda(RIGHT[name]), 2, 3, 8, 8)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("name", MODULES)
def test_modules(name: str) -> None:
    imported(nn.Sequential(nn.Conv2d(3, 3, 1), MODULES[name]), 2, 3, 8, 8)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(name: str) -> None:
    function, message = WRONG[name]
    with pytest.raises(NetworkError, match=message):
        from_torch(Lambda(function).eval(), images(2, 3, 8, 8))


@pytest.mark.parametrize("name", WRONG_MODULES)
def test_modules_that_are_refused(name: str) -> None:
    module, message = WRONG_MODULES[name]
    with pytest.raises(NetworkError, match=message):
        from_torch(nn.Sequential(module).eval(), images(2, 3, 8, 8))


def test_everything_unsupported_is_in_one_message() -> None:
    def forward(x: Any, conv: Any, activation: Any) -> Any:
        out = F.gelu(conv(x)).permute(0, 1, 3, 2)
        out = F.avg_pool2d(activation(conv(out)), 3, ceil_mode=True)
        return torch.sigmoid(out.flatten(1))

    module = Lambda(forward, conv=nn.Conv2d(3, 3, 1), activation=nn.Tanh()).eval()
    with pytest.raises(NetworkError, match="Lambda has 5 operations that pysnn cannot import:") as caught:
        from_torch(module, images(2, 3, 8, 8))
    lines = str(caught.value).splitlines()[1:]
    assert [line.split(":")[0] for line in lines] == [
        "- gelu 'gelu'",
        "- permute 'permute'",
        "- Tanh 'activation'",
        "- avg_pool2d 'avg_pool2d'",
        "- sigmoid 'sigmoid'",
    ]


def test_what_reads_a_tensor_after_a_change_in_place_reads_the_change() -> None:
    def forward(x: Any, conv: Any) -> Any:
        out = conv(x)
        positive = F.relu(out, inplace=True)
        return out + 2 * positive

    network = imported(Lambda(forward, conv=nn.Conv2d(3, 3, 1)), 2, 3, 8, 8)
    assert network.sources["output"] == ("relu", "mul")


def test_a_change_in_place_whose_result_nobody_names_is_not_skipped() -> None:
    def forward(x: Any, conv: Any) -> Any:
        out = conv(x)
        out.relu_()
        return out.flatten(1)

    assert "ReLU" in titles(imported(Lambda(forward, conv=nn.Conv2d(3, 3, 1)), 2, 3, 8, 8))


def test_a_change_in_place_through_a_view_is_refused() -> None:
    def forward(x: Any, conv: Any) -> Any:
        out = conv(x)
        out.view(-1, 192).relu_()
        return out

    with pytest.raises(NetworkError, match="relu_ 'relu': it changes in place what others read"):
        from_torch(Lambda(forward, conv=nn.Conv2d(3, 3, 1)).eval(), images(2, 3, 8, 8))


def test_weights_computed_from_weights_are_constants() -> None:
    class Standardised(nn.Conv2d):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
            return F.conv2d(x, weight / weight.std(), self.bias, self.stride, self.padding)

    network = imported(Standardised(3, 4, 3), 2, 3, 8, 8)
    assert abs(float(network.nodes["conv2d"].weight.mean())) < 1e-6  # type: ignore[attr-defined]


def test_what_the_result_does_not_need_is_left_out() -> None:
    network = imported(Lambda(lambda x: (x.flatten(1), x.relu())[1]), 2, 3, 8, 8)
    assert titles(network) == ["Input", "ReLU", "Output"]


def test_arguments_with_defaults_keep_them() -> None:
    class WithFlag(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any, twice: bool = True, scale: Any = None) -> Any:
            if twice:
                x = x + x
            return x if scale is None else x * scale

    assert prepared(WithFlag()).training is False
    imported(WithFlag(), 2, 3, 8, 8)
