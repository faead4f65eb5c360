"""One of each public class of plastic networks, for the contract of pickling."""

from typing import Any

import numpy as np

from pysnn import plastic
from pysnn.files.plastic import SavedPlastic, make_plastic_golden
from pysnn.plastic.spec import PlasticSpec

__all__ = ["plastic_values"]


def plastic_values() -> list[Any]:
    """Return a network with one of every part, a run of it, and what it is made and kept with."""
    rule = plastic.RewardSTDP(w_max=0.5)
    cells = plastic.LIFCells(size=3, adaptive=plastic.AdaptiveThreshold(plus=0.1, tau=1.0), synapses=plastic.Current())
    synapses = plastic.Synapses.of([0, 1], [1, 2], [0.1, 0.2])
    net = plastic.PlasticNetwork.of(
        inputs=plastic.PoissonSource(4, rate=np.array([10.0, 20.0, 30.0, 500.0])),
        given=plastic.SpikeSource(2, times=[1e-3], indices=[1]),
        cells=cells,
        others=plastic.LIFCells(
            size=3, synapses=plastic.Conductance(reversal_excitatory=0.0, reversal_inhibitory=-0.01)
        ),
        wires=plastic.Projection(
            pre="inputs",
            post="cells",
            connector=plastic.FixedProbability(0.5, seed=1),
            weight=plastic.Uniform(0.0, 0.5),
            delay=0,
            rule=rule,
        ),
        loop=plastic.Projection(pre="cells", post="cells", connector=plastic.AllToAll(), weight=0.1, inhibitory=True),
        on=plastic.Projection(
            pre="cells", post="others", connector=plastic.OneToOne(), weight=0.1, rule=plastic.PairSTDP()
        ),
        told=plastic.Projection(pre="given", post="cells", connector=synapses, delay=3),
    )
    watch: list[Any] = [
        plastic.Spikes("inputs"),
        plastic.Rates(0.01),
        plastic.Weights("wires", 0.01),
        plastic.Traces("wires", "x", 0.01),
    ]
    simulator = plastic.PlasticSimulator(net, dt=1e-3, seed=3, backend="reference")
    run = simulator.run(0.02, watch=watch, rewards=[(0.01, 1.0)])
    golden = make_plastic_golden(net, dt=1e-3, seconds=0.01, backend="reference")
    return [
        *(
            net,
            plastic.PlasticSimulator(net, dt=1e-3, seed=3, backend="reference"),
            simulator.plan,
            run,
            run.state,
            run.activity,
            run.weights("wires"),
            golden,
            *watch,
        ),
        *(*net.populations.values(), *net.projections.values(), *(one.connector for one in net.projections.values())),
        *(
            plastic.Uniform(0.0, 0.5),
            plastic.IFCells(size=2),
            cells.adaptive,
            cells.synapses,
            plastic.Conductance(reversal_excitatory=0.0, reversal_inhibitory=-0.01),
        ),
        *(kind() for kind in plastic.PLASTICITY.values()),
        SavedPlastic(net, run.state, golden, {"a": 1}),
        PlasticSpec(net, 1e-3, 0.02, 3, tuple(watch), ((0.01, 1.0),)),
    ]
