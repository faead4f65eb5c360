"""The job ``stdp-estimate``: run a plastic network with some values changed, and estimate the run on chips; one row a chip."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pysnn.hardware import estimate
from pysnn.hardware.plastic.processor import PROCESSOR
from pysnn.sweep.jobs.estimate_run import costs
from pysnn.sweep.jobs.plastic_run import PlasticRun

__all__ = ["PlasticEstimateRun"]


@dataclass(frozen=True, kw_only=True)
class PlasticEstimateRun(PlasticRun):
    """A run of a sweep as :class:`PlasticRun`, estimated on chips."""

    schema: ClassVar[str] = "sweep_stdp_estimate"

    chips: tuple[str, ...] = ()

    def digest_of(self, part: str) -> str:
        """Return the digest of the base spec, its network's file, and the chips."""
        return hashlib.sha256(" ".join([super().digest_of(part), *self.chips]).encode()).hexdigest()

    def __call__(self, params: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
        """Run one point; what is random in it hangs on the seeds of the spec alone."""
        del seed
        network, result, _ = self.ran(params, keep_state=False)
        activity = result.activity
        found = estimate(network, activity, chips=self.chips)
        counted = {
            "spikes": activity.total("spikes"),
            "synops": activity.synops,
            "neuron_updates": activity.total("neuron_updates"),
            "plastic_updates": activity.updates,
        }
        made = {**self.made(params, result), **counted}
        return [{**made, "chip": chip, **costs(found, chip, (PROCESSOR,))} for chip in self.chips]
