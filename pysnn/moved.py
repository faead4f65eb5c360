"""Where modules were before version 0.2: their old names still import, with a ``DeprecationWarning`` that says the new one."""

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["follow_old_names", "new_name"]

_IMPORTERS = dict.fromkeys(("onnx", "torch", "sklearn", "check"), "importers")
_DATASETS = dict.fromkeys(("npz", "cifar", "folder", "idx", "imagenet", "picture"), "datasets")
_STATE_DICTS = dict.fromkeys(("resnet_cifar", "vgg_cifar", "safetensors", "state_dict"), "importers.state_dicts")
_METHODS = dict.fromkeys(("error_min", "ltb", "max_norm", "method", "percentile", "trained"), "convert.methods")
_FOLDING = dict.fromkeys(("ahead", "behind", "fold", "passing"), "convert.folding")
_ANALYSIS = dict.fromkeys(
    ("advice", "blame", "diagnosis", "error_table", "errors", "extremes", "hybrid", "precision"), "convert.analysis"
)
_FILES = dict.fromkeys(
    (
        *("container", "container_reader", "first_spike", "first_spike_golden", "golden", "graph_json", "graph_values"),
        *("psnn", "saved", "settings"),
    ),
    "files",
)
_SIMULATION = dict.fromkeys(("capacity", "measure", "merge", "result", "state"), "simulation")

MOVED: dict[str, str] = {
    "convert.graph": "network_builder",
    "convert.ordinary": "convert.recovered_ann",
    "io.images": "datasets.source",
    "learn": "first_spike.learn",
    "learn.augment": "training.augment",
    "learn.optimisers": "training.optimisers",
    "model_files": "importers.model_files",
    "run_options": "simulation.options",
    "simulate": "simulation.simulator",
    "trained_models": "finetune.trained_models",
    "ttrbr": "finetune.ttrbr",
    **{f"io.{name}": f"{home}.{name}" for name, home in (_IMPORTERS | _DATASETS | _FILES).items()},
    **{f"convert.{name}": f"{home}.{name}" for name, home in (_STATE_DICTS | _METHODS | _FOLDING | _ANALYSIS).items()},
    **{name: f"{home}.{name}" for name, home in _SIMULATION.items()},
}
"""New module by old module, both without ``pysnn.``; what lies below an old name lies below the new one."""


def new_name(name: str) -> str | None:
    """Return the new name of a module, or ``None`` where it has not moved.

    Examples
    --------
    >>> new_name("pysnn.io.psnn"), new_name("pysnn.network")
    ('pysnn.files.psnn', None)
    """
    package, _, rest = name.partition(".")
    parts = rest.split(".")
    for count in range(len(parts), 0, -1) if package == "pysnn" else ():
        home = MOVED.get(".".join(parts[:count]))
        if home is not None:
            return ".".join(("pysnn", home, *parts[count:]))
    return None


_DISSOLVED = ("pysnn.io",)
"""Old packages whose modules went to several new ones."""


class _OldNames(MetaPathFinder, Loader):
    """Imports the new module where an old name is asked for: both names are one module."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in _DISSOLVED:
            return ModuleSpec(fullname, self, is_package=True)
        return None if new_name(fullname) is None else ModuleSpec(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        new = new_name(spec.name)
        if new is None:
            return None
        module = import_module(new)
        warnings.warn(f"{spec.name} is {new} now", DeprecationWarning, stacklevel=2)
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has put the old name's spec into the module, which has run already.
        if module.__spec__ is not None and module.__spec__.loader_state is not None:
            module.__spec__ = module.__spec__.loader_state


def follow_old_names() -> None:
    """Let old names be imported, from now on."""
    if not any(isinstance(finder, _OldNames) for finder in sys.meta_path):
        # In front: the path of an old package would find the files a second time, as other modules.
        sys.meta_path.insert(0, _OldNames())
