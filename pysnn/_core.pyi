from collections.abc import Sequence
from typing import Any, Protocol, TypedDict, TypeVar, final, type_check_only

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.adam import AdamStep, Moments
from pysnn.backends.base import RunRequest
from pysnn.backends.first_spike import GradientRule
from pysnn.plan.first_spike import FirstSpikePlan
from pysnn.plastic.engines.base import RunPart
from pysnn.plastic.plan import PlasticPlan

_Number_co = TypeVar("_Number_co", np.float32, np.uint16, covariant=True)

version: str

class _Raw(TypedDict):
    scores: NDArray[np.float32]
    counts: NDArray[np.int64]
    by_sample: NDArray[np.int64]
    by_step: dict[int, NDArray[np.int64]]
    state: dict[int, NDArray[Any]]
    spikes: dict[int, NDArray[np.uint8]]
    potentials: dict[int, NDArray[Any]]
    probes: dict[int, tuple[NDArray[np.float64], NDArray[np.float64], NDArray[Any], NDArray[np.int32]]]
    kernels: tuple[str, ...]
    profile: NDArray[np.float64]

@final
class Clocked:
    def __new__(
        cls, plan: bytes, simd: str | None = None, kernel: str | None = None, thread_work: float | None = None
    ) -> Clocked: ...
    parts: list[str]
    @property
    def simd(self) -> str: ...
    def run(self, request: RunRequest) -> _Raw: ...
    def stream(
        self, batch: int, seed: int = 0, state: dict[int, NDArray[Any]] | None = None, steps: int = 0
    ) -> Stream: ...

@final
class Stream:
    @property
    def steps(self) -> int: ...
    def step(self, given: NDArray[Any], offsets: NDArray[np.int64] | None = None) -> NDArray[np.float32]: ...
    def state(self) -> dict[int, NDArray[Any]]: ...

@final
class FirstSpikeTape:
    def times(self, layer: int) -> NDArray[np.float32]: ...
    def marks(self, layer: int) -> NDArray[np.float32]: ...
    def spikes(self, layer: int) -> NDArray[np.int64]: ...

@final
class FirstSpike:
    def __new__(cls, plan: FirstSpikePlan, simd: str | None = None) -> FirstSpike: ...
    @property
    def simd(self) -> str: ...
    def forward(
        self, weights: Sequence[NDArray[np.float32]], times: NDArray[np.float32], threads: int
    ) -> FirstSpikeTape: ...
    def backward(
        self,
        weights: Sequence[NDArray[np.float32]],
        tape: FirstSpikeTape,
        gradient: NDArray[np.float32],
        rule: GradientRule,
        threads: int,
    ) -> tuple[list[NDArray[np.float32]], NDArray[np.float32] | None]: ...
    def decide(
        self, weights: Sequence[NDArray[np.float32]], times: NDArray[np.float32], threads: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]: ...

@type_check_only
class _Rows(Protocol[_Number_co]):
    @property
    def current(self) -> NDArray[_Number_co]: ...
    @property
    def spikes(self) -> NDArray[_Number_co]: ...
    @property
    def rate(self) -> NDArray[_Number_co]: ...

@type_check_only
class _Derived(Protocol[_Number_co]):
    @property
    def current(self) -> NDArray[_Number_co]: ...
    @property
    def arriving(self) -> NDArray[_Number_co]: ...
    @property
    def leaving(self) -> NDArray[_Number_co]: ...

@type_check_only
class _Clipped(Protocol[_Number_co]):
    @property
    def current(self) -> NDArray[_Number_co]: ...
    @property
    def noise(self) -> NDArray[_Number_co] | None: ...
    @property
    def value(self) -> NDArray[_Number_co]: ...

class _ClipDerived(Protocol[_Number_co]):
    @property
    def current(self) -> NDArray[_Number_co]: ...
    @property
    def value(self) -> NDArray[_Number_co]: ...
    @property
    def arriving(self) -> NDArray[_Number_co]: ...
    @property
    def leaving(self) -> NDArray[_Number_co]: ...

class _Normalised(Protocol[_Number_co]):
    @property
    def values(self) -> NDArray[_Number_co]: ...
    @property
    def arriving(self) -> NDArray[_Number_co]: ...
    @property
    def leaving(self) -> NDArray[_Number_co]: ...

class _NormChannels(Protocol):
    @property
    def mean(self) -> NDArray[np.float32]: ...
    @property
    def inverse(self) -> NDArray[np.float32]: ...
    @property
    def weight(self) -> NDArray[np.float32]: ...

class _Channels(Protocol):
    @property
    def threshold(self) -> NDArray[np.float32]: ...
    @property
    def start(self) -> NDArray[np.float32]: ...

def adam(
    step: AdamStep,
    moments: Moments,
    threads: int,
    simd: str | None = None,
) -> None: ...
def clip(
    arrays: _Clipped[np.float32] | _Clipped[np.uint16],
    threshold: NDArray[np.float32],
    levels: int | None,
    threads: int,
    simd: str | None = None,
) -> None: ...
def clip_backward(
    arrays: _ClipDerived[np.float32] | _ClipDerived[np.uint16],
    threshold: NDArray[np.float32],
    levelled: bool,
    threads: int,
    simd: str | None = None,
) -> NDArray[np.float32]: ...
def integrate(
    arrays: _Rows[np.float32] | _Rows[np.uint16],
    channels: _Channels,
    steps: int,
    threads: int,
    simd: str | None = None,
) -> None: ...
def integrate_backward(
    arrays: _Derived[np.float32] | _Derived[np.uint16],
    channels: _Channels,
    steps: int,
    threads: int,
    simd: str | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...
def norm_backward(
    arrays: _Normalised[np.float32] | _Normalised[np.uint16],
    channels: _NormChannels,
    frozen: bool,
    threads: int,
    simd: str | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...
def loihi_cores(
    layers: Sequence[Sequence[int]], links: Sequence[Sequence[int]], limits: Sequence[int]
) -> tuple[list[int], list[int], list[bool]]: ...
def truenorth_blocks(
    shapes: Sequence[Sequence[int]],
    links: Sequence[Sequence[int]],
    edges: Sequence[Sequence[int]],
    limits: Sequence[int],
) -> tuple[list[tuple[int, int, int, int]], list[int]]: ...
def speck_cores(
    shapes: Sequence[Sequence[int]], kernels: Sequence[Sequence[int]], rooms: Sequence[Sequence[int]]
) -> tuple[list[int], list[int], list[bool], list[int | None]]: ...
def counted_cores(
    neurons: Sequence[int], links: Sequence[Sequence[int]], per_core: int
) -> tuple[list[int], list[int], list[int]]: ...
def interval_products(
    left: Sequence[tuple[float, float, float]], right: Sequence[tuple[float, float, float]], scale: float
) -> list[tuple[float, float, float]]: ...
def energy_totals(
    parts: Sequence[tuple[int, tuple[float, float, float]]],
    powers: Sequence[tuple[int, tuple[float, float, float]]],
    time: tuple[float, float, float] | None,
    scopes: Sequence[int],
) -> list[
    tuple[
        tuple[float, float, float],
        tuple[tuple[float, float, float], tuple[float, float, float]] | None,
    ]
]: ...
def simd_levels() -> list[str]: ...
def simd_level(simd: str | None = None) -> str: ...
def read_psnn(
    data: bytes,
) -> tuple[dict[str, Any], dict[str, tuple[str, tuple[int, ...], int, int]]]: ...

@final
class Plastic:
    def __new__(cls, plan: PlasticPlan, lazy: bool, tile: int, simd: str | None = None) -> Plastic: ...
    @property
    def simd(self) -> str: ...
    @property
    def clock(self) -> tuple[int, int]: ...
    def run(self, part: RunPart, threads: int) -> tuple[list[NDArray[np.int64]], list[int], list[list[int]]]: ...
    def save(self) -> dict[str, NDArray[Any]]: ...
    def load(self, clock: tuple[int, int], arrays: dict[str, NDArray[Any]]) -> None: ...
    def weights(self, projection: int) -> NDArray[np.float32]: ...
    def set_weights(self, projection: int, weights: NDArray[np.float32]) -> None: ...
    def connectivity(self, projection: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]: ...
    def reward(self, projection: int, amount: float) -> None: ...
    def trace(self, projection: int, name: str) -> NDArray[np.float32]: ...
