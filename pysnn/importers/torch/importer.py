"""The import itself: check what was given, trace it, translate it, compare the results."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric
from pysnn.errors import DataError, MissingExtraError, NetworkError
from pysnn.importers.check import check_import
from pysnn.importers.torch.table import module_handler
from pysnn.importers.torch.trace import trace
from pysnn.importers.torch.walk import translate
from pysnn.network import Network

__all__ = ["check_module", "clean", "from_torch"]

_MOST_LISTED = 3


def from_torch(module: Any, example: Any) -> Network:
    """Read a trained PyTorch module as an ANN, ready for a conversion.

    The module is traced with ``torch.fx`` and every operation is translated; then both networks compute ``example`` and are
    compared. Batch normalisation comes as :class:`~pysnn.Affine`; :func:`pysnn.convert.folding.fold` works it into the
    weights. Layers have the names of their modules, and functions the name of the module that calls them before theirs.

    Parameters
    ----------
    module
        A ``torch.nn.Module`` in evaluation mode, float32, on the CPU. It is not changed. A part of it whose class has a method
        ``pysnn_import(call, x)`` translates itself: ``call.add(node, x)`` adds a node that reads ``x`` and returns its value.
    example
        A tensor or an array, ``(batch, channels, height, width)`` or ``(batch, n)``, normalised as the module expects it:
        it gives the input's shape, and its results are compared. Real samples make the comparison mean more.

    Returns
    -------
    Network
        Without :class:`~pysnn.Input` normalisation. The largest relative difference to PyTorch is logged.

    Raises
    ------
    NetworkError
        The module is none, is in training mode, on another device, of another precision or quantised; it cannot be traced;
        it has operations that are not supported (one error lists them all, each with its name, its op and what to do);
        or the results differ by more than :data:`pysnn.importers.check.TOLERANCE`.
    DataError
        The example is empty, not finite, has no batch, or does not fit the module.
    MissingExtraError
        PyTorch is not installed.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> from_torch(torch.nn.Linear(2, 3).eval(), torch.zeros(1, 2)).shapes["output"]  # doctest: +SKIP
    (3,)
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("importing PyTorch modules needs torch: pip install 'pysnn[torch]'") from error
    check_module(module)
    tensor = torch.from_numpy(_samples(example))
    if module_handler(module) is not None:
        # Tracing starts inside the outermost module, and the table has it as a whole.
        module = torch.nn.Sequential(module)
    before = set(vars(module))
    try:
        graph = trace(module)
        expected = _outputs(module, tensor)
        network = translate(module, graph, tensor)
    finally:
        clean(module, before)
    if isinstance(expected, torch.Tensor):
        check_import(network, tensor.numpy(), expected.numpy(), "PyTorch")
    return network


def clean(module: Any, before: set[str]) -> None:
    """Take away the constants that tracing has put into the module."""
    for name in set(vars(module)) - before:
        delattr(module, name)


def _outputs(module: Any, tensor: Any) -> Any:
    """Return what PyTorch computes."""
    import torch

    try:
        with torch.no_grad():
            return module(tensor.clone())
    # The module's own code can raise anything.
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{type(module).__name__} cannot compute the example of shape {tuple(tensor.shape)}: {reason}"
        ) from error


def _samples(example: Any) -> NDArray[np.float32]:
    """Return the example as an array of its own."""
    import torch

    if isinstance(example, torch.Tensor):
        if example.is_quantized or example.is_complex() or example.layout != torch.strided or example.is_meta:
            raise DataError(f"example: expected a plain tensor of real numbers, got {example.dtype}, {example.layout}")
        example = example.detach().to("cpu", torch.float32).numpy()
    array = as_numeric(example, "example")
    if array.ndim not in (2, 4):
        raise DataError(
            "example: expected (batch, channels, height, width) or (batch, n), "
            f"got shape {array.shape}{'; put the batch in front' if array.ndim in (1, 3) else ''}"
        )
    if not array.size:
        raise DataError(f"example: expected at least one sample with values, got shape {array.shape}")
    with np.errstate(over="ignore"):
        samples = np.array(array, dtype=np.float32)
    if not np.isfinite(samples).all():
        raise DataError("example: expected finite values")
    return samples


def check_module(module: Any) -> None:
    """Refuse what is no module that can be read, or is in training mode, with :class:`NetworkError`."""
    import torch

    kind = type(module).__name__
    if isinstance(module, type):
        raise NetworkError(f"expected a torch.nn.Module, got the class {module.__name__}: make an instance of it")
    if isinstance(module, dict):
        raise NetworkError(f"expected a torch.nn.Module, got a {kind}: load these weights into their module first")
    if isinstance(module, torch.jit.ScriptModule):
        raise NetworkError(f"{kind} is compiled by TorchScript: give the module that it was made from")
    if not isinstance(module, torch.nn.Module):
        raise NetworkError(f"expected a torch.nn.Module, got {type(module).__module__}.{type(module).__qualname__}")
    parallel = isinstance(module, torch.nn.DataParallel | torch.nn.parallel.DistributedDataParallel)
    if parallel or hasattr(module, "_orig_mod"):
        raise NetworkError(f"{kind} wraps the network: give its attribute '{'module' if parallel else '_orig_mod'}'")
    quantised = [(name, type(m)) for name, m in module.named_modules() if _is_quantised(type(m))]
    if quantised:
        listed = _listed([f"'{name}' ({found.__name__})" for name, found in quantised])
        raise NetworkError(f"{kind} is quantised: import the float32 network that it was made from; found {listed}")
    training = [name or kind for name, m in module.named_modules() if m.training]
    if training:
        raise NetworkError(f"{kind} is in training mode ({_listed(training)}): call .eval() first")
    _check_tensors(module)


def _is_quantised(kind: type) -> bool:
    """Say whether a module's weights are integers, or stand for them; a ``FloatFunctional`` has none."""
    parts = kind.__module__.split(".")
    return ("quantized" in parts or "qat" in parts) and kind.__name__ != "FloatFunctional"


def _check_tensors(module: Any) -> None:
    import torch

    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        what = f"{type(module).__name__}: '{name}'"
        if isinstance(tensor, torch.nn.parameter.UninitializedTensorMixin):
            raise NetworkError(f"{what} has no shape yet: run the module once")
        if tensor.device.type != "cpu":
            raise NetworkError(f"{what} is on the device {tensor.device}: call .cpu() (a 'meta' tensor has no values)")
        if (tensor.is_floating_point() or tensor.is_complex()) and tensor.dtype != torch.float32:
            raise NetworkError(f"{what} is {tensor.dtype}, expected torch.float32: call .float()")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return ", ".join(names[:_MOST_LISTED]) + more
