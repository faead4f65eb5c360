"""Two passes for few steps: a first one says which neurons will fire too often or too rarely, the second one is read.

``docs/two_pass.md`` has the formulas, their sources, and what each is worth.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np

from pysnn.encode.batch import checked_data, checked_labels
from pysnn.encode.scale import warn_of_scale
from pysnn.errors import DataError, PlanError
from pysnn.keywords import keywords_of, show_keywords
from pysnn.network import Network
from pysnn.plan.ops import DelayOp, NeuronOp, OutputOp, Plan
from pysnn.simulation.merge import merge_outputs
from pysnn.simulation.options import RunKeywords, RunOptions, check_integer
from pysnn.simulation.passes import Passes, depths_of
from pysnn.simulation.residuals import is_plain
from pysnn.simulation.result import Result
from pysnn.simulation.simulator import Simulator
from pysnn.simulation.steps import MAX_STEPS, checked_steps
from pysnn.simulation.undecided import count_undecided, last_neurons

__all__ = ["TWO_PASS_METHODS", "latency_steps", "run_two_pass"]

TWO_PASS_METHODS = ("residual", "offset", "offset-by-layer")
"""What can be done between the passes."""

LEFT_OUT = (
    "coding",
    "seed",
    "state",
    "keep_state",
    "count_by_step",
    "probe",
    "record",
    "record_potentials",
    "profile",
)
"""Options of a run that two passes do not take."""


@show_keywords(keywords_of(RunOptions, without=LEFT_OUT))
def run_two_pass(
    network: Network,
    x: Any,
    *,
    steps: int | Sequence[int],
    lead: int,
    method: str = "residual",
    labels: Any = None,
    **options: Unpack[RunKeywords],
) -> Result:
    """Run a converted network twice on each sample: ``lead`` steps, then ``steps`` steps from initial potentials that the first pass chose.

    Parameters
    ----------
    network
        A spiking network of :class:`~pysnn.IF` neurons that subtract their threshold, with a constant input.
    x
        ``(samples, ...)``, as in :func:`pysnn.run`.
    steps
        Number of steps of the second pass, T, or several, at which it is read.
    lead
        Number of steps of the first pass.
    method
        "residual": neurons whose potential the first pass left below 0 are silent in the second (Hao et al., AAAI 2023).
        "offset": neurons that fired once too often, or too rarely, start lower, or higher, by a threshold or more (Hao et al., ICLR 2023),
        all of them found in one first pass. "offset-by-layer": the same, where each layer's first pass takes the corrected spikes of the
        layers before it; it has to be of at most T steps.
    labels
        Classes, integers ``(samples,)``.
    **options
        Fields of :class:`~pysnn.simulation.options.RunOptions`, but for coding, states and what is recorded. ``batch_size`` bounds the memory.

    Returns
    -------
    Result
        Its ``steps`` are ``lead + T``, what each layer computes, and so are all its counts: both passes, and ``updates`` for what is done between them
        (one for each neuron; of the offset methods one more at each step of the first pass). ``silent`` and ``saturated`` are the second pass's.
        What does not change from step to step is computed once. :func:`latency_steps` says after how many steps there is a result.

    Raises
    ------
    DataError, PlanError, RangeError, BackendError
        What was expected, what came, and where.

    Examples
    --------
    >>> from pysnn import IF, Input, Linear, Network, Output
    >>> net = Network.chain({"in": Input((1,)), "if": IF(v_init=0.5), "fc": Linear([[1.0]]), "out": Output()})
    >>> result = run_two_pass(net, np.float32([[0.75]]), steps=[1, 2], lead=2, backend="reference")
    >>> result.steps, result.scores.ravel().tolist(), result.total("updates").tolist()
    ((3, 4), [1.0, 1.0], [4, 5])
    """
    started = time.perf_counter()
    for name in LEFT_OUT:
        if name in options:
            raise DataError(f"two passes: expected none of {', '.join(LEFT_OUT)}, got {name}")
    simulator = Simulator(network, **options)
    read_at = checked_steps(steps)
    plan = simulator.plan()
    check_integer("lead", lead, 1, MAX_STEPS - read_at[-1])
    _check(network, plan, method, lead, read_at)
    data = checked_data(x, network.input, network.input_name, "constant")
    given = data.data
    assert isinstance(given, np.ndarray)
    if simulator.options.check_range:
        warn_of_scale(network.input, given)
    if labels is not None:
        labels = checked_labels(labels, data.samples, plan.ops[-1].spec.size, plan.ops[-1].node)
    passes = Passes(simulator, plan, read_at, int(lead))
    size, progress = simulator.options.batch_size, simulator.options.progress
    outputs, ends = [], []
    for start in range(0, data.samples, size):
        part = given[start : start + size]
        output, end = passes.by_layer(part) if method == "offset-by-layer" else passes.together(part, method)
        outputs.append(output)
        ends.append(end)
        if progress is not None:
            progress(start + len(part), data.samples)
    merged = merge_outputs(outputs)
    # No spike of the first pass reaches the read-out.
    undecided = count_undecided(merge_outputs(ends), plan, last_neurons(plan)) if simulator.options.count else None
    return replace(
        passes.last,
        steps=tuple(passes.lead + at for at in read_at),
        scores=merged.scores,
        counts=merged.counts,
        sample_counts=merged.by_sample,
        last_state=None,
        labels=labels,
        wall_s=time.perf_counter() - started,
        undecided=undecided,
    )


def latency_steps(plan: Plan, lead: int, steps: int, method: str = "residual") -> int:
    """Return after how many steps the result is there: ``lead + steps``, or by layer ``lead`` for each layer on the longest path, and ``steps``.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output, Simulator
    >>> net = Network.chain({"in": Input((1,)), "a": IF(), "b": IF(), "out": Output("count")})
    >>> [latency_steps(Simulator(net).plan(), 4, 2, name) for name in ("offset", "offset-by-layer")]
    [6, 10]
    """
    _check_method(method)
    return steps + lead * (max(depths_of(plan).values(), default=1) if method == "offset-by-layer" else 1)


def _check_method(method: str) -> None:
    if method not in TWO_PASS_METHODS:
        raise DataError(f"method: expected one of {', '.join(TWO_PASS_METHODS)}, got {method!r}")


def _check(network: Network, plan: Plan, method: str, lead: int, read_at: tuple[int, ...]) -> None:
    """Refuse what the methods are not made for, by name."""
    _check_method(method)
    if plan.window is not None or not plan.spiking:
        raise PlanError(
            "two passes: expected a network of IF neurons, got one whose neurons have windows or never fire"
        )
    for node, k in plan.spiking.items():
        op = plan.ops[k]
        assert isinstance(op, NeuronOp)
        if not is_plain(op):
            raise PlanError(
                f"two passes: expected IF neurons that fire once a step at most and subtract their threshold, without leak, floor "
                f"and refractory steps, got {network.nodes[node].title} '{node}'"
            )
    end = plan.ops[-1]
    assert isinstance(end, OutputOp)
    if end.readout == "first_spike":
        raise PlanError("two passes: expected an output that is read as a mean, a sum or a count, got 'first_spike'")
    if method == "offset-by-layer":
        if any(isinstance(op, DelayOp) for op in plan.ops):
            raise PlanError(
                "two passes by layer: expected a network without delays, got one with them; use method 'offset'"
            )
        if lead > read_at[0]:
            raise DataError(
                f"lead: by layer each first pass takes spikes of second passes, expected at most {read_at[0]} steps, got {lead}"
            )
