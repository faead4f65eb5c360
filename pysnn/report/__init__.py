"""One page about a network or a sweep: self-contained HTML, readable as tables, with interactive charts where the extra ``report`` is there."""

from pysnn.report.network import ReportOptions, network_report
from pysnn.report.page import Section, write_report
from pysnn.report.sweep import sweep_report

__all__ = ["ReportOptions", "Section", "network_report", "sweep_report", "write_report"]
