"""What a network would cost on chips (:func:`estimate`), and where it goes there (:func:`map_network`); see docs/hardware.md."""

from pysnn.hardware.chip import Chip, Quantity
from pysnn.hardware.chip_file import parse_chip
from pysnn.hardware.estimate import Estimate, EstimateOptions, estimate
from pysnn.hardware.mapping.place import map_network
from pysnn.hardware.points import sweep_points
from pysnn.hardware.presets import PRESETS, preset_table
from pysnn.hardware.registry import chip_names, chip_table, load_chip
from pysnn.hardware.replay import replay_busiest

__all__ = [
    "PRESETS",
    "Chip",
    "Estimate",
    "EstimateOptions",
    "Quantity",
    "chip_names",
    "chip_table",
    "estimate",
    "load_chip",
    "map_network",
    "parse_chip",
    "preset_table",
    "replay_busiest",
    "sweep_points",
]
