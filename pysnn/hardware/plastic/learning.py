"""What a chip can learn by itself, and the rows of one that cannot do what a run did."""

from typing import Any

from pysnn.hardware.case import Case
from pysnn.hardware.mapping.placement import Violation
from pysnn.hardware.rows import not_priced
from pysnn.plastic.activity import PlasticActivity
from pysnn.plastic.network import PlasticNetwork
from pysnn.plastic.rules.base import Change, Kernel, Rule

__all__ = ["learning_violations", "refused_rows"]


def learning_violations(network: PlasticNetwork, activity: PlasticActivity, case: Case) -> list[Violation]:
    """Return a violation for each projection that learned in the run by what the chip has no engine for.

    A run with ``learn=False`` has none: it is inference, which any chip is priced for.
    """
    if not activity.learned_steps:
        return []
    learned = {one.name: one for one in activity.projections}
    found = []
    for name, projection in network.projections.items():
        if projection.rule is not None and (why := _refusal(case, projection.rule)):
            one = learned[name]
            found.append(Violation(name, why, 0, one.pre_updates + one.post_updates + one.reward_updates))
    return found


def refused_rows(case: Case, broken: list[Violation]) -> list[dict[str, Any]]:
    """Return the rows of a chip that cannot run the network as it ran: no totals, with the reason."""
    why = "; ".join(dict.fromkeys(violation.rule for violation in broken))
    label = case.label(scope="chip", source=f"{why}: a run with learn=False is priced as inference")
    terms = (("energy_total", "pJ"), ("power", "mW"), ("energy_delay", "pJ ms"), ("latency", "ms"))
    return [not_priced(label.but(term=term, unit=unit)) for term, unit in terms]


def _refusal(case: Case, rule: Rule) -> str:
    """Return why a chip cannot learn by a rule; "" where it can."""
    learning, title = case.chip.learning, case.chip.title
    if learning is None:
        return f"learning: no learning engine is known of {title}"
    if learning.forms == "none":
        return f"learning: {title} has no learning engine"
    if learning.forms == "own":
        return f"learning: {title} has {learning.engine}, not {rule.title}"
    if learning.forms == "products" and not _is_product(rule.kernel()):
        return f"learning: {title} has {learning.engine}, which {rule.title} with these parameters is not"
    return ""


def _is_product(kernel: Kernel) -> bool:
    """Whether each change is a sum of products of traces and the weight: no powers of it, no comparison of times of spikes."""
    return not kernel.restricted and all(_whole(change) for change in (kernel.pre, kernel.post))


def _whole(change: Change) -> bool:
    return change.dependence == "none" or change.mu in (0.0, 1.0)
