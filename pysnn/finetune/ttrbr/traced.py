"""A model as a graph of operations (``torch.fx``) that can be rewritten, and what its operations are."""

# mypy: disable-error-code="misc"
# PyTorch has no types where it is not installed.

import copy
import operator
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from pysnn.errors import NetworkError
from pysnn.finetune.ttrbr.clip import HeldCurrent, SpikingMaxPool2d, TrainableClip
from pysnn.finetune.ttrbr.norm import TrainableNorm2d

__all__ = ["Traced"]

_RELUS = {functional.relu, functional.relu_, torch.relu, torch.relu_}
_ADDS = {operator.add, operator.iadd, torch.add}
_OTHERS = {
    getattr(functional, name)
    for name in ("gelu", "silu", "sigmoid", "tanh", "leaky_relu", "elu", "celu", "selu", "hardswish", "hardsigmoid", "mish",
                 "softplus", "relu6", "hardtanh", "prelu", "rrelu", "softsign", "logsigmoid")
} | {torch.sigmoid, torch.tanh, torch.clamp, torch.clip}  # fmt: skip
_WEIGHTED = (nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.BatchNorm1d)


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: Any, module_qualified_name: str) -> bool:
        return isinstance(m, TrainableClip | SpikingMaxPool2d | HeldCurrent | TrainableNorm2d) or bool(
            super().is_leaf_module(m, module_qualified_name)
        )


class Traced:
    """A copy of a model, traced; ``module`` is the model of the graph as it stands.

    Raises
    ------
    NetworkError
        The model cannot be traced, or has activations that no spiking neuron stands for.
    """

    def __init__(self, model: Any) -> None:
        if not isinstance(model, nn.Module):
            raise NetworkError(f"restructure: expected a torch.nn.Module, got {type(model).__name__}")
        source = copy.deepcopy(model)
        try:
            graph = _Tracer().trace(source)
        # Tracing runs the module's own code on stand-ins for tensors, which can raise anything.
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise NetworkError(f"restructure: torch.fx cannot trace {type(model).__name__}: {reason}") from error
        self.module = fx.GraphModule(source, graph)
        self.graph = self.module.graph
        self.modules = dict(self.module.named_modules())
        self._refuse_other_activations()

    def nodes(self, *kinds: str) -> list[Any]:
        """Return the operations that are of one of these kinds, in order; see :meth:`kind`."""
        return [node for node in self.graph.nodes if self.kind(node) in kinds]

    def kind(self, node: Any) -> str:
        """Return "relu", "add", "max_pool", "norm", "conv", "linear" or "clip", or "" for all else."""
        if node.op == "call_module":
            module = self.modules[node.target]
            kinds = {
                nn.ReLU: "relu",
                TrainableClip: "clip",
                nn.MaxPool2d: "max_pool",
                nn.BatchNorm2d: "norm",
                nn.Conv2d: "conv",
                nn.Linear: "linear",
            }
            return next((kind for parent, kind in kinds.items() if isinstance(module, parent)), "")
        if node.op == "call_function":
            return "relu" if node.target in _RELUS else "add" if node.target in _ADDS and self._sums(node) else ""
        if node.op == "call_method":
            return {"relu": "relu", "relu_": "relu", "add": "add", "add_": "add"}.get(node.target, "")
        return ""

    def owner(self, node: Any) -> str:
        """Return the name of the module whose code an operation stands in."""
        stack = list(node.meta.get("nn_module_stack", {}).items())
        if node.op == "call_module" and stack:
            stack = stack[:-1]
        return str(stack[-1][1][0] if isinstance(stack[-1][1], tuple) else stack[-1][0]) if stack else ""

    def replace(self, node: Any, name: str, module: Any) -> Any:
        """Put a module in the place of an operation with one source."""
        with self.graph.inserting_after(node):
            new = self._call(name, module, node.all_input_nodes[0])
        new.meta = dict(node.meta)
        node.replace_all_uses_with(new)
        self.graph.erase_node(node)
        return new

    def exchange(self, node: Any, module: Any) -> None:
        """Put a module in the place of another, under its name."""
        owner, _, name = node.target.rpartition(".")
        setattr(self.module.get_submodule(owner), name, module)
        self.modules[node.target] = module

    def insert_behind(self, node: Any, name: str, module: Any, reader: Any = None) -> Any:
        """Put a module behind an operation, for all its readers or for one."""
        readers = [reader] if reader is not None else list(node.users)
        with self.graph.inserting_after(node):
            new = self._call(name, module, node)
        new.meta = dict(node.meta)
        for user in readers:
            user.replace_input_with(node, new)
        return new

    def drop(self, node: Any) -> None:
        """Take an operation with one source out."""
        node.replace_all_uses_with(node.all_input_nodes[0])
        self.graph.erase_node(node)

    def from_neuron(self, node: Any) -> bool:
        """Say whether values come from a neuron with no weights, sums or normalisation between."""
        while self.kind(node) not in ("relu", "clip"):
            if node.op == "placeholder" or self.kind(node) in ("add", "norm", "conv", "linear"):
                return False
            node = node.all_input_nodes[0]
        return True

    def finish(self) -> Any:
        """Check and compile the graph, and give the module."""
        self.graph.lint()
        self.module.delete_all_unused_submodules()
        self.module.recompile()
        return self.module

    def _call(self, name: str, module: Any, source: Any) -> Any:
        taken, number = name, 1
        while taken in self.modules:
            number += 1
            taken = f"{name}{number}"
        self.module.add_submodule(taken, module)
        self.modules[taken] = module
        return self.graph.call_module(taken, (source,))

    @staticmethod
    def _sums(node: Any) -> bool:
        return len(node.args) == 2 and all(isinstance(part, fx.Node) for part in node.args)

    def _refuse_other_activations(self) -> None:
        for node in self.graph.nodes:
            module = self.modules[node.target] if node.op == "call_module" else None
            activation = type(module).__module__ == "torch.nn.modules.activation" and not isinstance(module, nn.ReLU)
            if activation or (node.op == "call_function" and node.target in _OTHERS):
                what = type(module).__name__ if activation else getattr(node.target, "__name__", str(node.target))
                where = node.target if activation else self.owner(node) or node.name
                raise NetworkError(
                    f"restructure: '{where}' is {what}: a spiking neuron stands for a ReLU only; put ReLU in its place and "
                    "train the network with it first"
                )
