"""Trainings and conversions whose results are in docs: each writes a table into benchmarks/tables."""
