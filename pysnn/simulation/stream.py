"""Streams: a network that goes on from step to step, with its state inside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric, is_finite
from pysnn.backends.base import ConstantInput, Executable, FrameInput, PoissonInput, StreamStart
from pysnn.encode import Events
from pysnn.encode.batch import checked_data
from pysnn.errors import DataError
from pysnn.frozen import NotPicklable
from pysnn.network import Network
from pysnn.plan.ops import Plan
from pysnn.simulation.encoded import encoded
from pysnn.simulation.options import RunOptions, check_integer
from pysnn.simulation.result import winners
from pysnn.simulation.state import State, to_operations

__all__ = ["Step", "Stream"]


@dataclass(slots=True, eq=False)
class Step:
    """What a stream gives behind a step.

    Attributes
    ----------
    steps
        Steps done so far.
    scores
        float32 ``(samples, classes)``, as a run of so many steps has them.
    readout
        What scores are: the read-out of the network's output.
    """

    steps: int
    scores: NDArray[np.float32]
    readout: str

    @property
    def predictions(self) -> NDArray[np.int64]:
        """Predicted classes ``(samples,)``; -1 where none is decided yet: the output counts spikes, or waits for the first, and got none."""
        return winners(self.scores, self.readout)


class Stream(NotPicklable):
    """A network that goes on from step to step; made by :meth:`pysnn.Simulator.stream`.

    The steps of a stream give what one run of all of them gives, to the bit. It counts no operations and records nothing, so
    that it may go on for ever. Its :attr:`state` is a value that can be kept, pickled, and given to another stream or run.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output, Simulator
    >>> net = Network.chain({"in": Input((1,)), "if": IF(v_threshold=1.0), "out": Output("count")})
    >>> stream = Simulator(net, coding="frames").stream()
    >>> [stream.step([[value]]).scores.item() for value in (0.5, 0.75, 0.25, 0.5)]
    [0.0, 1.0, 1.0, 2.0]
    >>> stream.state.arrays["if"].ravel().tolist(), stream.steps
    ([0.0], 4)
    """

    def __init__(self, network: Network, compiled: tuple[Plan, Executable], options: RunOptions, samples: int) -> None:
        plan, executable = compiled
        state = options.state
        check_integer("samples", samples, 1, 2**31 - 1)
        if plan.window is not None:
            raise DataError("stream: a network of FirstSpike neurons takes no steps, each sample is one pass; use run")
        for name in ("probe", "record", "record_potentials"):
            if getattr(options, name):
                raise DataError(f"stream: {name}: a stream records nothing; runs do")
        start = StreamStart(
            int(samples),
            int(options.seed),
            None if state is None else to_operations(state, plan, int(samples)),
            0 if state is None else state.steps,
        )
        self._network, self._plan, self._options = network, plan, options
        self._engine = executable.stream(start)
        self._step = self._engine.step
        self._steps = start.steps
        self._samples = int(samples)
        self._readout = network.output.readout
        self._shape = (self._samples, *network.input.shape)
        self._as_is = options.coding in ("constant", "frames") and not network.input.normalises
        self._bounds = np.arange(self._samples + 1)
        ways: dict[str, Callable[[Any], tuple[NDArray[Any], ...]]] = {"spikes": self._spikes, "events": self._events}
        self._convert = ways.get(options.coding, self._values)

    @property
    def steps(self) -> int:
        """Steps done so far, those behind the state that it began with included."""
        return self._steps

    @property
    def samples(self) -> int:
        """How many samples go through it side by side."""
        return self._samples

    @property
    def state(self) -> State:
        """Where it stands; the same as the state of a run."""
        arrays = self._engine.state()
        return State(self._steps, {node: arrays[k] for node, k in self._plan.stateful.items()})

    def step(self, x: Any) -> Step:
        """Take one time-step.

        Parameters
        ----------
        x
            What enters at this step, ``(samples, ...)`` in the shape of the network's input; without the axis of samples where
            there is one of them. By the coding: the values that are held ("constant"), a frame, rates, or spikes. For coding
            "events" :class:`~pysnn.encode.Events` of this one step, or, for one sample, the numbers of the inputs that spike.

        Returns
        -------
        Step
            Scores and predictions behind it.

        Raises
        ------
        DataError, RangeError
            The input does not fit, which changes nothing; or a potential has left its range, which ends the stream.
        """
        scores = self._step(x) if self._as_is and self._fits(x) else self._step(*self._convert(x))
        self._steps += 1
        return Step(self._steps, scores, self._readout)

    def _fits(self, x: Any) -> bool:
        """Say if values can enter as they are."""
        same = type(x) is np.ndarray and x.dtype == np.float32 and x.shape == self._shape
        return same and x.flags.c_contiguous and is_finite(x)

    def _values(self, x: Any) -> tuple[NDArray[Any], ...]:
        """Return the values of one step as they enter, checked."""
        given = _with_samples(as_numeric(x, f"Input '{self._network.input_name}'"), self._shape)
        frames = self._options.coding == "frames"
        if frames:
            self._check_shape(given)
        data = checked_data(
            given[None] if frames else given, self._network.input, self._network.input_name, self._options.coding
        )
        self._check_samples(data.samples)
        part, spec = (0, data.samples), self._plan.ops[0].spec
        entering = encoded(self._network.input, data, part, spec=spec, steps=1, options=self._options)
        if isinstance(entering, PoissonInput):
            return (entering.rates,)
        assert isinstance(entering, ConstantInput | FrameInput)
        return (entering.values if isinstance(entering, ConstantInput) else entering.frames,)

    def _spikes(self, x: Any) -> tuple[NDArray[Any], ...]:
        """Return the spikes of one step, given as counts, as they enter."""
        name, spec = f"Input '{self._network.input_name}'", self._plan.ops[0].spec
        given = _with_samples(as_numeric(x, name), self._shape)
        self._check_shape(given)
        if given.dtype.kind not in "bu" or given.dtype.itemsize > 1:
            return self._packed(Events.from_dense(given[None]))
        counts = given.reshape(self._samples, spec.size)
        sample, index = counts.nonzero()
        found = counts[sample, index]
        most = int(found.max(initial=0))
        if most > 1:
            self._check_most(most)
            sample, index = np.repeat(sample, found), np.repeat(index, found)
        offsets = np.searchsorted(sample, self._bounds)
        return index.astype(np.uint32), offsets

    def _events(self, x: Any) -> tuple[NDArray[Any], ...]:
        """Return the events of one step, in any form, as they enter."""
        return self._packed(x) if isinstance(x, Events) else self._numbers(x)

    def _packed(self, events: Events) -> tuple[NDArray[Any], ...]:
        """Return the events of one step as they enter, checked."""
        data = checked_data(events, self._network.input, self._network.input_name, "events")
        self._check_samples(data.samples)
        self._check_most(events.most_at_once())
        offsets, index = events.packed(1, self._plan.ops[0].spec.size)
        return index, offsets

    def _numbers(self, x: Any) -> tuple[NDArray[Any], ...]:
        """Return the events of one sample's step, given as the numbers of its inputs, as they enter."""
        name, size = f"Input '{self._network.input_name}'", self._plan.ops[0].spec.size
        given = as_numeric(x, name)
        if self._samples > 1 or given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
            raise DataError(
                f"{name}: expected pysnn.Events of one step or, for one sample, a vector of the inputs that spike, "
                f"got {given.dtype} {given.shape} for {self._samples} samples"
            )
        index = np.sort(given)
        if index.size and not (index[0] >= 0 and index[-1] < size):
            bad = index[0] if index[0] < 0 else index[-1]
            raise DataError(f"{name}: an event has index {bad}, and there are {size} inputs")
        allowed = self._plan.ops[0].spec.max_count
        if (index[allowed:] == index[: len(index) - allowed]).any():
            self._check_most(Events.from_lists([(np.zeros_like(index), index)]).most_at_once())
        return index.astype(np.uint32), np.array([0, len(index)], dtype=np.int64)

    def _check_most(self, most: int) -> None:
        allowed = self._plan.ops[0].spec.max_count
        if most > allowed:
            raise DataError(
                f"Input '{self._network.input_name}': expected at most {allowed} events of one input a step, got {most}; "
                f"open the stream with max_count={most}"
            )

    def _check_shape(self, given: NDArray[Any]) -> None:
        if given.shape != self._shape:
            raise DataError(f"Input '{self._network.input_name}': expected {self._shape} a step, got {given.shape}")

    def _check_samples(self, samples: int) -> None:
        if samples != self._samples:
            raise DataError(
                f"Input '{self._network.input_name}': expected {self._samples} samples a step, got {samples}"
            )


def _with_samples(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return one sample that came without its axis with it."""
    return array[None] if shape[0] == 1 and array.shape == shape[1:] else array
