"""Work out the plan of a plastic network for a time step."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, PlanError
from pysnn.plastic.cell_parts import Conductance
from pysnn.plastic.connectors import AllToAll, FixedProbability, OneToOne, Synapses, Uniform
from pysnn.plastic.network import PlasticNetwork, Projection
from pysnn.plastic.plan import MOST_STEPS, CellPlan, ChangePlan, KernelPlan, PlasticPlan, PopulationPlan, ProjectionPlan
from pysnn.plastic.populations import IFCells, LIFCells, PoissonSource, Population, SpikeSource
from pysnn.plastic.rules.base import Change, Kernel
from pysnn.plastic.tables import check_decay, decay, gap_table, power_table, trace_table

__all__ = ["compile_plastic", "projection_plan", "thresholds_of"]

_RAREST = 1e-9


def compile_plastic(network: PlasticNetwork, dt: float, seed: int) -> PlasticPlan:
    """Return the plan of a network.

    Raises
    ------
    PlanError
        ``dt`` does not fit a time constant or a rate; the message names it.

    Examples
    --------
    >>> compile_plastic(PlasticNetwork.of(a=PoissonSource(3, rate=10.0)), 1e-3, 0).populations[0].keep
    0
    """
    places = {name: k for k, name in enumerate(network.populations)}
    keeps = [max((p.delay for p in network.projections.values() if p.pre == name), default=0) for name in places]
    populations = [_population(name, population, dt) for name, population in network.populations.items()]
    projections = tuple(projection_plan(name, one, network, dt) for name, one in network.projections.items())
    numbered = tuple(replace(one, stream=k, keep=keeps[k]) for k, one in enumerate(populations))
    return PlasticPlan(dt, seed, numbered, projections)


def thresholds_of(rates: NDArray[np.float64], dt: float, what: str) -> NDArray[np.uint64]:
    """Return ``rint(p 2^32)`` of rates in Hz.

    Raises
    ------
    PlanError
        A rate exceeds 1/dt.

    Examples
    --------
    >>> thresholds_of(np.array([500.0]), 1e-3, "a").tolist()
    [2147483648]
    """
    p = rates * dt
    if p.size and p.max() > 1:
        raise PlanError(f"{what}: rate: expected at most 1/dt = {1 / dt:.6g} Hz, got {rates.max():.6g}")
    return np.rint(p * 2.0**32).astype(np.uint64)


def _population(name: str, population: Population, dt: float) -> PopulationPlan:
    part = PopulationPlan(name, population.size, 0, 0)
    fields: dict[str, object] = {}
    if isinstance(population, PoissonSource) and isinstance(population.rate, float):
        fields |= _one_rate(name, population.rate, dt)
    elif isinstance(population, PoissonSource):
        fields["thresholds"] = thresholds_of(population.rate, dt, name)
    elif isinstance(population, SpikeSource):
        fields["given"] = _given(name, population, dt)
    else:
        assert isinstance(population, IFCells | LIFCells)
        fields["cells"] = _cells(name, population, dt)
    return replace(part, **fields)  # type: ignore[arg-type]


def _one_rate(name: str, rate: float, dt: float) -> dict[str, object]:
    thresholds_of(np.array([rate]), dt, name)
    if rate == 0:
        return {"given": np.zeros((0, 2), dtype=np.int64)}
    if rate * dt < _RAREST:
        raise PlanError(f"{name}: rate: expected 0 or at least {_RAREST / dt:.3g} Hz with dt={dt} s, got {rate}")
    return {"gaps": gap_table(rate * dt)}


def _given(name: str, source: SpikeSource, dt: float) -> NDArray[np.int64]:
    steps = np.rint(source.times / dt)
    if steps.size and steps.max() >= MOST_STEPS:
        raise PlanError(f"{name}: expected times below {MOST_STEPS} steps, got {source.times.max()} s with dt={dt} s")
    spikes = np.stack([steps.astype(np.int64), source.indices], axis=1)
    spikes = np.ascontiguousarray(spikes[np.lexsort((spikes[:, 1], spikes[:, 0]))])
    twice = (np.diff(spikes, axis=0) == 0).all(axis=1) if len(spikes) > 1 else np.zeros(0, dtype=bool)
    if twice.any():
        step, index = spikes[1:][twice][0]
        raise DataError(
            f"{name}: expected one spike of a source in a step at most, got two of source {index} in step {step}"
        )
    return spikes


def _cells(name: str, cells: IFCells | LIFCells, dt: float) -> CellPlan:
    synapses, tau = cells.synapses, cells.tau
    _check_times(name, cells, dt)
    leak = 1.0 if tau is None else decay(dt / tau)
    gain = dt if tau is None else 1.0 - leak
    kind = "delta" if synapses is None else "conductance" if isinstance(synapses, Conductance) else "current"
    if isinstance(synapses, Conductance) and tau is not None:
        gain = dt / tau
    decays = (
        [0.0, 0.0] if synapses is None else [decay(dt / synapses.tau_excitatory), decay(dt / synapses.tau_inhibitory)]
    )
    reversals = [0.0, 0.0]
    if isinstance(synapses, Conductance):
        reversals = [synapses.reversal_excitatory - cells.v_rest, synapses.reversal_inhibitory - cells.v_rest]
    drive = cells.drive if kind == "conductance" else gain * cells.drive
    rise = cells.adaptive.plus if cells.adaptive is not None else 0.0
    levels = [cells.v_threshold - cells.v_rest, cells.v_reset - cells.v_rest]
    constants = np.array([leak, gain, drive, *levels, *decays, *reversals, rise], dtype=np.float32)
    table = None if cells.adaptive is None else trace_table(dt, cells.adaptive.tau, f"{name}: adaptive: tau")
    refractory = round(cells.refractory / dt)
    if cells.refractory > 0 and refractory == 0:
        raise PlanError(f"{name}: refractory: expected 0 or at least dt/2, got {cells.refractory} s with dt={dt} s")
    if refractory > 2**20:
        raise PlanError(f"{name}: refractory: expected at most 2^20 steps, got {refractory}")
    return CellPlan(kind, constants, refractory, table)


def _check_times(name: str, cells: IFCells | LIFCells, dt: float) -> None:
    """Check that something of a potential and of a synapse is left after a step, as of a trace."""
    synapses = cells.synapses
    times = {"tau": cells.tau}
    if synapses is not None:
        times |= {"tau_excitatory": synapses.tau_excitatory, "tau_inhibitory": synapses.tau_inhibitory}
    for what, tau in times.items():
        if tau is not None:
            check_decay(dt, tau, f"{name}: {what}")


def projection_plan(
    name: str, projection: Projection, network: PlasticNetwork, dt: float | None = None
) -> ProjectionPlan:
    """Return the plan of one projection; its synapses and first weights do not depend on ``dt``, and without it there is no rule."""
    places = list(network.populations)
    connector, weight = projection.connector, projection.weight
    recipes = {FixedProbability: "probability", AllToAll: "all", OneToOne: "one", Synapses: "given"}
    low, high, weight_seed = (
        (weight.low, weight.high, weight.seed) if isinstance(weight, Uniform) else (weight or 0.0, weight or 0.0, 0)
    )
    sizes = (network.populations[projection.pre].size, network.populations[projection.post].size)
    return ProjectionPlan(
        name=name,
        pre=places.index(projection.pre),
        post=places.index(projection.post),
        delay=int(projection.delay),
        inhibitory=projection.inhibitory,
        recipe=recipes[type(connector)],
        gaps=gap_table(connector.p) if isinstance(connector, FixedProbability) else np.zeros(0, dtype=np.uint64),
        seed=connector.seed if isinstance(connector, FixedProbability) else 0,
        given=connector if isinstance(connector, Synapses) else None,
        low=np.float32(low),
        span=np.float32(np.float64(high) - np.float64(low)),
        high=np.float32(high),
        weight_seed=weight_seed,
        kernel=None if projection.rule is None or dt is None else _kernel(name, projection.rule.kernel(), dt),
        sizes=sizes,
    )


def _kernel(name: str, kernel: Kernel, dt: float) -> KernelPlan:
    traces = (kernel.x, kernel.y, kernel.x2, kernel.y2)
    tables = [None if t is None else trace_table(dt, t.tau, f"{name}: rule") for t in traces]
    assert tables[0] is not None
    assert tables[1] is not None
    return KernelPlan(
        x=tables[0],
        y=tables[1],
        x2=tables[2],
        y2=tables[3],
        c=None if kernel.tau_c is None else trace_table(dt, kernel.tau_c, f"{name}: rule: tau_c"),
        nearest=(
            kernel.x.nearest,
            kernel.y.nearest,
            bool(kernel.x2 and kernel.x2.nearest),
            bool(kernel.y2 and kernel.y2.nearest),
        ),
        pre=_change(kernel.pre),
        post=_change(kernel.post),
        w_max=np.float32(kernel.w_max),
        inverse=np.float32(1.0 / float(np.float32(kernel.w_max))),
        eta=np.float32(kernel.eta),
        exclusive=kernel.coincidence == "exclusive",
        restricted=kernel.restricted,
    )


def _change(change: Change) -> ChangePlan:
    amounts = np.array([change.pair, change.triplet, change.offset], dtype=np.float32)
    power = None if change.dependence == "none" or change.mu == 1.0 else power_table(change.mu)
    return ChangePlan(amounts, change.dependence, power, change.split)
