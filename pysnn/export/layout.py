"""The numbers of an exported network's bytes; ``rust/core/src/exported/layout.rs`` has the same, and ``docs/plan_format.md`` their meaning."""

import struct

__all__ = [
    "ABOUT",
    "ABOUT_SIZE",
    "CLOCKED",
    "CODINGS",
    "DTYPES",
    "FIRST_SPIKE",
    "HEAD",
    "LAYER",
    "LAYERS",
    "MAGIC",
    "NEURONS",
    "OPERATIONS",
    "SECTIONS",
    "SINGLE",
    "VERSION",
]

MAGIC, VERSION = b"PYSNNEXP", 1
CLOCKED, FIRST_SPIKE = 1, 2
"""Kinds of networks."""
SECTIONS = ("network", "about", "input", "golden_input", "golden_scores", "golden_spikes")
HEAD = struct.Struct("<8s2IQ2I")
"""Magic, version, kind, length of the file, number of sections, 0; the digest follows, then the table of sections."""

ABOUT = struct.Struct("<6IQdI20x32s")
"""Coding, axes of a sample, steps, golden samples and steps, type of the golden input, seed, dt, input operations, SHA-256 of the source."""
ABOUT_SIZE = 128

CODINGS = ("constant", "poisson", "spikes", "events", "frames", "pixels", "bright", "dark", "both")
"""From 1; pixels are pictures of uint8 that stay, before an int8 first layer; the last three are those of single spikes."""
OPERATIONS = ("subtract", "add", "multiply", "divide", "at_least", "at_most")
"""From 1."""
DTYPES = {"<f4": 1, "<f8": 2, "|u1": 5}
"""Types of the golden input: numbers as in the arrays of a plan, and one more."""

SINGLE = struct.Struct("<4I48x")
"""Of single spikes: neuron, whether it fires above its threshold only, time-steps, number of layers; the layers follow."""
LAYER = struct.Struct("<15If")
"""Kind, input and output (H, W, C), kernel, stride, padding (top, left, bottom, right), threshold."""
NEURONS = ("ramp", "step")
"""From 1."""
LAYERS = ("Dense", "Conv", "EarliestPool")
"""From 1."""
