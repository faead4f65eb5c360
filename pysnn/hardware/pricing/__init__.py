"""Prices of a counted network: energy, time and power, as intervals with their provenance."""
