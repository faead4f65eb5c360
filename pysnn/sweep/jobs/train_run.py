"""The job ``train``: train a first-spike network as ``pysnn train`` does, and measure it; one row a point."""

import hashlib
import inspect
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pysnn.datasets.source import DataSource, parse_source, training_source
from pysnn.errors import DataError
from pysnn.first_spike import Conv, EarliestPool
from pysnn.first_spike.defaults import SSTDP_DEFAULTS, STDBP_DEFAULTS, Defaults
from pysnn.first_spike.learn import SSTDPClassifier, STDBPClassifier
from pysnn.first_spike.notation import parse_layers
from pysnn.sweep.filled import filled
from pysnn.sweep.jobs.keys import TRAIN, TRAIN_GRID, check_keys, checked_text, grids_of
from pysnn.sweep.jobs.run import SweepRun
from pysnn.sweep.points import expand, point_json
from pysnn.version import __version__

__all__ = ["TrainRun", "read_training"]


@dataclass(frozen=True)
class _Rule:
    """A learning rule: its classifier, its defaults, and its neurons if there is one kind."""

    classifier: type[STDBPClassifier] | type[SSTDPClassifier]
    defaults: Defaults
    neuron: str | None = None


_RULES = {"stdbp": _Rule(STDBPClassifier, STDBP_DEFAULTS), "sstdp": _Rule(SSTDPClassifier, SSTDP_DEFAULTS, "step")}
# What a grid calls otherwise than the classifiers do.
_NAMES = {"rate": "learning_rate", "validation": "validation_fraction", "training_seed": "random_state"}
_IMAGES = 4
_OTHERS = frozenset({"rule", "hidden", "limit", "settings"})
_DEFAULTS: dict[str, Any] = {"limit": None, "hidden": "100", "training_seed": 0}
# Said by the grid, the run or the data; what is left are settings.
_TAKEN = frozenset({"hidden_layer_sizes", "layers", "input_shape", "backend", "n_jobs", *_NAMES.values()})


@dataclass(frozen=True, kw_only=True)
class TrainRun(SweepRun):
    """A run of a sweep that trains a network with the values of a point.

    Attributes
    ----------
    train, test
        Where the training data, of which a part is held out, and the test data come from.
    """

    schema: ClassVar[str] = "sweep_train"

    train: DataSource
    test: DataSource

    def files(self) -> dict[str, str]:
        """Return the digests of the data."""
        return {
            f"data '{source.path}' ({source.kind}:{source.split})": source.digest()
            for source in (self.train, self.test)
        }

    def digest_of(self, part: str) -> str:
        """Return the digest of the data."""
        return hashlib.sha256("".join(self.files().values()).encode()).hexdigest()

    def __call__(self, params: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
        """Train and measure; what is random hangs on the point's ``training_seed`` alone."""
        del seed
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            x, y = _data(self.train, params["limit"])
            model = self._model(params, x).fit(x.reshape(len(x), -1), y)
            test_x, test_y = _data(self.test, None)
            accuracy = model.score(test_x.reshape(len(test_x), -1), test_y)
        epoch = model.history_.row(model.epoch_ - 1, named=True)
        return [
            {
                **{name: value for name, value in params.items() if name not in {"settings", "limit"}},
                "settings": point_json(params["settings"]),
                **{name: epoch[name] for name in ("epoch", "loss", "dead", "spikes_per_neuron", "decision_time")},
                "training_accuracy": epoch["accuracy"],
                "validation_accuracy": None if np.isnan(epoch["validation_accuracy"]) else epoch["validation_accuracy"],
                "accuracy": accuracy,
                "test_samples": len(test_y),
                "version": __version__,
                "backend": self.backend,
                "warnings": "; ".join(str(warning.message) for warning in heard) or None,
            }
        ]

    def _model(self, params: Mapping[str, Any], x: NDArray[Any]) -> STDBPClassifier | SSTDPClassifier:
        given = {_NAMES.get(name, name): value for name, value in params.items() if name not in _OTHERS}
        rule = _RULES[params["rule"]]
        neuron = rule.neuron or str(params["settings"].get("neuron", "ramp"))
        layers = parse_layers(params["hidden"], **rule.defaults.first_weights(neuron))
        shape = x.shape[1:] if any(isinstance(layer, Conv | EarliestPool) for layer in layers) else None
        if shape is not None and x.ndim != _IMAGES:
            raise DataError(f"hidden '{params['hidden']}': expected images (samples, C, H, W), got the shape {x.shape}")
        places: dict[str, Any] = {
            "layers": layers,
            "input_shape": shape,
            "backend": self.backend,
            "n_jobs": self.threads or 1,
        }
        return rule.classifier(**given, **params["settings"], **places)


def read_training(path: Path, given: dict[str, Any]) -> tuple[TrainRun, list[dict[str, Any]]]:
    """Return the run and the points of a spec of trainings."""
    check_keys("the file", given, TRAIN, required=("job", "data", "grid"))
    sets = {"train": checked_text, "test": checked_text}
    check_keys("data", given["data"], sets, required=tuple(sets))
    train, test = (filled(given["data"][name]) for name in sets)
    training_source(train)
    run = TrainRun(
        train=parse_source(train, path.parent),
        test=parse_source(test, path.parent),
        backend=given.get("backend", "auto"),
    )
    return run, [point for number, grid in enumerate(grids_of(given), start=1) for point in _points(number, grid)]


def _points(number: int, grid: Any) -> list[dict[str, Any]]:
    where = f"grid {number}"
    check_keys(where, grid, TRAIN_GRID, required=("rule",))
    settings = list(expand(grid.get("settings", {})))
    points = list(expand({**_DEFAULTS, **grid, "settings": settings}))
    for point in points:
        known = set(inspect.signature(_RULES[point["rule"]].classifier).parameters) - _TAKEN - set(TRAIN_GRID)
        wrong = sorted(set(point["settings"]) - known)
        if wrong:
            raise DataError(
                f"{where}: settings: {point['rule']} has no '{wrong[0]}', expected {', '.join(sorted(known))}"
            )
        try:
            parse_layers(point["hidden"])
        except DataError as error:
            raise DataError(f"{where}: key 'hidden': {error}") from error
    return points


@lru_cache(maxsize=4)
def _data(source: DataSource, limit: int | None) -> tuple[NDArray[Any], NDArray[Any]]:
    data = source.load(limit)
    if data.y is None:
        raise DataError(f"data '{source.path}': training needs labels 'y'")
    return np.asarray(data.x), np.asarray(data.y)
