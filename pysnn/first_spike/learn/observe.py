"""What a training shows to someone who reads its history: sentences, each with what to try."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pysnn.first_spike.network import FirstSpikeNetwork

__all__ = ["Row", "dead_neurons", "early_inputs", "loss_climbs", "notes", "nothing_learned", "silent_outputs", "ties"]

Row: TypeAlias = Mapping[str, Any]
"""A row of the history, schema "training"."""

DEAD = 0.05
SILENT = 0.01
TIES = 0.1
CLIMB = 1.1
"""The loss climbs where it ends so many times higher than it was."""
STANDS = 0.02
ALL_RIGHT = 0.99
EARLY = 0.25
"""Share of the window in which spikes are early."""
MOST = 0.5
FEWEST = 3
"""Epochs before anything is said of how a training goes."""


def notes(rows: Sequence[Row], most_frequent: float) -> tuple[str, ...]:
    """Return what the history says, a sentence each; ``most_frequent`` is the share of the most frequent class.

    Examples
    --------
    >>> row = {"loss": 0.1, "accuracy": 0.9, "dead": 0.16, "silent": 0.0, "ties": 0.0}
    >>> notes([row], 0.1)
    ('dead neurons: 16 % fired in no sample of the last epoch, and do nothing; a lower learning rate keeps more of them alive',)
    """
    if not rows:
        return ()
    learning = nothing_learned(rows, most_frequent) or loss_climbs(rows)
    checks: tuple[Callable[[Row], str], ...] = (dead_neurons, silent_outputs, ties)
    return tuple(text for text in (learning, *(check(rows[-1]) for check in checks)) if text)


def loss_climbs(rows: Sequence[Row]) -> str:
    """Return a sentence if the loss ends well above the least that it was, and the accuracy did not rise meanwhile; else "".

    Where all but every sample is right it does not matter.
    """
    if len(rows) < FEWEST:
        return ""
    least, last = min(rows, key=lambda row: float(row["loss"])), rows[-1]
    change = last["accuracy"] - least["accuracy"]
    if not last["loss"] > CLIMB * least["loss"] or change > STANDS or last["accuracy"] > ALL_RIGHT:
        return ""
    does = "falls" if change < -STANDS else "stands"
    span = f"from {least['loss']:.3g} in epoch {least['epoch']} to {last['loss']:.3g}"
    shares = f"({_percent(least['accuracy'])} to {_percent(last['accuracy'])})"
    return f"the loss climbs, {span}, while the accuracy {does} {shares}; a lower learning rate is worth a try"


def nothing_learned(rows: Sequence[Row], most_frequent: float) -> str:
    """Return a sentence if no epoch was better than always naming the most frequent class; else ""."""
    best = max(row["accuracy"] for row in rows)
    if len(rows) < FEWEST or best > most_frequent + STANDS:
        return ""
    return (
        f"nothing was learned: in {len(rows)} epochs the accuracy reached {_percent(best)}, and always naming the most frequent class "
        f"gives {_percent(most_frequent)}; look at the labels and at the scale and background of the data, then try another learning rate"
    )


def dead_neurons(row: Row) -> str:
    """Return a sentence if many neurons fired in no sample of an epoch; else ""."""
    if row["dead"] < DEAD:
        return ""
    share = _percent(row["dead"])
    return f"dead neurons: {share} fired in no sample of the last epoch, and do nothing; a lower learning rate keeps more of them alive"


def silent_outputs(row: Row) -> str:
    """Return a sentence if samples have no output spike; else ""."""
    if row["silent"] < SILENT:
        return ""
    return (
        f"silent outputs: {_percent(row['silent'])} of the samples of the last epoch had no output spike, which counts as wrong; "
        "more epochs or a lower learning rate may mend it, and samples without any input spike never have one"
    )


def ties(row: Row) -> str:
    """Return a sentence if the first output spikes are often two at the same time; else ""."""
    if row["ties"] < TIES:
        return ""
    return (
        f"ties: in {_percent(row['ties'])} of the samples of the last epoch the first output spikes were two or more at the same time, and "
        "time decided nothing; whole steps tie less if there are more of them, windows of time if the first weights are smaller"
    )


def early_inputs(network: FirstSpikeNetwork, times: NDArray[np.float32]) -> str:
    """Return a sentence if most inputs spike as early as they can, which a bright background makes them do; else "".

    Where every value has two inputs half of them spike early, whatever the data.
    """
    end = network.steps - 1 if network.neuron == "step" else 1
    share = float((times <= EARLY * end).mean())
    if share <= MOST or network.coding == "both":
        return ""
    other = "bright" if network.coding == "dark" else "dark"
    return (
        f"{network.coding} background: {_percent(share)} of the inputs spike in the first quarter of the window, and neurons fire before "
        f"the others have come; invert the data, or draw the network with coding='{other}'"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
