"""Residual networks of PyTorch, rewritten so that they can be trained for few time-steps."""

from typing import TYPE_CHECKING, Any

from pysnn.convert.methods.registry import make_method

if TYPE_CHECKING:
    from pysnn.finetune.ttrbr.rewrite import Block

__all__ = ["restructure"]

_FIRST_STEPS = 8


def restructure(
    model: Any,
    block: "Block" = "none",
    *,
    calibration: Any,
    levels: int | None = None,
    per_channel: bool = False,
) -> Any:
    """Return a copy of a PyTorch network that trains for few time-steps (extra ``torch``; see ``docs/ttrbr.md``).

    Every ReLU becomes a :class:`pysnn.finetune.ttrbr.TrainableClip`, whose first threshold has the least expected error at ``levels`` steps
    (8 where there are none) on the calibration data. Residual blocks keep their weights and change their form:

    * "none": they stay as they are;
    * "A": batch normalisation moves behind the addition, ``x = clip(bn(u)); u = conv2(clip(bn1(conv1(x)))) + shortcut(x)``.
      But for the clip this is the same function, until it is trained;
    * "B": a neuron on the residual branch, and on a shortcut with weights, before the addition; and the neuron behind it;
    * "C": a shortcut without weights carries currents past the neurons, ``u' = conv2(clip(bn1(conv1(clip(u))))) + u``: neurons read
      the sum, and what they round is not added up from block to block. Another function, where ``u`` is negative.

    Parameters
    ----------
    model
        A ``torch.nn.Module`` that ``torch.fx`` can trace, with ReLUs as modules or functions: residual blocks in the style of
        torchvision (basic, bottleneck) or of CIFAR, whatever their classes are called, with shortcuts of any kind. It is not changed.
    block
        "none", "A", "B" or "C".
    calibration
        A tensor ``(samples, ...)``, normalised as the model expects it; some hundred samples.
    levels
        L, to train with quantised activations (QCFS); ``None`` for the plain clip.
    per_channel
        A threshold per channel rather than a layer.

    Returns
    -------
    model
        A ``torch.nn.Module``. :func:`pysnn.finetune.ttrbr.train` trains it; :func:`pysnn.finetune.trained_models.trained_network` makes a network.

    Raises
    ------
    NetworkError
        The model cannot be traced, has other activations than ReLU, or its blocks have no such form.
    DataError
        There is no such block, or a layer is never active on the calibration data.
    MissingExtraError
        PyTorch is not installed.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> from pysnn.finetune.ttrbr import CifarResNet  # doctest: +SKIP
    >>> model = restructure(CifarResNet(20), "A", calibration=torch.rand(64, 3, 32, 32))  # doctest: +SKIP
    """
    from pysnn.finetune.ttrbr.rewrite import Clips, rewrite

    rule = make_method("error-min", {"per_channel": per_channel}, levels or _FIRST_STEPS)
    return rewrite(model, block, calibration, Clips(rule.thresholds, levels, per_channel))
