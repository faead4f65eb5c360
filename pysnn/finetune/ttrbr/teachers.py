"""Several networks that teach as one."""

# mypy: disable-error-code="misc"
# PyTorch has no types where it is not installed.

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

__all__ = ["MeanScores"]


class MeanScores(nn.Module):
    """The mean of the scores that several models give the same input, ``(samples, classes)``.

    Examples
    --------
    >>> two = MeanScores([nn.Identity(), nn.Threshold(1.0, 0.0)])
    >>> two(torch.tensor([[0.5, 4.0]])).tolist()
    [[0.25, 4.0]]
    """

    def __init__(self, models: Iterable[Any]) -> None:
        super().__init__()
        self.models = nn.ModuleList(models)

    def forward(self, x: Any) -> Any:
        """Return the mean."""
        return torch.stack([model(x) for model in self.models]).mean(dim=0)
