"""What workers of a local Dask cluster load first: it lets them leave Ctrl-C to the sweep."""

import signal
from typing import Any

__all__ = ["dask_setup"]


def dask_setup(_worker: Any) -> None:
    """Ignore Ctrl-C, which a terminal sends to all processes of a program; Dask calls this by its name."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
