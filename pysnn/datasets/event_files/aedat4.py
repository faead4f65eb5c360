"""``.aedat4`` files of iniVation, by the package aedat (extra ``events``)."""

from pathlib import Path

import numpy as np

from pysnn.datasets.event_files.raw import RawRecording
from pysnn.errors import DataError, MissingExtraError

__all__ = ["read_aedat4"]


def read_aedat4(path: Path) -> list[RawRecording]:
    """Read the only stream of polarity events of a file; frames, triggers and motion are left out."""
    try:
        import aedat
    except ImportError as error:
        raise MissingExtraError("AEDAT4 files need the package aedat: pip install 'pysnn[events]'") from error
    try:
        decoder = aedat.Decoder(str(path))
        streams = {key: stream for key, stream in decoder.id_to_stream().items() if stream["type"] == "events"}
        packets = [(packet["stream_id"], packet["events"]) for packet in decoder if "events" in packet]
    # The decoder raises exceptions of several kinds, and says what is wrong.
    except Exception as error:
        raise DataError(f"'{path}': not an AEDAT4 file, or a damaged one ({error})") from error
    if len(streams) != 1:
        raise DataError(f"'{path}': expected one stream of events, got {len(streams)}")
    number, stream = next(iter(streams.items()))
    events = [part for key, part in packets if key == number]
    if not events:
        raise DataError(f"'{path}': expected events, got none")
    names = {"x": "x", "y": "y", "t": "t", "p": "on"}
    columns = {field: np.concatenate([part[name] for part in events]) for field, name in names.items()}
    return [RawRecording(columns, (int(stream["height"]), int(stream["width"])))]
