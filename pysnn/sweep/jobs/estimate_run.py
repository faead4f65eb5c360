"""The job ``estimate``: convert a network, run it at several T, and estimate what each would cost on a chip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pysnn.hardware import Estimate, estimate
from pysnn.hardware.baselines import BASELINES
from pysnn.sweep.jobs.convert_run import ConvertRun

__all__ = ["EstimateRun", "costs"]

_BASELINE_CHIP = "cmos45"


@dataclass(frozen=True, kw_only=True)
class EstimateRun(ConvertRun):
    """A run of a sweep as :class:`ConvertRun`, whose points have a chip too; one row a T."""

    schema: ClassVar[str] = "sweep_estimate"

    def __call__(self, params: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
        """Run one point; there is no chance in it beside the calibration's own seed."""
        done = self.converted(params)
        rows = []
        for k, steps in enumerate(done.found.steps):
            found = estimate(done.found.network, done.found.activity, chips=[params["chip"]], steps=steps)
            accuracy = None if done.labels is None else done.found.accuracy[k]
            run = {"steps": steps, "samples": done.found.samples, "accuracy": accuracy}
            rows.append({**done.made, **run, **costs(found, params["chip"], BASELINES)})
        return rows


def costs(found: Estimate, chip: str, beside: Sequence[str]) -> dict[str, Any]:
    """Return totals of the outermost scope that has a price, cores, how many rules are broken, and what stands beside the chip."""
    own = found.table.filter(
        (found.table["network"] == "snn") & (found.table["chip"] == chip) & (found.table["layer"] == "")
    )
    energy = own.filter(own["term"] == "energy_total").row(-1, named=True)
    same = own.filter((own["scope"] == energy["scope"]) | (own["scope"] == "chip"))
    latency, power = (same.filter(same["term"] == term).to_dicts() for term in ("latency", "power"))
    cores = [row["cores"] for row in found.mapping.to_dicts() if row["chip"] == chip]
    baselines = {name: found.total(_BASELINE_CHIP, name) for name in beside}
    return {
        "scope": energy["scope"],
        "energy_low": energy["low"],
        "energy": energy["value"],
        "energy_high": energy["high"],
        "latency": latency[-1]["value"] if latency else None,
        "power": power[-1]["value"] if power else None,
        "cores": sum(cores) if cores and None not in cores else None,
        "violations": found.violations.filter(found.violations["chip"] == chip).height,
        **{name: None if total is None else total.value for name, total in baselines.items()},
    }
