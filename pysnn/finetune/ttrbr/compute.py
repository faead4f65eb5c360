"""Where and in what precision a training computes; its loss."""

import contextlib
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from pysnn.errors import DataError
from pysnn.finetune.ttrbr.options import TTRBROptions

__all__ = ["Compute", "bfloat16_is_fast"]


def bfloat16_is_fast(device: str) -> bool:
    """Say whether a device multiplies bfloat16 itself: a GPU that PyTorch says so of, a CPU with AVX-512 BF16 or AMX."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    tests = [getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")]
    return any(test() for test in tests if test is not None)


class Compute:
    """Places models and samples, and computes losses, as the options say."""

    def __init__(self, options: TTRBROptions, mean: Any, std: Any, own_loss: Any = None) -> None:
        self.options, self.own_loss = options, own_loss
        there = torch.cuda.is_available()
        if options.device == "cuda" and not there:
            raise DataError("device: expected a GPU that PyTorch can use, found none")
        self.device = "cuda" if there and options.device != "cpu" else "cpu"
        fast = options.precision == "bfloat16" or (options.precision == "auto" and bfloat16_is_fast(self.device))
        self.dtype = torch.bfloat16 if fast else torch.float32
        self.mean, self.std = (
            torch.tensor(np.asarray(values, dtype=np.float32), device=self.device).reshape(1, -1, 1, 1)
            for values in (mean, std)
        )
        if options.threads:
            torch.set_num_threads(options.threads)

    def placed(self, module: Any) -> Any:
        """Return a module on the device, its weights in the order that convolutions are quickest in."""
        return module.to(self.device, memory_format=torch.channels_last)

    def samples(self, pixels: Any) -> Any:
        """Return normalised samples on the device."""
        x = torch.from_numpy(np.ascontiguousarray(pixels)).to(self.device)
        x = x.float() / 255 if x.dtype == torch.uint8 else x.float()
        return ((x - self.mean) / self.std).contiguous(memory_format=torch.channels_last)

    def labels(self, labels: Any) -> Any:
        """Return labels on the device."""
        return torch.from_numpy(np.ascontiguousarray(labels)).to(self.device)

    def autocast(self) -> Any:
        """Return a context in which layers compute in the wanted precision."""
        if self.dtype == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device, self.dtype)

    def loss(self, scores: Any, labels: Any, taught: Any) -> Any:
        """Return the mean cross-entropy; with a teacher's scores, in part that to its softened answers (Hinton et al. 2015).

        A loss of the task's own takes the place of it all.
        """
        if self.own_loss is not None:
            return self.own_loss(scores.float(), labels)
        options = self.options
        own = functional.cross_entropy(scores.float(), labels, label_smoothing=options.smoothing)
        if taught is None:
            return own
        soft = options.temperature
        answer = functional.log_softmax(scores.float() / soft, 1)
        distance = functional.kl_div(
            answer, functional.log_softmax(taught.float() / soft, 1), reduction="batchmean", log_target=True
        )
        return (1 - options.distillation) * own + options.distillation * soft**2 * distance
