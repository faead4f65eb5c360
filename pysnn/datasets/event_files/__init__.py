"""Files of event cameras, by their endings: :func:`read_events`."""

from pysnn.datasets.event_files.reader import EVENT_ENDINGS, read_events

__all__ = ["EVENT_ENDINGS", "read_events"]
