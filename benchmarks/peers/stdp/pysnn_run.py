"""A case in pysnn."""

import time
from typing import Any

from benchmarks.peers.stdp.cases import A_MINUS, A_PLUS, KICK, REFRACTORY, TAU, THRESHOLD, Case
from pysnn.plastic import (
    FixedProbability,
    LIFCells,
    OneToOne,
    PairSTDP,
    PlasticNetwork,
    PoissonSource,
    Projection,
    Uniform,
)
from pysnn.plastic.engines import EngineOptions, make_engine
from pysnn.plastic.engines.base import RunPart
from pysnn.plastic.lower import compile_plastic

__all__ = ["network", "run"]


def network(case: Case) -> PlasticNetwork:
    """Return the case's network."""
    w_max = 2.0 * case.w0
    rule = PairSTDP(a_plus=A_PLUS, a_minus=A_MINUS, tau_plus=20e-3, tau_minus=20e-3, w_max=w_max)
    cells = LIFCells(size=case.targets, tau=TAU, v_threshold=THRESHOLD, refractory=REFRACTORY)
    inputs = PoissonSource(case.sources, rate=case.rate)
    pre, delay = ("cells", 1) if case.recurrent else ("inputs", 0)
    wires = Projection(
        pre=pre,
        post="cells",
        connector=FixedProbability(case.p, seed=1),
        weight=Uniform(0.0, w_max, seed=2),
        delay=delay,
        rule=rule,
    )
    if not case.recurrent:
        return PlasticNetwork.of(inputs=inputs, cells=cells, wires=wires)
    kicks = Projection(pre="inputs", post="cells", connector=OneToOne(), weight=KICK, delay=0)
    return PlasticNetwork.of(inputs=inputs, cells=cells, kicks=kicks, wires=wires)


def run(case: Case, **options: Any) -> dict[str, Any]:
    """Return seconds, updates and rates of one run."""
    plan = compile_plastic(network(case), case.dt, 5)
    begun = time.perf_counter()
    engine = make_engine(plan, EngineOptions(**{"threads": 1, **options}))
    built = time.perf_counter() - begun
    steps = round(case.seconds / case.dt)
    engine.run(RunPart(min(steps, 100)))
    begun = time.perf_counter()
    counts = engine.run(RunPart(steps)).counts
    seconds = time.perf_counter() - begun
    return {
        "simulator": f"pysnn {engine.name}",
        "build_s": built,
        "wall_s_per_s": seconds / case.seconds,
        "updates": sum(counts.pre_updates) + sum(counts.post_updates),
        "updates_per_s": (sum(counts.pre_updates) + sum(counts.post_updates)) / seconds,
        "rate_in": counts.spikes[0] / (case.seconds * case.sources),
        "rate_out": counts.spikes[1] / (case.seconds * case.targets),
    }
