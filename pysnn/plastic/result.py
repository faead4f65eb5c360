"""What a run of a plastic network gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, MissingExtraError
from pysnn.frozen import FrozenDict
from pysnn.notebook import object_page
from pysnn.plastic.activity import PlasticActivity
from pysnn.plastic.engines.base import Counts
from pysnn.plastic.state import PlasticState

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Matrix", "PlasticResult"]

_COUNTS = "plastic_counts"


@dataclass(frozen=True, eq=False)
class Matrix:
    """Weights by source: those of source i are ``row[i] .. row[i + 1]``.

    Attributes
    ----------
    row, to
        int64.
    weight
        float32, of each synapse.
    shape
        Sources, targets.
    """

    row: NDArray[np.int64]
    to: NDArray[np.int64]
    weight: NDArray[np.float32]
    shape: tuple[int, int]

    def to_scipy(self) -> Any:
        """Return a SciPy sparse array in CSR form; multiple synapses of a pair stay apart.

        Raises
        ------
        MissingExtraError
            SciPy is not installed.
        """
        try:
            from scipy.sparse import csr_array
        except ImportError as error:
            raise MissingExtraError("a sparse array needs SciPy: pip install scipy") from error
        return csr_array((self.weight, self.to, self.row), shape=self.shape)


class RunTables(Mapping[str, "pl.DataFrame"]):
    """The tables that a run was asked for, and "plastic_counts", which is made where it is read: short runs take no time for it."""

    def __init__(self, watched: Mapping[str, "pl.DataFrame"], activity: PlasticActivity) -> None:
        self._watched = FrozenDict({name: watched[name] for name in watched if name != _COUNTS})
        self._activity = activity

    def __getitem__(self, name: str) -> "pl.DataFrame":
        return self._activity.table() if name == _COUNTS else self._watched[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._watched
        yield _COUNTS

    def __len__(self) -> int:
        return len(self._watched) + 1


@dataclass(frozen=True, eq=False)
class PlasticResult:
    """Tables, weights, counts and the state behind the last step.

    Attributes
    ----------
    tables
        By schema: "plastic_spikes", "plastic_rates", "plastic_weights", "plastic_traces", as far as they were asked for, and "plastic_counts".
    state
        Goes into the next run; ``None`` where it was not to be kept.
    activity
        Exact counts of the whole run; its table is "plastic_counts".
    counts
        The same as engines give them, by place.
    backend
        Which engine, SIMD level and store.
    seconds
        Wall time of the steps.
    """

    tables: Mapping[str, "pl.DataFrame"]
    state: PlasticState | None
    activity: PlasticActivity
    counts: Counts
    backend: str
    seconds: float
    matrices: Mapping[str, Matrix]

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", RunTables(self.tables, self.activity))
        object.__setattr__(self, "matrices", FrozenDict(self.matrices))

    def __repr__(self) -> str:
        spikes = [
            f"{row['name']} {row['spikes']}" for row in self.tables[_COUNTS].to_dicts() if row["spikes"] is not None
        ]
        return f"PlasticResult({self.activity.seconds:g} s, spikes: {', '.join(spikes)}, {self.backend})"

    def _repr_html_(self) -> str:
        rows = self.tables[_COUNTS].drop("steps", "seconds").to_dicts()
        facts = {"time of the network": f"{self.activity.seconds:g} s", "backend": self.backend}
        return object_page("PlasticResult", {**facts, "tables": ", ".join(self.tables)}, rows)

    def weights(self, projection: str) -> Matrix:
        """Return the weights of a projection behind the last step.

        Raises
        ------
        DataError
            There is no such projection.
        """
        if projection not in self.matrices:
            raise DataError(f"weights: expected one of {', '.join(self.matrices) or 'none'}, got {projection!r}")
        return self.matrices[projection]
