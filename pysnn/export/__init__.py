"""Export: one file with all that a program without Python needs to run a network; ``docs/plan_format.md`` defines its bytes."""

from pysnn.export.network import ExportOptions, export_network

__all__ = ["ExportOptions", "export_network"]
