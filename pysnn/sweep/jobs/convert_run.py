"""The job ``convert-run``: load a network, convert it, run it at several T, one row a T."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pysnn.ann import ann_pass
from pysnn.convert import convert
from pysnn.datasets.npz import Data
from pysnn.datasets.source import DataSource
from pysnn.errors import DataError
from pysnn.network import Network
from pysnn.random import philox
from pysnn.simulation.result import Result
from pysnn.simulation.simulator import run
from pysnn.sweep.jobs.run import SweepRun
from pysnn.sweep.jobs.sources import NetworkSource
from pysnn.sweep.points import point_json
from pysnn.version import __version__

__all__ = ["ConvertRun", "ConvertedRun", "pick"]


@dataclass(frozen=True, kw_only=True)
class ConvertRun(SweepRun):
    """A run of a sweep: call it with a point's parameters.

    Attributes
    ----------
    networks
        By the name that stands in a point.
    """

    schema: ClassVar[str] = "sweep"

    networks: Mapping[str, NetworkSource]

    def part(self, params: Mapping[str, Any]) -> str:
        """Return a point's network."""
        return str(params["network"])

    def digest_of(self, part: str) -> str:
        """Return the digest of a network and its data."""
        return self.networks[part].digest()

    def files(self) -> dict[str, str]:
        """Return the digest of every file that the spec names; files are read anew."""
        return {name: digest for source in self.networks.values() for name, digest in source.files().items()}

    def __call__(self, params: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
        """Run one point; there is no chance in it beside the calibration's own seed."""
        done = self.converted(params)
        source = self.networks[params["network"]]
        ann = _ann_labels(source, params["split"], params["limit"])
        return [{**done.made, **row} for row in _rows(done.found, done.labels, ann)]

    def converted(self, params: Mapping[str, Any]) -> "ConvertedRun":
        """Convert a point's network and run it."""
        source = self.networks[params["network"]]
        network = _network(source)
        given = _data(source.train if params["split"] == "train" else source.test, params["limit"])
        calibration = _calibration(source.train, params["calibration_samples"], params["calibration_seed"])
        options = {"precision": params["precision"], "backend": self.backend, "threads": self.threads}
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            converted = convert(
                network,
                calibration,
                params["method"],
                steps=params["convert_steps"],
                per_channel=params["per_channel"],
                compare=False,
                precision=params["precision"],
                **params["settings"],
            ).network
            found = run(converted, given.x, steps=params["steps"], labels=given.y, keep_state=False, **options)
        made = {
            "settings": point_json(params["settings"]),
            "convert_steps": params["convert_steps"],
            "version": __version__,
            "warnings": "; ".join(str(warning.message) for warning in heard) or None,
        }
        return ConvertedRun(found, given.y, made)


@dataclass(frozen=True, eq=False)
class ConvertedRun:
    """What a point's run gave: its result, the labels, and how it was made."""

    found: Result
    labels: NDArray[Any] | None
    made: dict[str, Any]


def _rows(found: Result, labels: NDArray[Any] | None, ann: NDArray[np.int64]) -> list[dict[str, Any]]:
    backend, _, simd = found.backend.partition("/")
    rows = []
    for table, predicted in zip(found.table().to_dicts(), found.predictions, strict=True):
        shared = ("steps", "samples", "accuracy", "synops", "macs", "spikes_per_neuron", "ms_per_sample")
        rows.append(
            {
                **{name: table[name] for name in shared},
                "ann_accuracy": None if labels is None else float(np.mean(ann == labels)),
                "agreement": float(np.mean(predicted == ann)),
                "backend": backend,
                "simd": simd or None,
            }
        )
    return rows


def pick(samples: int, count: int, seed: int) -> NDArray[np.int64]:
    """Choose ``count`` of ``samples``: those with the smallest Philox words (counter = index, key = seed), ascending.

    Raises
    ------
    DataError
        There are fewer.

    Examples
    --------
    >>> pick(5, 2, seed=0).tolist(), pick(5, 5, seed=1).tolist()
    ([0, 2], [0, 1, 2, 3, 4])
    """
    if count > samples:
        raise DataError(f"calibration_samples: expected at most {samples}, as many as there are, got {count}")
    index = np.arange(samples, dtype=np.uint64)
    zero = np.zeros_like(index)
    words = philox((index, zero, zero, zero), seed)[0]
    return np.sort(np.argsort(words, kind="stable")[:count]).astype(np.int64)


# What a worker keeps from point to point: networks are small, test data are shared by nearly all points, and of the
# training data only the chosen samples stay.


@lru_cache(maxsize=2)
def _network(source: NetworkSource) -> Network:
    return source.load()


@lru_cache(maxsize=2)
def _data(source: DataSource, limit: int | None) -> Data:
    return source.load(limit)


@lru_cache(maxsize=8)
def _calibration(source: DataSource, count: int, seed: int) -> NDArray[Any]:
    x = source.load().x
    return np.asarray(x[pick(len(x), count, seed)])


@lru_cache(maxsize=16)
def _ann_labels(source: NetworkSource, split: str, limit: int | None) -> NDArray[np.int64]:
    given = _data(source.train if split == "train" else source.test, limit)
    scores, _ = ann_pass(_network(source), given.x)
    return np.asarray(scores.argmax(axis=1), dtype=np.int64)
