"""ANNs of the same shape on 45 nm CMOS: float32, int8, int8 that skips zeros, and activations of log2(T + 1) bits."""

import math
from dataclasses import dataclass
from typing import Any

from pysnn.hardware.chip import Chip
from pysnn.hardware.counts import Counted
from pysnn.hardware.interval import ZERO, Interval, exactly
from pysnn.hardware.layers import HardwareLayer
from pysnn.hardware.pricing.memory import POTENTIAL_BITS, memory_energy
from pysnn.hardware.rows import Label, not_priced, priced

__all__ = ["BASELINES", "baseline_rows", "low_bits"]

BASELINES = ("ann_float32", "ann_int8", "ann_int8_zero_skip", "ann_low_bits")
"""Networks that every estimate has beside the spiking one, on chip "cmos45"."""


@dataclass(frozen=True)
class _Format:
    """Bits of weights and activations, and picojoules of a multiplication with its addition."""

    weights: int
    activations: int
    mac: float
    skips: bool
    source: str


def low_bits(steps: int) -> int:
    """Return the bits that hold 0 to ``steps`` spikes: ``ceil(log2(steps + 1))``.

    Examples
    --------
    >>> [low_bits(steps) for steps in (1, 3, 4, 255)]
    [1, 2, 3, 8]
    """
    return max(1, math.ceil(math.log2(steps + 1)))


def _formats(chip: Chip, steps: int) -> dict[str, _Format]:
    prices = {name: q.value for name, q in chip.section("operations").items()}
    source = chip.source
    bits = low_bits(max(1, steps))
    low = prices["mul_int8"] * bits / 8 + prices["add_int32"]
    return {
        "ann_float32": _Format(32, 32, prices["mac_float32"], False, f"float32 MAC: {source}"),
        "ann_int8": _Format(8, 8, prices["mac_int8"], False, f"int8 MAC: {source}"),
        "ann_int8_zero_skip": _Format(
            8, 8, prices["mac_int8"], True, f"int8 MACs of activations that are not 0: {source}"
        ),
        "ann_low_bits": _Format(
            8, bits, low, False, f"int8 weights, {bits}-bit activations, multiplication scaled by bits: {source}"
        ),
    }


def baseline_rows(counted: Counted, chip: Chip) -> list[dict[str, Any]]:
    """Return the rows of all baselines; connections into padding count for neither side."""
    rows = []
    for name, form in _formats(chip, counted.steps).items():
        rows += _rows(Label(name, chip.name, source=form.source, grade="published"), counted, chip, form)
    return rows


def _rows(label: Label, counted: Counted, chip: Chip, form: _Format) -> list[dict[str, Any]]:
    macs, memory, compute = ZERO, ZERO, ZERO
    rows = []
    for layer in counted.layers[1:]:
        done = _macs(layer, counted, form)
        moved = _moved(layer, chip, form, done)
        energy = done.scaled(form.mac)
        macs, memory, compute = macs.plus(done), memory.plus(moved), compute.plus(energy)
        rows.append(
            priced(
                label.but(
                    layer=layer.name, term="macs", unit="1/sample", scope="network", source="structure", grade="exact"
                ),
                done,
            )
        )
        rows.append(priced(label.but(layer=layer.name, term="energy_macs", unit="pJ", scope="core dynamic"), energy))
        rows.append(
            priced(
                label.but(layer=layer.name, term="energy_memory", unit="pJ", scope="core dynamic", grade="fitted"),
                moved,
            )
        )
    core = label.but(unit="pJ", scope="core dynamic")
    return [
        priced(label.but(term="macs", unit="1/sample", scope="network", source="structure", grade="exact"), macs),
        priced(core.but(term="energy_macs"), compute),
        priced(core.but(term="energy_memory", grade="fitted"), memory),
        priced(core.but(term="energy_total", source="sum of the terms", grade="fitted"), compute.plus(memory)),
        not_priced(label.but(term="latency", unit="ms", scope="chip", source="a list of operations has no clock")),
        *rows,
    ]


def _macs(layer: HardwareLayer, counted: Counted, form: _Format) -> Interval:
    """Return multiplications a sample; where zeros are skipped, those of inputs that fired at all."""
    total = ZERO
    for link in layer.own_weights:
        share = exactly(1.0)
        if form.skips and link.sources:
            share = ZERO
            for source in link.sources:
                share = share.plus(counted.active.get(source, exactly(1.0)).over(len(link.sources)))
        total = total.plus(share.scaled(link.connections))
    return total


def _moved(layer: HardwareLayer, chip: Chip, form: _Format, macs: Interval) -> Interval:
    """Return energy of memory.

    Low: every value once. Value: an operation reads weight and activation, sums stay in a register. High: sums are read and
    written by every operation too, as potentials of a spiking network are.
    """
    weights = sum(link.weight.size for link in layer.own_weights if link.weight is not None)
    inputs = sum(math.prod(link.shape_in) for link in layer.own_weights)
    weight = memory_energy(chip, weights * form.weights / 8, form.weights)
    activation = memory_energy(chip, inputs * form.activations / 8, form.activations)
    output = memory_energy(chip, layer.neurons * form.activations / 8, form.activations) * layer.neurons
    sums = memory_energy(chip, layer.neurons * POTENTIAL_BITS / 8, 2 * POTENTIAL_BITS) * macs.high
    low = min(macs.low, weights) * weight + min(macs.low, inputs) * activation + output
    value, high = (done * (weight + activation) + output for done in macs[1:])
    return Interval(min(low, value), value, high + sums)
