"""Energy of memory accesses on generic CMOS, by the size of what is accessed."""

from pysnn.hardware.chip import Chip
from pysnn.hardware.counts import Counted
from pysnn.hardware.interval import ZERO, Interval

__all__ = ["POTENTIAL_BITS", "memory_energy", "spiking_memory"]

POTENTIAL_BITS = 32
"""Bits of a membrane potential, and of a sum."""

_WORD = 64


def memory_energy(chip: Chip, data: float, bits: int) -> float:
    """Return picojoules to move ``bits`` from or to an SRAM of ``data`` bytes.

    Examples
    --------
    >>> from pysnn.hardware import load_chip
    >>> memory_energy(load_chip("cmos45"), 8192, 64)
    10.0
    """
    section = chip.section("memory")
    size = max(data, 1.0) / 8192
    return float(section["sram"].value * size ** section["sram_exponent"].value * bits / _WORD)


def spiking_memory(counted: Counted, chip: Chip) -> dict[str, Interval]:
    """Return energy of weights and potentials of the spiking network, by layer.

    An addition reads a weight (8 bits), and reads and writes a potential (32 bits); an update reads and writes a potential. Low: every
    weight is read once a step at most, and a potential once a step.
    """
    found = {}
    for layer, counts in zip(counted.layers, counted.counts, strict=True):
        if layer.kind == "input":
            continue
        weights = sum(link.weight.size for link in layer.own_weights if link.weight is not None)
        weights += sum(link.connections for link in layer.links if link.kind == "sparse")
        read = memory_energy(chip, weights, 8) if weights else 0.0
        state = memory_energy(chip, layer.neurons * POTENTIAL_BITS / 8, 2 * POTENTIAL_BITS)
        synops, updates = counts.get("synops", ZERO), counts.get("updates", ZERO)
        macs = counts.get("macs", ZERO)
        low = min(synops.low, weights * max(1, counted.steps)) * read + updates.low * state
        value, high = (
            (s + m) * (read + state) + u * state for s, m, u in zip(synops[1:], macs[1:], updates[1:], strict=True)
        )
        # An arrival that changes a weight reads a trace and writes the weight; a spike of a target or a reward reads the weight too.
        learned = counts.get("pre_updates", ZERO).scaled(2.0)
        for name in ("post_updates", "reward_updates"):
            learned = learned.plus(counts.get(name, ZERO).scaled(3.0))
        found[layer.name] = Interval(min(low, value), value, high).plus(learned.scaled(read))
    return found
