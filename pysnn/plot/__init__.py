"""Plots (extra ``plot``): each takes ``ax=`` and gives the axes back; without it, the figure is ``axes.figure``."""

from pysnn.plot.accuracy import accuracy_against_steps
from pysnn.plot.conversion_error import conversion_error, conversion_error_grid, save_conversion_error
from pysnn.plot.estimate import cores_by_layer, energy_by_layer, energy_by_term, save_estimate
from pysnn.plot.first_spike import first_spike_histogram, first_spike_raster, save_first_spikes
from pysnn.plot.overview import save_overview
from pysnn.plot.plastic import plastic_raster, plastic_rates, save_plastic_run, weight_histogram, weight_trajectory
from pysnn.plot.raster import raster

__all__ = [
    "accuracy_against_steps",
    "conversion_error",
    "conversion_error_grid",
    "cores_by_layer",
    "energy_by_layer",
    "energy_by_term",
    "first_spike_histogram",
    "first_spike_raster",
    "plastic_raster",
    "plastic_rates",
    "raster",
    "save_conversion_error",
    "save_estimate",
    "save_first_spikes",
    "save_overview",
    "save_plastic_run",
    "weight_histogram",
    "weight_trajectory",
]
