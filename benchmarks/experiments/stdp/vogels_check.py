"""The network of Vogels et al. 2011 in pysnn and in Brian2: the rates that both settle at, and how long they take, one thread each.

    python -m benchmarks.experiments.stdp.vogels_check --python PATH [--seconds 60] [--save]

PATH is a Python with brian2. Both learn ten times as fast as published, as the first part of ``vogels`` does; the rate is that of the last third.
"""

import argparse
from pathlib import Path
from typing import Any

from benchmarks.common import printed, report
from benchmarks.experiments.stdp.vogels import DT, HASTE, LEAK, SETTINGS, Setting, network
from pysnn.plastic import PlasticSimulator
from pysnn.version import __version__

__all__ = ["own", "peer"]

PEER = Path(__file__).with_name("vogels_brian2.py")


def own(setting: Setting, seconds: float) -> dict[str, Any]:
    """Run pysnn's network; the rate is counted, nothing is recorded."""
    simulator = PlasticSimulator(network(setting, 0, HASTE), dt=DT, seed=0, threads=1)
    first = simulator.run(seconds * 2 / 3)
    late = simulator.run(seconds / 3, state=first.state)
    size = simulator.network.populations["excitatory"].size
    spikes = late.counts.spikes[list(simulator.network.populations).index("excitatory")]
    return {
        "simulator": f"pysnn {__version__}",
        "rate": spikes / (size * seconds / 3),
        "weight": LEAK * float(late.weights("ie").weight.mean()),
        "seconds": first.seconds + late.seconds,
    }


def peer(python: str, setting: Setting, seconds: float) -> dict[str, Any]:
    """Run Brian2's."""
    return printed(python, "-W", "ignore", PEER, *map(str, (setting.rho0, HASTE, seconds, seconds / 3)))


def main() -> None:
    """Measure, and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--save", action="store_true", help="write benchmarks/tables/claim_stdp_vogels.parquet")
    options = parser.parse_args()
    rows = []
    for case, setting in SETTINGS.items():
        for found in (own(setting, options.seconds), peer(options.python, setting, options.seconds)):
            row = {"rho0": case, "simulator": found["simulator"], "rate, Hz": round(found["rate"], 3)}
            row |= {
                "of rho0": round(found["rate"] / setting.rho0, 3),
                "mean inhibitory weight, nS": round(found["weight"], 3),
            }
            rows.append({**row, "s a second": round(found["seconds"] / options.seconds, 3)})
    report("stdp_vogels", rows, save=options.save)


if __name__ == "__main__":
    main()
