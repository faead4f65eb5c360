"""Plots (extra ``plot``): each takes ``ax=`` and gives the axes back; without it, the figure is ``axes.figure``.

Titles stand alone: they say what is drawn, over how many samples and time-steps, below ``name=``, the network and the data.
Nothing is shown or closed: figures of your own stay yours.
"""

from pysnn.plot.accuracy import accuracy_against_operations, accuracy_against_steps
from pysnn.plot.confusion import confusion_matrix
from pysnn.plot.conversion_error import conversion_error, conversion_error_grid, save_conversion_error
from pysnn.plot.estimate import cores_by_layer, energy_by_layer, energy_by_term, save_estimate
from pysnn.plot.first_spike import first_spike_histogram, first_spike_raster, save_first_spikes
from pysnn.plot.layers import layer_rates
from pysnn.plot.overview import save_overview
from pysnn.plot.plastic import plastic_raster, plastic_rates, save_plastic_run, weight_histogram, weight_trajectory
from pysnn.plot.potentials import potentials
from pysnn.plot.raster import raster
from pysnn.plot.sweep import pareto_front, sweep_results
from pysnn.plot.training import training_history
from pysnn.plot.weights import layer_weights, weight_ranges

__all__ = [
    "accuracy_against_operations",
    "accuracy_against_steps",
    "confusion_matrix",
    "conversion_error",
    "conversion_error_grid",
    "cores_by_layer",
    "energy_by_layer",
    "energy_by_term",
    "first_spike_histogram",
    "first_spike_raster",
    "layer_rates",
    "layer_weights",
    "pareto_front",
    "plastic_raster",
    "plastic_rates",
    "potentials",
    "raster",
    "save_conversion_error",
    "save_estimate",
    "save_first_spikes",
    "save_overview",
    "save_plastic_run",
    "sweep_results",
    "training_history",
    "weight_histogram",
    "weight_ranges",
    "weight_trajectory",
]
