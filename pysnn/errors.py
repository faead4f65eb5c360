"""Every exception that pysnn raises on purpose, each also the builtin kind that a caller expects."""

__all__ = [
    "BackendError",
    "CapacityError",
    "DataError",
    "FileFormatError",
    "KeywordError",
    "LossyExportError",
    "MissingExtraError",
    "NetworkError",
    "PlanError",
    "PysnnError",
    "RangeError",
    "SweepError",
]


class PysnnError(Exception):
    """Base of every error that pysnn raises on purpose."""


class NetworkError(PysnnError, ValueError):
    """A network description is wrong: a field, a shape, an edge, a cycle. The message names the node."""


class PlanError(PysnnError, ValueError):
    """A valid network asks for something that the chosen engine or precision does not do."""


class DataError(PysnnError, ValueError):
    """Data given to a run or a conversion is wrong: its shape, its dtype, its values, its amount."""


class KeywordError(DataError, TypeError):
    """A function has no such keyword. The message names one like it, and those that there are."""


class RangeError(PysnnError, ArithmeticError):
    """An integer current or potential would leave the range that the engine can hold exactly."""


class CapacityError(PysnnError, MemoryError):
    """A network or a run needs more memory than pysnn is willing to ask for."""


class FileFormatError(PysnnError, ValueError):
    """A file is damaged, altered, truncated, hostile, or from a newer version."""


class BackendError(PysnnError, RuntimeError):
    """A backend asked for by name is not there, or a SIMD level is unknown or missing."""


class LossyExportError(PysnnError, ValueError):
    """A format has no word for a part of a network. The message names each node, and what would be lost."""


class MissingExtraError(PysnnError, ImportError):
    """An optional dependency is missing. The message has the command that installs it."""


class SweepError(PysnnError, RuntimeError):
    """A sweep cannot go on: its folder belongs to something else, or its executor has broken down."""
